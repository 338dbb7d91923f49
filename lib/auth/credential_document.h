// SPDX-License-Identifier: Apache-2.0
// What a configuration file of docker, podman or helm says about credentials (registry-protocol 20.1, 20.3), or a
// pull secret of Kubernetes.
#pragma once

#include <portolan/auth/credential.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/server_key.h"

namespace portolan::internal::auth {

/// Bytes of a configuration file that are read: thousands of entries.
inline constexpr std::uint64_t max_document_size = 4 * 1024 * 1024;

struct CredentialDocument {
  struct Entry {
    enum class State : std::uint8_t {
      holds,    ///< a credential
      empty,    ///< nothing: a helper may have it
      damaged,  ///< something that cannot be understood
    };
    std::string key{};  ///< as it is written
    ServerKey place{};
    State state = State::empty;
    portolan::auth::Credential credential{};  ///< without a source
  };
  /// In what it stands. What is not docker's own file is read only.
  enum class Form : std::uint8_t { docker_config, kubernetes_secret, dockercfg };
  Form form = Form::docker_config;
  std::vector<Entry> entries{};                                     ///< `auths`; keys that cannot be are left out
  std::vector<std::pair<std::string, std::string>> helper_names{};  ///< `credHelpers`: host and name
  std::string store{};                                              ///< `credsStore`; empty: none

  /// An empty text is an empty document, as docker has it. Errors: invalid_configuration, without the text.
  static Result<CredentialDocument> parse(std::string_view text);

  /// The entry of exactly that place, in the spelling that counts; null where there is none.
  const Entry* find(const ServerKey& place) const noexcept;
  /// The helper of that registry alone; empty where there is none.
  std::string_view helper_of(std::string_view host) const noexcept;
};

/// The credential of a name and a secret as helpers and files give them: the user `<token>` has an identity token, and
/// neither is nobody.
portolan::auth::Credential credential_of(std::string username, Secret secret);

/// "user:password" in base64, as `auth` holds it.
std::string encode_auth(const portolan::auth::Password& password);

}  // namespace portolan::internal::auth
