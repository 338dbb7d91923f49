// SPDX-License-Identifier: Apache-2.0
#include <portolan/client/client.h>
#include <portolan/client/library_version.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "client/host_files.h"
#include "client/mirrored_store.h"
#include "client/place.h"
#include "client/ways.h"

namespace portolan {

using internal::client::Place;
using internal::client::Role;
using registry::Registry;
using registry::RegistryOptions;

namespace {

bool is_the_systems_own(const http::Trust& trust) {
  return trust.ca_file.empty() && trust.more_ca_files.empty() && trust.cert_file.empty() && trust.key_file.empty() &&
         trust.verify == http::Trust::Verify::peer;
}

/// Attempts at a mirror: there are other places.
http::RetryPolicy at_mirrors(http::RetryPolicy policy) {
  policy.attempts = std::min(policy.attempts, 2U);
  policy.attempts_to_connect = 1;
  policy.attempts_in_silence = 1;
  return policy;
}

/// Where a repository is found at an endpoint.
std::string path_at(const HostEndpoint& endpoint, const HostConfig& host, std::string_view repository) {
  if (!endpoint.repository_prefix) return std::string(repository);
  if (const auto slash = host.prefix.find('/'); slash != std::string::npos) {
    repository.remove_prefix(std::min(host.prefix.size() - slash - 1, repository.size()));
  }
  while (repository.starts_with('/')) repository.remove_prefix(1);
  std::string path = *endpoint.repository_prefix;
  if (!path.empty() && !repository.empty()) path += '/';
  return path.append(repository);
}

/// With names of registries as they are looked for.
Config in_usual_form(Config config) {
  for (auto& host : config.hosts) host.prefix = internal::client::usual_prefix(host.prefix);
  return config;
}

}  // namespace

/// What is made when a registry is asked for the first time.
struct Client::Network {
  /// A way to go, which all go that have it in common.
  struct Way {
    http::Trust trust;
    http::Proxy proxy;
    std::string unix_socket;
    std::shared_ptr<http::Transport> transport;
  };

  Result<std::shared_ptr<http::Transport>> way(const Config& config, const http::Trust& trust, const http::Proxy& proxy,
                                               const std::string& unix_socket);
  Result<std::shared_ptr<http::Transport>> way_to(const Config& config, const HostEndpoint& endpoint, http::Trust trust,
                                                  const http::Origin& origin, unsigned attempts_to_connect);
  /// A registry, or a mirror of it, and where that is.
  struct Reached {
    std::shared_ptr<Registry> registry;
    Place place;
  };
  /// Contract: the endpoint is one of the host's.
  Result<Reached> reach(const Config& config, std::string_view name, const HostConfig& host,
                        const HostEndpoint& endpoint);

