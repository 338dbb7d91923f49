// SPDX-License-Identifier: Apache-2.0
#include "auth/token_server.h"

#include <chrono>
#include <optional>
#include <utility>

#include "auth/error_body.h"
#include "auth/identity.h"
#include "http/drain.h"
#include "http/retry.h"

namespace portolan::internal::auth {

using portolan::auth::IdentityToken;
using portolan::auth::Password;
using portolan::http::Authorization;
using portolan::http::Method;
using portolan::http::Request;
using portolan::http::Response;

namespace {

std::int64_t seconds_since_1970() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<Response> ask(const Context& context, const TokenClient& client, const TokenUse& wanted, Grant grant) {
  Request request{.url = token_url(wanted.realm, wanted.scopes).string(),
                  .headers = {{"Accept", "application/json"}},
                  .whole_answer = max_token_answer_size};
  request.headers.add("User-Agent", client.user_agent);
  const auto& origin = wanted.realm.url.origin;
  if (origin != wanted.origin) {
    request.identity = portolan::http::Identity::withheld;
    request.reach = client.reach;
  }
  if (grant == Grant::get) {
    if (const auto password = std::get_if<Password>(&wanted.credential.value)) {
      request.authorization = Authorization{origin, basic(password->username, password->password)};
    } else if (const auto token = std::get_if<IdentityToken>(&wanted.credential.value)) {
      request.authorization = Authorization{origin, basic("<token>", token->token)};
    }
    return client.transport.send(context, request);
  }
  const auto form = token_form(wanted.realm, wanted.scopes, wanted.credential);
  const MemoryBlob body(form.reveal());
  request.method = Method::post;
  request.url = wanted.realm.url.string();
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = &body;
  request.body_size = form.reveal().size();
  request.redirects = portolan::http::Redirects::within_origin;
  return client.transport.send(context, request);
}

Error refusal(Response& response, const TokenClient& client, const TokenUse& wanted) {
  const auto said = read_error_body(response);
  const auto status = response.status;
  const bool denied = status == 400 || status == 401 || status == 403;
  const auto retry_after = http::parse_retry_after(response.headers.get("Retry-After"), seconds_since_1970());
  auto code = denied ? Errc::unauthorized : status >= 500 ? Errc::unreachable : Errc::protocol_error;
  if (http::asks_to_come_later(status, retry_after, {})) code = Errc::rate_limited;
  const auto* what = !denied                         ? " gives no token"
                     : wanted.credential.anonymous() ? " gives no token without a credential"
                                                     : " refused the credential";
  Error error(code, "the token server " + wanted.realm.url.origin.authority() + what + " (HTTP " +
                        std::to_string(status) + ")");
  if (!wanted.scopes.empty()) error = std::move(error).with("asked for", wanted.scopes.string());
  error = std::move(error).with("as", identity_of(wanted.credential));
  if (!said.message.empty()) error = std::move(error).with("it says", client.without_secrets(said.message));
  return std::move(error).with(
      {.registry = wanted.registry, .scope = wanted.scopes.string(), .status = status, .retry_after = retry_after});
}

}  // namespace

Result<Token> fetch_token(const Context& context, const TokenClient& client, const TokenUse& wanted) {
  const bool identity = std::holds_alternative<IdentityToken>(wanted.credential.value);
  auto grant = identity ? Grant::post : Grant::get;
  const std::string doing = "asking for a token";
  auto response = ask(context, client, wanted, grant);
  if (!response) return std::move(response).error().within(doing);
  if (response->status != 200 && knows_other_grant(grant, response->status, wanted.credential)) {
    http::drain(*response);
    grant = grant == Grant::get ? Grant::post : Grant::get;
    response = ask(context, client, wanted, grant);
    if (!response) return std::move(response).error().within(doing);
  }
  if (response->status != 200) return refusal(*response, client, wanted);
  const auto place = wanted.realm.url.origin.authority();
  auto body = read_all(*response->body, max_token_answer_size);
  if (!body && body.error().code() == Errc::limit_exceeded) {
    return Error(Errc::protocol_error, "the token server " + place + " answers with more than " +
                                           std::to_string(max_token_answer_size) +
                                           " bytes, where a token was asked for");
  }
  if (!body) return std::move(body).error().within(doing);
  auto token = parse_token(*body);
  if (!token) return Error(Errc::protocol_error, "the token server " + place + " is none: " + token.error().text());
  return token;
}

}  // namespace portolan::internal::auth
