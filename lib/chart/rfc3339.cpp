// SPDX-License-Identifier: Apache-2.0
#include "chart/rfc3339.h"

#include <chrono>

#include "base/text.h"

namespace portolan::internal::chart {
namespace {

namespace chrono = std::chrono;

constexpr std::size_t max_length = 64;  // 9 digits of fraction need 35

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads fixed-width numbers and fixed characters from the front of a text.
struct Scanner {
  std::string_view rest;
  bool good = true;

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (i >= rest.size() || !is_digit(rest[i])) return good = false, 0;
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(digits);
    return value;
  }
  void expect(char c) {
    if (!good || !rest.starts_with(c)) {
      good = false;
    } else {
      rest.remove_prefix(1);
    }
  }
};

std::string padded(int value, std::size_t digits) {
  auto text = std::to_string(value);
  return std::string(digits > text.size() ? digits - text.size() : 0, '0') + text;
}

std::string civil(chrono::sys_seconds time) {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  return padded(static_cast<int>(date.year()), 4) + "-" +
         padded(static_cast<int>(static_cast<unsigned>(date.month())), 2) + "-" +
         padded(static_cast<int>(static_cast<unsigned>(date.day())), 2) + "T" +
         padded(static_cast<int>(clock.hours().count()), 2) + ":" +
         padded(static_cast<int>(clock.minutes().count()), 2) + ":" +
         padded(static_cast<int>(clock.seconds().count()), 2);
}

}  // namespace

Result<Timestamp> parse_rfc3339(std::string_view text) {
  const Error invalid(Errc::invalid_argument, "parsing time " + quote(text) +
                                                  ": not of the form 2024-05-01T10:11:12Z or 2024-05-01T10:11:12+02:00 "
                                                  "(RFC 3339)");
  if (text.size() > max_length) return invalid;
  Scanner in{text};
  const int year = in.number(4);
  in.expect('-');
  const int month = in.number(2);
  in.expect('-');
  const int day = in.number(2);
  in.expect('T');
  const int hour = in.number(2);
  in.expect(':');
  const int minute = in.number(2);
  in.expect(':');
  const int second = in.number(2);
  if (!in.good || hour > 23 || minute > 59 || second > 59) return invalid;
  const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return invalid;

  std::uint32_t nanoseconds = 0;
  std::string fraction;
  if (in.rest.starts_with('.')) {
    in.rest.remove_prefix(1);
    std::size_t digits = 0;
    while (digits < in.rest.size() && is_digit(in.rest[digits])) ++digits;
    if (digits == 0) return invalid;
    fraction = in.rest.substr(0, std::min<std::size_t>(digits, 9));
    in.rest.remove_prefix(digits);
    auto nine = fraction;
    nine.resize(9, '0');
    for (const char c : nine) nanoseconds = nanoseconds * 10 + static_cast<std::uint32_t>(c - '0');
    while (fraction.ends_with('0')) fraction.pop_back();
  }

  int offset_minutes = 0;
  std::string zone = "Z";
  if (in.rest != "Z") {
    if (!in.rest.starts_with('+') && !in.rest.starts_with('-')) return invalid;
    const int sign = in.rest.front() == '-' ? -1 : 1;
    zone = in.rest;
    in.rest.remove_prefix(1);
    const int hours = in.number(2);
    in.expect(':');
    const int minutes = in.number(2);
    if (!in.good || !in.rest.empty() || hours > 23 || minutes > 59) return invalid;
    offset_minutes = sign * (hours * 60 + minutes);
    if (offset_minutes == 0) zone = "Z";
  }

  const auto local = chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute) + chrono::seconds(second);
  Timestamp result;
  result.utc.seconds = (local - chrono::minutes(offset_minutes)).time_since_epoch().count();
  result.utc.nanoseconds = nanoseconds;
  result.text = civil(local) + (fraction.empty() ? "" : "." + fraction) + zone;
  return result;
}

std::string format_utc(std::int64_t seconds) { return civil(chrono::sys_seconds(chrono::seconds(seconds))) + "Z"; }

}  // namespace portolan::internal::chart
