// SPDX-License-Identifier: Apache-2.0
#include <portolan/client/client.h>
#include <portolan/client/library_version.h>

#include <map>
#include <mutex>
#include <utility>

namespace portolan {

using registry::Registry;
using registry::RegistryOptions;

namespace {

bool is_the_systems_own(const http::Trust& trust) {
  return trust.ca_file.empty() && trust.cert_file.empty() && trust.key_file.empty() &&
         trust.verify == http::Trust::Verify::peer;
}

}  // namespace

/// What is made when a registry is asked for the first time.
struct Client::Network {
  std::mutex mutex;  // guards what follows
  std::shared_ptr<http::Transport> transport;
  std::map<std::string, std::shared_ptr<Registry>, std::less<>> registries;
};

Client::Client(Config config)
    : config_(std::move(config)), local_(Layout::IndexWrites::immediate), network_(std::make_unique<Network>()) {}
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
  auto host = registry(reference.registry());
  if (!host) return std::move(host).error();
  return (*host)->repository(reference.repository());
}

Result<std::shared_ptr<Registry>> Client::registry(std::string_view name) {
  std::lock_guard lock(network_->mutex);
  if (const auto known = network_->registries.find(name); known != network_->registries.end()) return known->second;
  if (!network_->transport) {
    auto transport =
        config_.transport
            ? config_.transport
            : http::make_curl_transport({.trust = config_.trust, .proxy = config_.proxy, .limits = config_.limits});
    if (!transport) return std::move(transport).error();
    network_->transport = *std::move(transport);
  }
  auto scheme = config_.scheme;
  if (scheme == RegistryOptions::Scheme::by_host && !is_the_systems_own(config_.trust)) {
    scheme = RegistryOptions::Scheme::https;
  }
  auto user_agent = "portolan/" + std::string(library_version());
  if (!config_.user_agent.empty()) user_agent = config_.user_agent + " " + user_agent;
  auto made = Registry::make(name, {.transport = network_->transport,
                                    .credentials = config_.credentials,
                                    .scheme = scheme,
                                    .user_agent = std::move(user_agent),
                                    .retry = config_.retry});
  if (!made) return made;
  return network_->registries.emplace(std::string(name), *std::move(made)).first->second;
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
