// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/auth/credential.h>

#include <string>

namespace portolan::internal::auth {

/// Whose a credential is and where it is from, for messages: "ci-bot, from ~/.docker/config.json", or "anonymous".
inline std::string identity_of(const portolan::auth::Credential& credential) {
  if (credential.anonymous()) return "anonymous";
  auto user = credential.username();
  if (user.empty()) user = "the holder of a token";
  return credential.source.empty() ? user : user + ", from " + credential.source;
}

}  // namespace portolan::internal::auth
