// SPDX-License-Identifier: Apache-2.0
// Tokens of a token server: how they are asked for, and what the answer means. No input or output.
#pragma once

#include <portolan/auth/credential.h>
#include <portolan/auth/scope.h>
#include <portolan/http/transport.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/challenge.h"
#include "http/url.h"

namespace portolan::internal::auth {

/// Bytes of a token server's answer that are read.
inline constexpr std::uint64_t max_token_answer_size = 256 * 1024;
/// Bytes of a token server's URL with the service that a challenge names: scopes have to fit behind them.
inline constexpr std::size_t max_realm_size = 8 * 1024;
/// Bytes of a challenge's scopes that are asked for; of more than that none is.
inline constexpr std::size_t max_named_scopes_size = 2 * 1024;
/// How the client calls itself to token servers.
inline constexpr std::string_view client_id = "portolan";

/// Where tokens come from, as a registry has told.
struct Realm {
  http::Url url{};
  std::string service{};
  friend bool operator==(const Realm& a, const Realm& b) {
    return a.url.string() == b.url.string() && a.service == b.service;
  }
};

/// How an answer came: one for an https URL may have come by http (Response::in_clear).
enum class Came : std::uint8_t { as_asked, in_clear };
inline Came came(const portolan::http::Response& response) noexcept {
  return response.in_clear ? Came::in_clear : Came::as_asked;
}

/// The realm of a Bearer challenge in an answer from `asked`, a URL of the registry. A password goes there, so it is
/// refused where it is on http though the registry is not. Errors: protocol_error, also for one beyond max_realm_size.
Result<Realm> realm_of(const Challenge& challenge, const http::Url& asked, Came came = Came::as_asked);

/// The scopes that a challenge names. None where it names so many that no URL holds them: what the request itself needs
/// is known as well.
portolan::auth::Scopes named_scopes(const Challenge& challenge);

/// The two ways to ask (distribution's token specification, registry-protocol 19.2 and 19.3).
enum class Grant : std::uint8_t {
  get,   ///< GET with Basic; what every server knows
  post,  ///< OAuth2's POST; identity tokens need it
};

/// The URL of a GET.
http::Url token_url(const Realm& realm, const portolan::auth::Scopes& scopes);
/// The body of a POST (application/x-www-form-urlencoded): a refresh token or a password is granted.
/// Contract: the credential is one of these.
Secret token_form(const Realm& realm, const portolan::auth::Scopes& scopes,
                  const portolan::auth::Credential& credential);

/// Whether a server that has refused one of the two ways with that status may take the other one. A password that GET
/// refuses is wrong; an identity token goes to GET only where there is no POST at all.
bool knows_other_grant(Grant refused, int status, const portolan::auth::Credential& credential) noexcept;

struct Token {
  Secret value{};
  std::chrono::seconds lasts{60};  ///< from when it was asked for; a part of what the server grants
};
/// Errors: protocol_error.
Result<Token> parse_token(std::string_view body);

/// "Basic …" (RFC 7617, UTF-8).
Secret basic(std::string_view username, const Secret& password);
Secret bearer(const Secret& token);
/// Whether a header may hold the token: visible ASCII alone, so that it ends no line.
bool fits_header(const Secret& token) noexcept;

}  // namespace portolan::internal::auth
