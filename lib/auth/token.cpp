// SPDX-License-Identifier: Apache-2.0
#include "auth/token.h"

#include <algorithm>

#include "base/base64.h"
#include "json/json.h"

namespace portolan::internal::auth {

using portolan::auth::Scopes;

namespace {

constexpr std::int64_t default_lifetime = 60;  // distribution's specification
constexpr std::int64_t longest_lifetime = 24 * 3600;

std::string text_of(const json::Value& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t lifetime_of(const json::Value& object) {
  const auto found = object.find("expires_in");
  if (found == object.end() || !found->is_number()) return default_lifetime;
  const auto seconds = found->get<double>();
  if (!(seconds > 0)) return default_lifetime;
  return static_cast<std::int64_t>(std::min(seconds, static_cast<double>(longest_lifetime)));
}

}  // namespace

Result<Realm> realm_of(const Challenge& challenge, const http::Url& asked, Came came) {
  auto url = asked.resolve(challenge.parameter("realm").value_or(""));
  if (!url) {
    return Error(Errc::protocol_error, asked.origin.authority() + " names a token server by an " + url.error().text());
  }
  if (asked.origin.secure() && came == Came::as_asked && !url->origin.secure()) {
    return Error(Errc::protocol_error, asked.origin.authority() + " names a token server without TLS, " +
                                           url->origin.authority() + ", which gets no password");
  }
  Realm realm{.url = *std::move(url), .service = challenge.parameter("service").value_or("")};
  if (token_url(realm, {}).string().size() > max_realm_size) {
    return Error(Errc::protocol_error, asked.origin.authority() + " names a token server by more than " +
                                           std::to_string(max_realm_size) + " bytes");
  }
  return realm;
}

Scopes named_scopes(const Challenge& challenge) {
  const auto text = challenge.joined("scope");
  return text.size() > max_named_scopes_size ? Scopes() : Scopes::parse(text);
}

http::Url token_url(const Realm& realm, const Scopes& scopes) {
  auto url = realm.url;
  if (!realm.service.empty()) url = url.with_parameter("service", realm.service);
  for (const auto& scope : scopes.each()) url = url.with_parameter("scope", scope);
  return url;
}

Secret token_form(const Realm& realm, const Scopes& scopes, const portolan::auth::Credential& credential) {
  std::string form = "client_id=" + std::string(client_id);
  if (!realm.service.empty()) form += "&service=" + http::percent_encode(realm.service);
  if (!scopes.empty()) form += "&scope=" + http::percent_encode(scopes.string());
  if (const auto identity = std::get_if<portolan::auth::IdentityToken>(&credential.value)) {
    return Secret(form + "&grant_type=refresh_token&refresh_token=" + http::percent_encode(identity->token.reveal()));
  }
  const auto& password = std::get<portolan::auth::Password>(credential.value);
  return Secret(form + "&grant_type=password&username=" + http::percent_encode(password.username) +
                "&password=" + http::percent_encode(password.password.reveal()));
}

bool knows_other_grant(Grant refused, int status, const portolan::auth::Credential& credential) noexcept {
  if (credential.anonymous()) return false;
  const bool no_such_way = status == 404 || status == 405;
  if (refused == Grant::get) return no_such_way;
  return no_such_way && std::holds_alternative<portolan::auth::IdentityToken>(credential.value);
}

Result<Token> parse_token(std::string_view body) {
  auto value = json::parse(body, json::DuplicateKeys::last_wins);
  if (!value || !value->is_object()) return Error(Errc::protocol_error, "its answer is no JSON object");
  auto text = text_of(*value, "token");
  if (text.empty()) text = text_of(*value, "access_token");
  if (text.empty()) return Error(Errc::protocol_error, "its answer holds no token");
  Secret token(std::move(text));
  if (!fits_header(token)) return Error(Errc::protocol_error, "its token has characters that no header may have");
  const auto lifetime = lifetime_of(*value);
  const auto lasts = std::max<std::int64_t>(0, std::min(lifetime * 9 / 10, lifetime - 10));
  return Token{.value = std::move(token), .lasts = std::chrono::seconds(lasts)};
}

Secret basic(std::string_view username, const Secret& password) {
  return Secret("Basic " + base64_encode(std::string(username) + ":" + password.reveal()));
}

bool fits_header(const Secret& token) noexcept {
  const auto& text = token.reveal();
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

Secret bearer(const Secret& token) { return Secret("Bearer " + token.reveal()); }

}  // namespace portolan::internal::auth
