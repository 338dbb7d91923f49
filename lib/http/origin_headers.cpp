// SPDX-License-Identifier: Apache-2.0
#include "http/origin_headers.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "http/header_text.h"

namespace portolan::internal::http {
namespace {

/// Bytes of the longest field that is added.
constexpr std::size_t max_field_size = 16 * 1024;

/// What requests are made of: set twice, they would say two things.
constexpr std::array own_names = {"authorization", "connection",        "expect", "host", "keep-alive", "range", "te",
                                  "trailer",       "transfer-encoding", "upgrade"};
constexpr std::array own_beginnings = {"content-", "proxy-"};

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<portolan::http::Response> OriginHeaders::send(const Context& context, const portolan::http::Request& request) {
  const auto origin = portolan::http::Origin::of(request.url);
  if (!origin || *origin != origin_) return inner_->send(context, request);
  auto more = request;
  for (const auto& [name, value] : fields_) more.headers.remove(name);
  for (const auto& [name, value] : fields_) more.headers.add(name, value.reveal());
  if (authorization_) more.authorization = portolan::http::Authorization{origin_, *authorization_};
  return inner_->send(context, more);
}

Result<void> check_extra_header(std::string_view name, const Secret& value) {
  if (!is_token(name)) return Error(Errc::invalid_argument, "a header field needs a name: write it 'Name: value'");
  const auto word = lower(name);
  const bool own =
      std::any_of(own_names.begin(), own_names.end(), [&](auto one) { return word == one; }) ||
      std::any_of(own_beginnings.begin(), own_beginnings.end(), [&](auto one) { return word.starts_with(one); });
  if (own) return Error(Errc::invalid_argument, "the header field " + std::string(name) + " is not one to be set");
  return check_header_value(name, value);
}

Result<void> check_header_value(std::string_view name, const Secret& value) {
  if (breaks_out(value.reveal()) || name.size() + value.reveal().size() > max_field_size) {
    return Error(Errc::invalid_argument, "the header field " + std::string(name) +
                                             " has a value that none may have (a line's end, or too long)");
  }
  return {};
}

}  // namespace portolan::internal::http
