// SPDX-License-Identifier: Apache-2.0
#include <portolan/base/error.h>

#include <portolan/base/result.h>

namespace portolan {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::cancelled: return "cancelled";
    case Errc::timed_out: return "timed_out";
    case Errc::invalid_argument: return "invalid_argument";
    case Errc::invalid_reference: return "invalid_reference";
    case Errc::invalid_configuration: return "invalid_configuration";
    case Errc::invalid_chart: return "invalid_chart";
    case Errc::unsupported: return "unsupported";
    case Errc::limit_exceeded: return "limit_exceeded";
    case Errc::conflict: return "conflict";
    case Errc::unauthorized: return "unauthorized";
    case Errc::forbidden: return "forbidden";
    case Errc::not_found: return "not_found";
    case Errc::verification_failed: return "verification_failed";
    case Errc::corrupt: return "corrupt";
    case Errc::rate_limited: return "rate_limited";
    case Errc::unreachable: return "unreachable";
    case Errc::protocol_error: return "protocol_error";
    case Errc::io_error: return "io_error";
    case Errc::no_such_file: return "no_such_file";
    case Errc::permission_denied: return "permission_denied";
    case Errc::no_space: return "no_space";
    case Errc::partial_failure: return "partial_failure";
  }
  return "unknown";
}

int exit_code(Errc code) noexcept {
  switch (code) {
    case Errc::partial_failure: return 1;
    case Errc::conflict: return 2;
    case Errc::invalid_argument:
    case Errc::invalid_reference:
    case Errc::invalid_configuration:
    case Errc::invalid_chart:
    case Errc::unsupported:
    case Errc::limit_exceeded: return 3;
    case Errc::unauthorized:
    case Errc::forbidden: return 4;
    case Errc::not_found: return 5;
    case Errc::verification_failed:
    case Errc::corrupt: return 6;
    case Errc::rate_limited:
    case Errc::timed_out: return 7;
    case Errc::unreachable:
    case Errc::protocol_error: return 8;
    case Errc::io_error:
    case Errc::no_such_file:
    case Errc::permission_denied:
    case Errc::no_space: return 9;
    case Errc::cancelled: return 130;
  }
  return 8;
}

int exit_code(const Error& error) noexcept { return exit_code(error.code()); }

struct Error::Rep {
  Errc code;
  std::string text;
  std::vector<std::string> frames;  // innermost first
  std::vector<Detail> details;
  Http http;
};

Error::Error(Errc code, std::string text) : rep_(std::make_unique<Rep>()) {
  rep_->code = code;
  rep_->text = std::move(text);
}
Error::Error(const Error& other) : rep_(std::make_unique<Rep>(*other.rep_)) {}
Error::Error(Error&& other) noexcept = default;
Error& Error::operator=(const Error& other) {
  rep_ = std::make_unique<Rep>(*other.rep_);
  return *this;
}
Error& Error::operator=(Error&& other) noexcept = default;
Error::~Error() = default;

Errc Error::code() const noexcept { return rep_->code; }
const std::string& Error::text() const noexcept { return rep_->text; }

std::string Error::message() const {
  std::string sentence;
  for (auto frame = rep_->frames.rbegin(); frame != rep_->frames.rend(); ++frame) sentence += *frame + ": ";
  return sentence += rep_->text;
}

Error&& Error::within(std::string frame) && {
  rep_->frames.push_back(std::move(frame));
  return std::move(*this);
}
Error Error::within(std::string frame) const& { return Error(*this).within(std::move(frame)); }

Error&& Error::with(std::string name, std::string value) && {
  rep_->details.emplace_back(std::move(name), std::move(value));
  return std::move(*this);
}
Error&& Error::with(Http http) && {
  rep_->http = std::move(http);
  return std::move(*this);
}

const std::vector<Error::Detail>& Error::details() const noexcept { return rep_->details; }
const std::string& Error::registry() const noexcept { return rep_->http.registry; }
const std::string& Error::scope() const noexcept { return rep_->http.scope; }
std::optional<int> Error::http_status() const noexcept {
  return rep_->http.status == 0 ? std::nullopt : std::optional(rep_->http.status);
}
std::optional<std::chrono::seconds> Error::retry_after() const noexcept { return rep_->http.retry_after; }
NetworkFailure Error::network_failure() const noexcept { return rep_->http.failure; }
const std::vector<std::string>& Error::lacking() const noexcept { return rep_->http.lacking; }

BadResult::BadResult(Error error) : std::runtime_error(error.message()), error_(std::move(error)) {}

}  // namespace portolan
