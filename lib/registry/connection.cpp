// SPDX-License-Identifier: Apache-2.0
#include "registry/connection.h"

#include <utility>

#include "base/mask.h"
#include "http/decoded_body.h"
#include "http/drain.h"
#include "http/origin_headers.h"
#include "http/redirect_transport.h"
#include "http/retry.h"
#include "http/retry_transport.h"
#include "registry/content_length.h"

namespace portolan::internal::registry {

using portolan::http::Method;
using portolan::http::Request;
using portolan::http::Response;

namespace {

/// The beginning of every path of the interface, as the specification has it.
constexpr std::string_view specified_root = "/v2/";

std::shared_ptr<portolan::http::Transport> around(const portolan::registry::RegistryOptions& options,
                                                  const portolan::http::Origin& origin) {
  auto transport = options.transport;
  if (!options.headers.empty() || options.authorization) {
    http::OriginHeaders::Fields fields;
    for (const auto& [name, value] : options.headers) fields.emplace_back(name, value);
    transport =
        std::make_shared<http::OriginHeaders>(std::move(transport), origin, std::move(fields), options.authorization);
  }
  return std::make_shared<http::RedirectTransport>(
      std::make_shared<http::RetryTransport>(std::move(transport), options.retry));
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// What whoever answered has done, as the rest of a sentence.
std::string deed(const Response& response, const Purpose& purpose) {
  const auto status = response.status;
  if (status < 400) {
    return " answered " + purpose.doing + " with HTTP " + std::to_string(status) + ", where " +
           std::to_string(purpose.expected) + " was expected";
  }
  if (status == 404 && purpose.pushes) {
    return " refused " + purpose.doing +
           ": the repository, or its project, has to be created there first, or this account may not push to it";
  }
  if (errc_of(status) == Errc::not_found) return " has no " + purpose.thing;
  if (status == 429) return " is asked too often";
  if (status < 500) return " refused " + purpose.doing;
  // Which of the two it was, these do not tell.
  const bool or_proxy = status >= 502 && status <= 504 && !response.proxy.empty();
  return " failed at " + purpose.doing + (or_proxy ? ", or the proxy " + response.proxy + " did" : "");
}

}  // namespace

Connection::Connection(std::string name, portolan::http::Origin origin, portolan::registry::RegistryOptions options)
    : name_(std::move(name)),
      origin_(std::move(origin)),
      options_(std::move(options)),
      transport_(around(options_, origin_)),
      session_(transport_, options_.credentials, options_.user_agent) {}

http::Url Connection::url(std::string path) const {
  http::Url url{.origin = origin_, .path = options_.api_root + path.substr(specified_root.size())};
  return options_.mirrored_registry.empty() ? url : url.with_parameter("ns", options_.mirrored_registry);
}

auth::Access Connection::access(std::string_view repository, portolan::auth::Scopes scopes) const {
  return {.where = {.registry = name_, .repository = std::string(repository)},
          .origin = origin_,
          .scopes = std::move(scopes),
          .root = url("/v2/").string()};
}

Result<Response> Connection::send(const Context& context, Request request, const auth::Access& access) {
  request.headers.set("User-Agent", options_.user_agent);
  auto response = session_.send(context, request, access);
  if (response && forgets_signature(request, *response)) {
    http::drain(*response);
    response = session_.send(context, std::move(request), access);
  }
  if (response && !elsewhere(*response)) {
    for (auto& text : parse_warnings(response->headers)) {
      warnings_.tell(context, name_ + " says: " + without_secrets(std::move(text)));
    }
  }
  return response;
}

bool Connection::forgets_signature(const Request& request, const Response& response) const {
  const bool reads = request.method == Method::get || request.method == Method::head;
  const auto asked = portolan::http::Origin::of(request.url);
  const bool sent_on = asked && *asked == origin_ && elsewhere(response);
  return reads && sent_on && (response.status == 400 || response.status == 401 || response.status == 403);
}

std::string Connection::without_secrets(std::string text) const {
  text = session_.without_secrets(std::move(text));
  for (const auto& header : options_.headers) mask(text, header.value.reveal());
  if (options_.authorization) {
    // "Bearer …": what it begins with is known to everybody, and may be left out where it is repeated.
    const std::string_view value = options_.authorization->reveal();
    mask(text, value.substr(value.find(' ') + 1));
  }
  return text;
}

Errc errc_of(int status) noexcept {
  switch (status) {
    case 401: return Errc::unauthorized;
    case 403: return Errc::forbidden;
    case 404:
    case 410: return Errc::not_found;
    case 413: return Errc::limit_exceeded;
    case 429: return Errc::rate_limited;
    default: return status >= 500 ? Errc::unreachable : Errc::protocol_error;
  }
}

Result<Response> Connection::ask_as_nobody(const Context& context) {
  return transport_->send(context, {.url = url("/v2/").string(), .headers = {{"User-Agent", options_.user_agent}}});
}

bool Connection::elsewhere(const Response& response) const {
  const auto answered = portolan::http::Origin::of(response.url);
  return answered && *answered != origin_;
}

Error Connection::refusal(Response& response, const auth::Access& access, const Purpose& purpose,
                          auth::ErrorBody* body) const {
  auto said = auth::read_error_body(response);
  said.message = without_secrets(std::move(said.message));
  if (body != nullptr) *body = said;
  const auto status = response.status;
  const bool redirected = elsewhere(response);
  const bool needs_right = !redirected && (status == 401 || status == 403);
  auto who = name_;
  if (redirected) who = portolan::http::Origin::of(response.url)->authority() + ", to which " + name_ + " redirects,";
  auto text = who + deed(response, purpose);
  if (needs_right) text += status == 401 ? ": unauthorized" : ": denied";
  const bool asked_wrongly = said.wants_tls && !redirected && !origin_.secure();
  if (asked_wrongly) text = name_ + " refused plain http: it speaks TLS";
  if (status >= 400) text += " (HTTP " + std::to_string(status) + ")";
  // No credential of the registry's went to another place, and none would help there.
  const auto code_of_status = errc_of(status);
  const bool own_rules = redirected && status < 500 && code_of_status != Errc::not_found && status != 429;
  const auto retry_after = http::parse_retry_after(response.headers.get("Retry-After"), now());
  const bool later = http::asks_to_come_later(status, retry_after, options_.retry);
  const auto code = own_rules ? Errc::protocol_error : later ? Errc::rate_limited : code_of_status;
  Error error(code, std::move(text));
  if (needs_right || (status == 404 && purpose.pushes && !redirected)) {
    if (!access.scopes.empty()) error = std::move(error).with("asked for", access.scopes.string());
    error = std::move(error).with("as", session_.identity(access));
  }
  if (!said.message.empty()) error = std::move(error).with("it says", said.message);
  return std::move(error).with({.registry = name_,
                                .scope = redirected ? std::string() : access.scopes.string(),
                                .status = status,
                                .retry_after = retry_after,
                                .failure = asked_wrongly ? NetworkFailure::no_http : NetworkFailure::none});
}

Result<std::string> Connection::read(Response& response, std::uint64_t limit, const Purpose& purpose,
                                     Errc too_large) const {
  auto bytes = read_all(*response.body, limit, content_length(response).value_or(0));
  if (bytes) {
    // All that is read so is JSON. What is called packed and is none is as good as what is not called so.
    const auto encoding = http::encoding_of(response.headers);
    if (encoding.empty() || bytes->find_first_not_of(" \t\r\n") == bytes->find_first_of("{[")) return bytes;
    return nonsense(purpose, "content that was packed on the way (" + std::string(encoding) + ")");
  }
  if (bytes.error().code() != Errc::limit_exceeded) return bytes;
  return Error(too_large, name_ + " answered " + purpose.doing + " with more than " + std::to_string(limit) + " bytes")
      .with({.registry = name_});
}

Error Connection::unchangeable(const std::string& thing, const Error& refused) const {
  Error error(Errc::conflict, name_ + " does not let " + thing + " be changed");
  for (const auto& [name, value] : refused.details()) error = std::move(error).with(name, value);
  return std::move(error).with({.registry = name_, .status = refused.http_status().value_or(0)});
}

Error Connection::nonsense(const Purpose& purpose, std::string_view what) const {
  return Error(Errc::protocol_error, name_ + " answered " + purpose.doing + " with " + std::string(what))
      .with({.registry = name_});
}

}  // namespace portolan::internal::registry
