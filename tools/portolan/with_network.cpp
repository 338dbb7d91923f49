// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <iterator>

#include "network.h"

namespace portolan::cli {
namespace {

constexpr std::size_t max_password_size = 64 * 1024;

/// All of stdin but the end of its line. Errors: invalid_argument.
Result<Secret> password_from_stdin() {
  std::string text;
  for (std::istreambuf_iterator<char> at(std::cin), end; at != end; ++at) {
    if (text.size() == max_password_size) return Error(Errc::invalid_argument, "the password on stdin is too long");
    text += *at;
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return Error(Errc::invalid_argument, "there is no password on stdin");
  return Secret(std::move(text));
}

/// The account that the command line or the environment names; none where they do not.
Result<auth::Credential> given_account(const RegistryAccess& access, const Environment& environment) {
  const bool by_option = !access.username.empty();
  const auto username = by_option ? access.username : environment.username.value_or("");
  if (username.empty()) {
    if (access.password_from_stdin) return Error(Errc::invalid_argument, "--password-stdin needs a --username");
    return auth::Credential();
  }
  auth::Credential credential{.source = by_option ? "--username" : "PORTOLAN_USERNAME"};
  if (access.password_from_stdin) {
    auto password = password_from_stdin();
    if (!password) return std::move(password).error();
    credential.value = auth::Password{username, *std::move(password)};
  } else if (environment.password) {
    credential.value = auth::Password{username, *environment.password};
  } else {
    return Error(Errc::invalid_argument,
                 "there is no password for " + username + "; give it with --password-stdin or in PORTOLAN_PASSWORD");
  }
  return credential;
}

Result<std::unique_ptr<StoreProvider>> connect(const RegistryAccess& access, const std::vector<std::string>& registries,
                                               const Environment& environment) {
  auto config = Config::from_environment();
  if (!config) return std::move(config).error();
  config->trust.ca_file = access.ca_file;
  config->trust.cert_file = access.cert_file;
  config->trust.key_file = access.key_file;
  if (access.insecure) config->trust.verify = http::Trust::Verify::nothing;
  if (access.plain_http) config->scheme = registry::RegistryOptions::Scheme::http;
  const bool account_given = !access.username.empty() || environment.username;
  if (account_given && registries.size() > 1) {
    return Error(Errc::invalid_argument, "one account is given for two registries, " + registries[0] + " and " +
                                             registries[1] + "; copy by way of a layout");
  }
  auto account = given_account(access, environment);
  if (!account) return std::move(account).error();
  if (!account->anonymous()) {
    config->credentials = auth::fixed(*std::move(account), registries.at(0));
  }
  return std::unique_ptr<StoreProvider>(std::make_unique<Client>(*std::move(config)));
}

}  // namespace

std::optional<Connect> network() { return connect; }

}  // namespace portolan::cli
