// SPDX-License-Identifier: Apache-2.0
#include "explain_auth.h"
#include "network.h"
#include "prompt.h"
#include "session.h"

namespace portolan::cli {
namespace {

using registry::Registry;

/// With a colon in it, the rest of the name would be taken for the beginning of the password (RFC 7617). It is not
/// told, since it may be one.
Result<void> check_user_name(const std::string& username) {
  if (username.find(':') == std::string::npos) return {};
  return Error(Errc::invalid_argument, "the user name has a colon, which none may have");
}

/// The account that the command line or the environment names; Anonymous where they name none.
Result<auth::Credential> given_account(const Context& context, const RegistryAccess& access,
                                       const Environment& environment) {
  const bool by_option = !access.username.empty();
  const auto username = by_option ? access.username : environment.username.value_or("");
  if (username.empty()) {
    if (access.password_from_stdin) return Error(Errc::invalid_argument, "--password-stdin needs a --username");
    return auth::Credential();
  }
  if (auto checked = check_user_name(username); !checked) return std::move(checked).error();
  auth::Credential credential{.source = by_option ? "--username" : "PORTOLAN_USERNAME"};
  if (access.password_from_stdin) {
    auto password = password_from_stdin(context);
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

/// The same for a login, which asks whoever sits there.
Result<auth::Credential> account_to_log_in(const Context& context, RegistryAccess access, const std::string& place,
                                           const Environment& environment) {
  if (access.username.empty()) access.username = environment.username.value_or("");
  const bool asks = somebody_is_there() && !access.password_from_stdin;
  if (access.username.empty() && asks) {
    auto name = ask(context, "User name at " + place);
    if (!name) return std::move(name).error();
    access.username = *std::move(name);
  }
  if (access.username.empty()) {
    return Error(Errc::invalid_argument, "no account is given; use --username and --password-stdin");
  }
  if (auto checked = check_user_name(access.username); !checked) return std::move(checked).error();
  if (!asks || environment.password) return given_account(context, access, environment);
  auto password = ask_for_password(context, "Password of " + access.username);
  if (!password) return std::move(password).error();
  return auth::Credential{.value = auth::Password{access.username, *std::move(password)}, .source = "the terminal"};
}

auth::CredentialFiles files_of(const RegistryAccess& access, const Environment& environment) {
  auto files = auth::default_credential_files([&](std::string_view name) -> std::optional<std::string> {
    if (name == "HELM_REGISTRY_CONFIG" && !access.registry_config.empty()) return access.registry_config;
    return environment.variable ? environment.variable(name) : std::nullopt;
  });
  files.helper_environment = environment.everything;
  return files;
}

Result<Config> configuration(const RegistryAccess& access) {
  auto config = Config::from_environment();
  if (!config) return config;
  config->trust.ca_file = access.ca_file;
  config->trust.cert_file = access.cert_file;
  config->trust.key_file = access.key_file;
  if (access.insecure) config->trust.verify = http::Trust::Verify::nothing;
  if (access.plain_http) config->scheme = registry::RegistryOptions::Scheme::http;
  config->addresses = access.addresses;
  config->headers = access.headers;
  config->bytes_per_second = access.bytes_per_second;
  config->hosts = access.hosts;
  return config;
}

class RealNetwork final : public Network {
 public:
  Result<std::unique_ptr<StoreProvider>> connect(const Context& context, const RegistryAccess& access,
                                                 const std::vector<std::string>& registries,
                                                 const Environment& environment) override {
    const bool account_given = !access.username.empty() || environment.username;
    if (account_given && registries.size() > 1) {
      return Error(Errc::invalid_argument, "one account is given for two registries, " + registries[0] + " and " +
                                               registries[1] + "; log in to them instead");
    }
    auto account = given_account(context, access, environment);
    if (!account) return std::move(account).error();
    auto config = configuration(access);
    if (!config) return std::move(config).error();
    // Who names an account means that one, and no other.
    config->credentials = account->anonymous() ? auth::credentials_in(files_of(access, environment))
                                               : auth::fixed(*std::move(account), registries.at(0));
    return std::unique_ptr<StoreProvider>(std::make_unique<Client>(*std::move(config)));
  }

  Result<Account> log_in(const Context& context, const RegistryAccess& access, const std::string& place,
                         const Environment& environment) override {
    auto reference = Reference::parse("oci://" + place);
    // The key of an account may be no path of a repository.
    if (!reference) reference = Reference::parse("oci://" + place.substr(0, place.find('/')));
    if (!reference) return reference.error();
    auto config = configuration(access);
    if (!config) return std::move(config).error();
    // Before anybody is asked for a password.
    auto asked = Client(*config).place(context, *reference);
    if (!asked) return std::move(asked).error();
    if (asked->is == RegistryPlace::Is::another) {
      const auto& there = asked->registry->name();
      return Error(Errc::invalid_configuration,
                   reference->registry() + " is asked at " + there + "; log in there: portolan login " + there);
    }
    auto account = account_to_log_in(context, access, place, environment);
    if (!account) return std::move(account).error();
    config->credentials = auth::fixed(*account, asked->registry->name());
    asked = Client(*std::move(config)).place({}, *reference);
    if (!asked) return std::move(asked).error();
    const auto admission = asked->registry->ping(context);
    if (!admission) return admission.error();
    auto stored = auth::store_credential(context, files_of(access, environment), place, *account);
    if (!stored) return std::move(stored).error();
    const bool checked = *admission == registry::Registry::Admission::checked;
    return Account{account->username(), std::move(stored->where),
                   checked ? Account::Worth::checked : Account::Worth::unknown};
  }

  Result<Account> log_out(const Context& context, const RegistryAccess& access, const std::string& place,
                          const Environment& environment) override {
    auto erased = auth::erase_credential(context, files_of(access, environment), place);
    if (!erased) return std::move(erased).error();
    return Account{.where = std::move(erased->where)};
  }

  int explain(Session& session, const ExplainArguments& arguments) override {
    const auto& access = session.common().registry;
    const auto& environment = session.environment();
    return explain_auth(session, arguments, [&](const Reference& reference) -> Result<AuthExplanation> {
      auto account = given_account(session.context(), access, environment);
      if (!account) return std::move(account).error();
      auto config = configuration(access);
      if (!config) return std::move(config).error();
      std::optional<auth::Credential> given;
      if (!account->anonymous()) given = *std::move(account);
      return portolan::explain_auth(session.context(), *std::move(config), files_of(access, environment), given,
                                    reference);
    });
  }
};

}  // namespace

std::unique_ptr<Network> network() { return std::make_unique<RealNetwork>(); }

}  // namespace portolan::cli
