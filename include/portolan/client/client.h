// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/auth/credential.h>
#include <portolan/chart/by_reference.h>
#include <portolan/chart/package.h>
#include <portolan/client/host_config.h>
#include <portolan/http/transport.h>
#include <portolan/registry/registry.h>
#include <portolan/store/layout_store.h>
#include <portolan/store/store.h>

namespace portolan {

/// What a Client works with. Plain values; copied into the Client.
struct Config {
  std::optional<std::int64_t> source_date_epoch{};  ///< seconds since 1970, for the charts that are packaged
  unsigned concurrency = 4;                         ///< transfers at once of one operation; at least 1

  auth::CredentialProviderPtr credentials{};  ///< for registries; anonymous where null
  std::string user_agent{};                   ///< what registries are told before our own name: "acme-build/7"
  http::Trust trust{};                        ///< whose certificates are taken, and which one is shown
  http::Proxy proxy{};
  http::Limits limits{};  ///< transfers at once with a registry, and time limits
  http::RetryPolicy retry{};
  /// `by_host` means https as well where the trust is not the system's own.
  registry::RegistryOptions::Scheme scheme = registry::RegistryOptions::Scheme::by_host;
  std::vector<http::HostAddress> addresses{};  ///< hosts whose names are not looked up
  std::uint64_t bytes_per_second = 0;          ///< of all transfers together, in each direction; 0: as much as there is
  /// Sent to the origins of the registries that the client is asked for, and to no other place.
  std::vector<registry::ExtraHeader> headers{};
  std::vector<HostConfig> hosts{};  ///< how single registries are reached; they come before what files say
  HostFiles host_files{};           ///< files that say so
  /// In the place of libcurl; trust, proxies, limits, addresses and sockets are its own business then.
  std::shared_ptr<http::Transport> transport{};

  /// A Config with what the process's environment says: SOURCE_DATE_EPOCH; https_proxy, http_proxy, all_proxy,
  /// no_proxy, and all but http_proxy in capitals; SSL_CERT_FILE and SSL_CERT_DIR; CONTAINERS_REGISTRIES_CONF,
  /// XDG_CONFIG_HOME and HOME for the places of `host_files`. Nothing else in Portolan reads the environment. Errors:
  /// invalid_configuration. Threads: as getenv(): not while another thread changes the environment.
  static Result<Config> from_environment();
};

/// How a Client packages and pushes a chart.
struct PushRequest {
  std::vector<std::string> tags{};      ///< further tags, which move to this chart
  IfExists if_exists = IfExists::same;  ///< where the chart's version is there already
  chart::Naming naming = chart::Naming::append_name;
  std::string version{};      ///< replaces the chart's version where not empty (a directory)
  std::string app_version{};  ///< replaces the chart's appVersion where not empty (a directory)
  std::string created{};      ///< RFC 3339; the manifest's creation time where not empty
};

/// Where a reference's registry is asked: files about hosts may say that it is elsewhere.
struct RegistryPlace {
  std::shared_ptr<registry::Registry> registry{};  ///< its name is the one whose account is shown to it
  std::string repository{};                        ///< the repository's path there; empty where none is named
  enum class Is : std::uint8_t { named_registry, another } is = Is::named_registry;
};

/// Charts by reference, in a call each. A Client is the provider of the stores that its references name: registries,
/// layouts, archives. What it has learned of a registry (tokens, what it can do) and its connections serve all calls.
///
/// What a call has pushed is there for everybody when the call returns. Stores got by open() write at once, too; only
/// archives (`oci-archive:`) hold back until commit().
/// Threads: any number at once; it runs one of its own as soon as a registry is asked. Ownership: stores, readers and
/// what was pulled may outlive the Client. After fork() the child may only destroy it: registries are refused there
/// (Errc::unsupported).
class Client final : public StoreProvider {
 public:
  explicit Client(Config config = {});
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Packages a directory, or reads a `.tgz` with the `.prov` beside it, and pushes it.
  /// Errors: as chart::package(), chart::read_package() and chart::push().
  Result<chart::Pushed> push(const Context& context, const std::filesystem::path& chart, std::string_view reference,
                             const PushRequest& request = {});

  /// Pulls a chart into memory. Errors: as chart::pull().
  Result<chart::Pulled> pull(const Context& context, std::string_view reference,
                             const chart::PullRequest& request = {});

  /// The registry of that name, host and port; never a mirror. Errors: invalid_reference, invalid_configuration
  /// (certificate files, files about hosts), invalid_argument (a header), forbidden (it is blocked).
  Result<std::shared_ptr<registry::Registry>> registry(std::string_view name);

  /// The registry that is asked for a reference, and the path there; never a mirror. Errors: as registry().
  Result<RegistryPlace> place(const Context& context, const Reference& reference);

  /// The repository that a reference names; a registry is not asked yet. Where it has mirrors, it is read from them.
  /// Errors: invalid_reference, invalid_configuration, invalid_argument, forbidden; those of the way there.
  Result<std::shared_ptr<Store>> open(std::string_view reference);
  Result<std::shared_ptr<Store>> open(const Context& context, const Reference& reference) override;
  Result<void> commit(const Context& context) override;
  Result<void> list_repositories(const Context& context, const Reference& place,
                                 const std::function<bool(std::string_view)>& each) override;

 private:
  struct Network;
  Result<HostConfig> host_config(const Context& context, std::string_view registry, std::string_view repository) const;
  const Config config_;
  LocalStores local_;
  const std::unique_ptr<Network> network_;
};

}  // namespace portolan