  std::mutex mutex;  // guards what follows
  std::vector<Way> ways;
  std::shared_ptr<http::Bandwidth> bandwidth;
  std::map<std::string, Reached, std::less<>> registries;
};

Result<std::shared_ptr<http::Transport>> Client::Network::way(const Config& config, const http::Trust& trust,
                                                              const http::Proxy& proxy,
                                                              const std::string& unix_socket) {
  if (config.transport) return config.transport;
  const auto known = std::find_if(ways.begin(), ways.end(), [&](const Way& one) {
    return one.trust == trust && one.proxy == proxy && one.unix_socket == unix_socket;
  });
  if (known != ways.end()) return known->transport;
  if (!bandwidth && config.bytes_per_second != 0) bandwidth = http::make_bandwidth(config.bytes_per_second);
  auto made = http::make_curl_transport({.trust = trust,
                                         .proxy = proxy,
                                         .limits = config.limits,
                                         .addresses = config.addresses,
                                         .bandwidth = bandwidth,
                                         .unix_socket = unix_socket});
  if (made) ways.push_back({trust, proxy, unix_socket, *made});
  return made;
}

Result<std::shared_ptr<http::Transport>> Client::Network::way_to(const Config& config, const HostEndpoint& endpoint,
                                                                 http::Trust trust, const http::Origin& origin,
                                                                 unsigned attempts_to_connect) {
  auto others = way(config, config.trust, config.proxy, {});
  if (!others || config.transport) return others;
  // Authorities that were asked for are the only ones.
  if (trust.ca_file.empty()) trust.more_ca_files = endpoint.ca_files;
  if (!endpoint.cert_file.empty() && trust.cert_file.empty()) {
    trust.cert_file = endpoint.cert_file;
    trust.key_file = endpoint.key_file;
  }
  if (endpoint.skip_verify) trust.verify = http::Trust::Verify::nothing;
  auto proxy = config.proxy;
  if (endpoint.proxy) proxy = {.http = *endpoint.proxy, .https = *endpoint.proxy};
  auto own = way(config, trust, proxy, endpoint.unix_socket);
  if (!own) return own;
  if (endpoint.or_plain_http && origin.secure()) {
    own = std::shared_ptr<http::Transport>(
        std::make_shared<internal::client::PlainWhereNoTls>(origin, *std::move(own), attempts_to_connect));
  }
  if (*own == *others) return own;
  return std::shared_ptr<http::Transport>(
      std::make_shared<internal::client::WayByOrigin>(origin, *std::move(own), *std::move(others)));
}

Result<Client::Network::Reached> Client::Network::reach(const Config& config, std::string_view name,
                                                        const HostConfig& host, const HostEndpoint& endpoint) {
  const auto role = &endpoint == &host.own ? Role::registry : Role::mirror;
  const auto number = static_cast<std::size_t>(role == Role::mirror ? &endpoint - host.mirrors.data() : -1);
  const auto key = std::string(name) + " " + host.prefix + " " + std::to_string(number);
  std::lock_guard lock(mutex);
  if (const auto known = registries.find(key); known != registries.end()) return known->second;
  auto scheme = config.scheme;
  auto trust = endpoint.trust.value_or(config.trust);
  const bool own_trust = !endpoint.ca_files.empty() || !endpoint.cert_file.empty() || endpoint.skip_verify;
  if (scheme == RegistryOptions::Scheme::by_host && (own_trust || !is_the_systems_own(trust))) {
    scheme = RegistryOptions::Scheme::https;
  }
  auto place = internal::client::place_of(name, host, endpoint, role, scheme);
  if (!place) return std::move(place).error();
  RegistryOptions options{.credentials = config.credentials,
                          .user_agent = "portolan/" + std::string(library_version()),
                          .retry = role == Role::mirror ? at_mirrors(config.retry) : config.retry,
                          .headers = endpoint.headers,
                          .base_url = place->origin.string(),
                          .api_root = endpoint.api_root};
  if (!config.user_agent.empty()) options.user_agent = config.user_agent + " " + options.user_agent;
  if (endpoint.tells_registry) options.mirrored_registry = name;
  if (place->account == Place::Account::nobody) options.credentials = nullptr;
  if (place->is == Place::Is::named_registry) {
    options.headers.insert(options.headers.end(), config.headers.begin(), config.headers.end());
  }
  // Who one is, one is to the registry that was meant.
  if (role == Role::mirror) trust.cert_file = trust.key_file = {};
  auto transport = way_to(config, endpoint, std::move(trust), place->origin, options.retry.attempts_to_connect);
  if (!transport) return std::move(transport).error();
  options.transport = *std::move(transport);
  auto made = Registry::make(place->name, std::move(options));
  if (!made) return std::move(made).error();
  return registries.emplace(key, Reached{*std::move(made), *std::move(place)}).first->second;
}

Client::Client(Config config)
    : config_(in_usual_form(std::move(config))),
      local_(Layout::IndexWrites::immediate),
      network_(std::make_unique<Network>()) {}
Client::~Client() = default;

Result<chart::Pushed> Client::push(const Context& context, const std::filesystem::path& chart,
                                   std::string_view reference, const PushRequest& request) {
  auto target = Reference::parse(reference);
  if (!target) return std::move(target).error();
  auto package = chart::package_or_read(context, chart,
                                        {.version = request.version,
                                         .app_version = request.app_version,
                                         .source_date_epoch = config_.source_date_epoch,
                                         .created = request.created});
  if (!package) return std::move(package).error();
  auto pushed = chart::push(context, *package, *this, *target, request.naming,
                            {.tags = request.tags, .if_exists = request.if_exists, .concurrency = config_.concurrency});
  if (!pushed) return pushed;
  if (auto committed = commit(context); !committed) return std::move(committed).error();
  return pushed;
}

Result<chart::Pulled> Client::pull(const Context& context, std::string_view reference,
                                   const chart::PullRequest& request) {
  auto source = Reference::parse(reference);
  if (!source) return std::move(source).error();
  return chart::pull(context, *this, *source, request);
}

Result<std::shared_ptr<Store>> Client::open(std::string_view reference) {
  auto parsed = Reference::parse(reference);
  if (!parsed) return std::move(parsed).error();
  return open({}, *parsed);
}

Result<std::shared_ptr<Store>> Client::open(const Context& context, const Reference& reference) {
  if (reference.kind() != Reference::Kind::registry) return local_.open(context, reference);
  if (reference.repository().empty()) {
    return Error(Errc::invalid_reference, reference.string() + " names a registry, and no repository: write oci://" +
                                              reference.registry() + "/PATH");
  }
  const auto name = internal::client::usual_name(reference.registry());
  auto host = host_config(context, name, reference.repository());
  if (!host) return std::move(host).error();
  auto own = network_->reach(config_, name, *host, host->own);
  if (!own) return std::move(own).error();
  auto store = own->registry->repository(path_at(host->own, *host, reference.repository()));
  if (host->mirrors.empty()) return store;
  std::vector<internal::client::Mirror> mirrors;
  for (const auto& endpoint : host->mirrors) {
    auto mirror = network_->reach(config_, name, *host, endpoint);
    if (!mirror) return std::move(mirror).error();
    mirrors.push_back({.store = mirror->registry->repository(path_at(endpoint, *host, reference.repository())),
                       .pull = endpoint.pull,
                       .resolve = endpoint.resolve,
                       .label = mirror->place.label});
  }
  return std::shared_ptr<Store>(
      std::make_shared<internal::client::MirroredStore>(std::move(mirrors), std::move(store)));
}

Result<RegistryPlace> Client::place(const Context& context, const Reference& reference) {
  if (reference.kind() != Reference::Kind::registry) {
    return Error(Errc::invalid_reference, reference.string() + " is at no registry");
  }
  const auto name = internal::client::usual_name(reference.registry());
  auto host = host_config(context, name, reference.repository());
  if (!host) return std::move(host).error();
  auto own = network_->reach(config_, name, *host, host->own);
  if (!own) return std::move(own).error();
  auto path = reference.repository().empty() ? std::string() : path_at(host->own, *host, reference.repository());
  const bool elsewhere = own->place.is == Place::Is::another;
  return RegistryPlace{.registry = own->registry,
                       .repository = std::move(path),
                       .is = elsewhere ? RegistryPlace::Is::another : RegistryPlace::Is::named_registry};
}

Result<HostConfig> Client::host_config(const Context& context, std::string_view registry,
                                       std::string_view repository) const {
  HostConfig host{.prefix = std::string(registry)};
  const auto given = std::max_element(config_.hosts.begin(), config_.hosts.end(), [&](const auto& a, const auto& b) {
    return a.fits(registry, repository) < b.fits(registry, repository);
  });
  if (given != config_.hosts.end() && given->fits(registry, repository) != 0) {
    host = *given;
  } else if (!internal::client::host_of(registry).empty()) {
    auto found = find_host_config(context, config_.host_files, registry, repository);
    if (!found) return std::move(found).error();
    if (*found) host = **std::move(found);
  }
  if (!host.source.empty()) {
    const auto count = host.mirrors.size();
    context.log(LogLevel::debug, host.source + " says how " + std::string(registry) + " is reached" +
                                     (count == 0 ? "" : ", with mirrors: " + std::to_string(count)));
  }
  if (host.blocked) {
    return Error(Errc::forbidden,
                 std::string(registry) + " is blocked" + (host.source.empty() ? "" : ": so says " + host.source));
  }
  return host;
}

Result<std::shared_ptr<Registry>> Client::registry(std::string_view registry) {
  const auto name = internal::client::usual_name(registry);
  auto host = host_config({}, name, {});
  if (!host) return std::move(host).error();
  auto own = network_->reach(config_, name, *host, host->own);
  if (!own) return std::move(own).error();
  return own->registry;
}

Result<void> Client::commit(const Context& context) { return local_.commit(context); }

Result<void> Client::list_repositories(const Context& context, const Reference& place,
                                       const std::function<bool(std::string_view)>& each) {
  if (place.kind() != Reference::Kind::registry) return local_.list_repositories(context, place, each);
  auto host = registry(place.registry());
  if (!host) return std::move(host).error();
  return (*host)->list_repositories(context, each);
}

}  // namespace portolan
