// SPDX-License-Identifier: Apache-2.0
#include <portolan/auth/credential.h>

#include <utility>

#include "auth/server_key.h"

namespace portolan::auth {
namespace {

/// As files with credentials have it: Docker Hub has several names, and https a port of its own.
bool is_same(const std::string& one, const std::string& other) {
  if (one == other) return true;
  const auto a = internal::auth::ServerKey::parse(one);
  const auto b = internal::auth::ServerKey::parse(other);
  return a && b && a->host == b->host && a->path == b->path;
}

class Fixed final : public CredentialProvider {
 public:
  Fixed(Credential credential, std::string registry)
      : credential_(std::move(credential)), registry_(std::move(registry)) {}
  Result<Credential> find(const Context&, const Where& where) const override {
    return registry_.empty() || is_same(registry_, where.registry) ? credential_ : Credential();
  }

 private:
  const Credential credential_;
  const std::string registry_;
};

class FromFunction final : public CredentialProvider {
 public:
  explicit FromFunction(std::function<Result<Credential>(const Where&)> function) : function_(std::move(function)) {}
  Result<Credential> find(const Context&, const Where& where) const override { return function_(where); }

 private:
  const std::function<Result<Credential>(const Where&)> function_;
};

class FirstOf final : public CredentialProvider {
 public:
  explicit FirstOf(std::vector<CredentialProviderPtr> providers) : providers_(std::move(providers)) {}
  Result<Credential> find(const Context& context, const Where& where) const override {
    for (const auto& provider : providers_) {
      auto found = provider->find(context, where);
      if (!found || !found->anonymous()) return found;
    }
    return Credential();
  }

 private:
  const std::vector<CredentialProviderPtr> providers_;
};

}  // namespace

std::string Credential::username() const {
  const auto password = std::get_if<Password>(&value);
  return password == nullptr ? std::string() : password->username;
}

CredentialProviderPtr fixed(Credential credential, std::string registry) {
  return std::make_shared<Fixed>(std::move(credential), std::move(registry));
}

CredentialProviderPtr from(std::function<Result<Credential>(const Where&)> function) {
  return std::make_shared<FromFunction>(std::move(function));
}

CredentialProviderPtr first_of(std::vector<CredentialProviderPtr> providers) {
  return std::make_shared<FirstOf>(std::move(providers));
}

}  // namespace portolan::auth
