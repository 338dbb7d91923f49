// SPDX-License-Identifier: Apache-2.0
#include "http/retry.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace portolan::internal::http {
namespace {

/// Statuses that say "not now" instead of "no". 499 and 520 to 524 are those of proxies.
bool is_transient(int status) {
  constexpr std::array statuses = {408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524};
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

std::string_view meaning(NetworkFailure failure) {
  switch (failure) {
    case NetworkFailure::name: return "the host's name is not known";
    case NetworkFailure::connect: return "nothing answers";
    case NetworkFailure::broken: return "the connection broke off";
    case NetworkFailure::silent: return "no answer came in time";
    case NetworkFailure::stuck: return "nothing moved any more";
    case NetworkFailure::no_http: return "what came is not HTTP";
    case NetworkFailure::tls:
    case NetworkFailure::no_tls:
    case NetworkFailure::none: break;
  }
  return "";
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// Days since 1970 of a date of the Gregorian calendar.
std::int64_t days_since_1970(std::int64_t year, unsigned month, unsigned day) {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                         std::chrono::day(day)};
  return date.ok() ? std::chrono::sys_days(date).time_since_epoch().count() : -1;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT", the one form of a date that is still written.
std::optional<std::int64_t> parse_date(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return std::nullopt;
  unsigned day = 0;
  std::int64_t year = 0;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  const auto month = months.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0 || !parse_number(text.substr(5, 2), day) ||
      !parse_number(text.substr(12, 4), year) || !parse_number(text.substr(17, 2), hour) ||
      !parse_number(text.substr(20, 2), minute) || !parse_number(text.substr(23, 2), second)) {
    return std::nullopt;
  }
  const auto days = days_since_1970(year, static_cast<unsigned>(month / 3 + 1), day);
  if (days < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

}  // namespace

Decision classify(const Ended& ended, const RetryPolicy& policy) {
  Decision decision{.most = policy.attempts};
  if (ended.status != 0) {
    if (!is_transient(ended.status)) return decision;
    decision.why = "HTTP " + std::to_string(ended.status);
  } else {
    decision.why = meaning(ended.failure);
    if (decision.why.empty()) return decision;
    if (ended.failure == NetworkFailure::silent) {
      decision.most = policy.attempts_in_silence;
    } else if (ended.failure == NetworkFailure::stuck) {
      decision.most = policy.attempts_stuck;
    } else if (ended.failure != NetworkFailure::broken && !ended.known_host) {
      decision.most = policy.attempts_to_connect;
    }
  }
  if (ended.number >= decision.most) return decision;
  if (ended.retry_after) {
    if (*ended.retry_after > policy.longest_retry_after) return decision;
    decision.at_least = *ended.retry_after;
  }
  decision.what = Decision::What::repeat;
  return decision;
}

bool failed_on_the_way(const Error& error) noexcept {
  return error.code() == Errc::unreachable || loses_answer(error.network_failure());
}

bool loses_answer(NetworkFailure failure) noexcept {
  return failure == NetworkFailure::broken || failure == NetworkFailure::silent || failure == NetworkFailure::no_http;
}

bool slows_host(int status) noexcept { return status == 429 || status == 503; }

bool may_be_crowded(int status) noexcept { return slows_host(status) || status == 502 || status == 504; }

bool asks_to_come_later(int status, std::optional<std::chrono::seconds> retry_after, const RetryPolicy& policy) {
  return status == 429 || (status == 503 && retry_after && *retry_after > policy.longest_retry_after);
}

std::chrono::milliseconds next_delay(unsigned number, double chance, const RetryPolicy& policy) {
  const auto doublings = std::min(number - 1, 20U);
  const auto bound = std::min<std::chrono::milliseconds>(policy.base * (1LL << doublings), policy.longest);
  return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(bound.count()) * chance));
}

std::chrono::milliseconds next_delay(const Ended& ended, double chance, const RetryPolicy& policy) {
  const bool starts_again =
      ended.known_host && (ended.failure == NetworkFailure::connect || ended.failure == NetworkFailure::name);
  return next_delay(ended.number, starts_again ? (1 + chance) / 2 : chance, policy);
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::int64_t now) {
  constexpr std::int64_t most = 10LL * 365 * 24 * 3600;
  if (text.empty()) return std::nullopt;
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    std::int64_t seconds = 0;
    return std::chrono::seconds(parse_number(text, seconds) ? std::min(seconds, most) : most);
  }
  const auto date = parse_date(text);
  if (!date) return std::nullopt;
  return std::chrono::seconds(std::clamp(*date - now, std::int64_t{0}, most));
}

}  // namespace portolan::internal::http
