// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <portolan/base/context.h>
#include <portolan/base/secret.h>

namespace portolan::auth {

/// Who one is towards a registry.
struct Anonymous {
  friend bool operator==(const Anonymous&, const Anonymous&) = default;
};
struct Password {
  std::string username{};
  Secret password{};
  friend bool operator==(const Password&, const Password&) = default;
};
/// A refresh token of OAuth2, given to the token server alone (`identitytoken` of docker's configuration).
struct IdentityToken {
  Secret token{};
  friend bool operator==(const IdentityToken&, const IdentityToken&) = default;
};
/// A bearer token that goes to the registry as it is (`registrytoken` of docker's configuration).
struct BearerToken {
  Secret token{};
  friend bool operator==(const BearerToken&, const BearerToken&) = default;
};

struct Credential {
  std::variant<Anonymous, Password, IdentityToken, BearerToken> value{};
  /// Where it comes from, for people: "~/.docker/config.json (\"registry.example\")". Never a secret.
  std::string source{};

  bool anonymous() const noexcept { return std::holds_alternative<Anonymous>(value); }
  /// The user's name, or empty where only a token is known.
  std::string username() const;
};

/// For which repository of which registry a credential is wanted.
struct Where {
  std::string registry{};    ///< host, and port where it is not 443, as in a reference: "docker.io", "localhost:5000"
  std::string repository{};  ///< path, for example "charts/app"; may be empty
};

/// Finds credentials. Threads: any number at once.
class CredentialProvider {
 public:
  virtual ~CredentialProvider() = default;
  /// The credential for that place; Anonymous where this provider has none.
  /// Errors: invalid_configuration (a file or helper that is broken), cancelled, timed_out.
  virtual Result<Credential> find(const Context& context, const Where& where) const = 0;
};

using CredentialProviderPtr = std::shared_ptr<const CredentialProvider>;

/// The same credential everywhere, at that registry alone where one is named.
CredentialProviderPtr fixed(Credential credential, std::string registry = {});

/// What a function finds; it is called from any thread.
CredentialProviderPtr from(std::function<Result<Credential>(const Where&)> function);

/// The first of several that has one.
CredentialProviderPtr first_of(std::vector<CredentialProviderPtr> providers);

}  // namespace portolan::auth
