// SPDX-License-Identifier: Apache-2.0
// Asking a token server: the two ways to ask, and what its refusals mean (registry-protocol 19.2 and 19.3).
#pragma once

#include <portolan/auth/credential.h>
#include <portolan/auth/scope.h>
#include <portolan/http/transport.h>

#include <functional>
#include <string>

#include "auth/token.h"

namespace portolan::internal::auth {

/// What a token is for, and whose.
struct TokenUse {
  portolan::http::Origin origin;  ///< of the registry: a token of one goes to no other, whatever realm that names
  std::string registry;           ///< for messages
  Realm realm;
  portolan::auth::Credential credential;
  portolan::auth::Scopes scopes;

  /// Whether a token for this serves that.
  bool serves(const TokenUse& other) const {
    return origin == other.origin && realm == other.realm && credential.value == other.credential.value &&
           scopes.covers(other.scopes);
  }
};

/// Who asks.
struct TokenClient {
  portolan::http::Transport& transport;
  const std::string& user_agent;
  portolan::http::Reach reach;  ///< where the registry may send us
  /// A text of the server's, who may repeat what was sent to it.
  std::function<std::string(std::string)> without_secrets;
};

/// A new token. Errors: of the transport; unauthorized where the server refuses the credential (with its source);
/// rate_limited; protocol_error where it makes no sense.
Result<Token> fetch_token(const Context& context, const TokenClient& client, const TokenUse& wanted);

}  // namespace portolan::internal::auth
