// SPDX-License-Identifier: Apache-2.0
#include <portolan/client/client.h>

#include <algorithm>
#include <utility>

#include "client/host_files.h"
#include "client/mirrored_store.h"
#include "client/registries.h"

namespace portolan {

using internal::client::Place;
using registry::Registry;

namespace {

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

struct Client::Network {
  explicit Network(const Config& config) : registries(config) {}
  internal::client::Registries registries;
};

Client::Client(Config config)
    : config_(in_usual_form(std::move(config))),
      local_(Layout::IndexWrites::immediate),
      network_(std::make_unique<Network>(config_)) {}
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
  auto own = network_->registries.reach(name, *host, host->own);
  if (!own) return std::move(own).error();
  auto store = own->registry->repository(path_at(host->own, *host, reference.repository()));
  if (host->mirrors.empty()) return store;
  std::vector<internal::client::Mirror> mirrors;
  for (const auto& endpoint : host->mirrors) {
    auto mirror = network_->registries.reach(name, *host, endpoint);
    if (!mirror) {
      // There are other places, and for writing there is but one.
      network_->registries.warn(context, "a mirror of " + name + " is left out: " + mirror.error().message());
      continue;
    }
    mirrors.push_back({.store = mirror->registry->repository(path_at(endpoint, *host, reference.repository())),
                       .pull = endpoint.pull,
                       .resolve = endpoint.resolve,
                       .label = mirror->place.label});
  }
  if (mirrors.empty()) return store;
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
  auto own = network_->registries.reach(name, *host, host->own);
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
    auto found = find_host_config(network_->registries.once(context), config_.host_files, registry, repository);
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
  auto own = network_->registries.reach(name, *host, host->own);
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
