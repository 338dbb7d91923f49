// SPDX-License-Identifier: Apache-2.0
#include "client/registries.h"

#include <portolan/client/library_version.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "client/ways.h"

namespace portolan::internal::client {

using portolan::registry::Registry;
using portolan::registry::RegistryOptions;

namespace http = portolan::http;

namespace {

bool is_the_systems_own(const http::Trust& trust) {
  return trust.ca_file.empty() && trust.more_ca_files.empty() && trust.cert_file.empty() && trust.key_file.empty() &&
         trust.verify == http::Trust::Verify::peer;
}

/// What is kept of registries at most, and of warnings; the oldest goes for a new one.
constexpr std::size_t max_known = 1000;

/// The longest that a mirror is waited for, as it asks: there are other places.
constexpr std::chrono::seconds longest_wait_for_mirror{2};

/// Attempts at a mirror: there are other places.
http::RetryPolicy at_mirrors(http::RetryPolicy policy) {
  policy.attempts = std::min(policy.attempts, 2U);
  policy.attempts_to_connect = 1;
  policy.attempts_in_silence = 1;
  policy.attempts_stuck = 1;
  policy.longest_retry_after = std::min(policy.longest_retry_after, longest_wait_for_mirror);
  return policy;
}

bool is_authorization(std::string_view header) { return internal::same_word(header, "Authorization"); }

/// With the file that says so, and for which host; what was given otherwise is no file's fault.
Error in_file(const Error& error, const HostEndpoint& endpoint) {
  if (endpoint.source.empty() || endpoint.trust) return error;
  const auto& place = endpoint.unix_socket.empty() ? endpoint.url : endpoint.unix_socket;
  return error.within(endpoint.source + (place.empty() ? "" : ", " + place));
}

}  // namespace

Result<std::shared_ptr<http::Transport>> Registries::way(const http::Trust& trust, const http::Proxy& proxy,
                                                         const std::string& unix_socket) {
  if (config_.transport) return config_.transport;
  const auto known = std::find_if(ways_.begin(), ways_.end(), [&](const Way& one) {
    return one.trust == trust && one.proxy == proxy && one.unix_socket == unix_socket;
  });
  if (known != ways_.end()) return known->transport;
  if (!bandwidth_ && config_.bytes_per_second != 0) bandwidth_ = http::make_bandwidth(config_.bytes_per_second);
  auto made = http::make_curl_transport({.trust = trust,
                                         .proxy = proxy,
                                         .limits = config_.limits,
                                         .addresses = config_.addresses,
                                         .bandwidth = bandwidth_,
                                         .unix_socket = unix_socket});
  if (made) ways_.push_back({trust, proxy, unix_socket, *made});
  return made;
}

Result<std::shared_ptr<http::Transport>> Registries::way_to(const HostEndpoint& endpoint, const http::Trust& general,
                                                            const http::RetryPolicy& retry,
                                                            const http::Origin& origin) {
  // Where a registry sends us, to its token server or its storage, its authorities count as well, as they do for docker
  // and podman. Whom one shows oneself to, and what is not verified, is between it and us.
  auto elsewhere = general;
  if (general.ca_file.empty()) {
    elsewhere.more_ca_files = endpoint.ca_files;
    if (endpoint.trust && !endpoint.trust->ca_file.empty()) elsewhere.more_ca_files.push_back(endpoint.trust->ca_file);
  }
  auto others = way(elsewhere, config_.proxy, {});
  if (!others) return elsewhere == general ? others : in_file(others.error(), endpoint);
  auto trust = endpoint.trust.value_or(general);
  // Authorities that were asked for are the only ones.
  if (trust.ca_file.empty()) trust.more_ca_files = endpoint.ca_files;
  if (!endpoint.cert_file.empty() && trust.cert_file.empty()) {
    trust.cert_file = endpoint.cert_file;
    trust.key_file = endpoint.key_file;
  }
  if (endpoint.skip_verify) trust.verify = http::Trust::Verify::nothing;
  auto proxy = config_.proxy;
  if (endpoint.proxy) proxy = {.http = *endpoint.proxy, .https = *endpoint.proxy};
  auto own = way(trust, proxy, endpoint.unix_socket);
  if (!own) return in_file(own.error(), endpoint);
  if (endpoint.or_plain_http && origin.secure()) {
    own = std::shared_ptr<http::Transport>(
        std::make_shared<PlainWhereNoTls>(origin, *std::move(own), retry.attempts_to_connect));
  }
  if (*own == *others) return own;
  return std::shared_ptr<http::Transport>(std::make_shared<WayByOrigin>(origin, *std::move(own), *std::move(others)));
}

Result<std::shared_ptr<Registry>> Registries::make(std::string_view name, const HostEndpoint& endpoint,
                                                   const Place& place) {
  RegistryOptions options{.credentials = config_.credentials,
                          .user_agent = "portolan/" + std::string(library_version()),
                          .retry = place.role == Role::mirror ? at_mirrors(config_.retry) : config_.retry,
                          .base_url = place.origin.string(),
                          .api_root = endpoint.api_root};
  if (!config_.user_agent.empty()) options.user_agent = config_.user_agent + " " + options.user_agent;
  if (endpoint.tells_registry) options.mirrored_registry = name;
  for (const auto& header : endpoint.headers) {
    if (is_authorization(header.name)) {
      options.authorization = header.value;
    } else {
      options.headers.push_back(header);
    }
  }
  if (options.authorization || place.account == Place::Account::nobody) options.credentials = nullptr;
  if (place.is == Place::Is::named_registry) {
    options.headers.insert(options.headers.end(), config_.headers.begin(), config_.headers.end());
  }
  auto general = config_.trust;
  // Who one is, one is to the registry that was meant.
  if (place.is != Place::Is::named_registry) general.cert_file = general.key_file = {};
  auto transport = way_to(endpoint, general, options.retry, place.origin);
  if (!transport) return std::move(transport).error();
  options.transport = *std::move(transport);
  auto made = Registry::make(place.name, std::move(options));
  if (!made) return in_file(made.error(), endpoint);
  return made;
}

Result<Reached> Registries::reach(std::string_view name, const HostConfig& host, const HostEndpoint& endpoint) {
  const auto role = &endpoint == &host.own ? Role::registry : Role::mirror;
  auto scheme = config_.scheme;
  const bool own_trust = !endpoint.ca_files.empty() || !endpoint.cert_file.empty() || endpoint.skip_verify;
  if (scheme == RegistryOptions::Scheme::by_host &&
      (own_trust || !is_the_systems_own(endpoint.trust.value_or(config_.trust)))) {
    scheme = RegistryOptions::Scheme::https;
  }
  auto place = place_of(name, host, endpoint, role, scheme);
  if (!place) return in_file(place.error(), endpoint);
  // Repositories of several prefixes may share what is learned of a registry.
  auto made_of = endpoint;
  made_of.repository_prefix.reset();
  made_of.pull = made_of.resolve = true;
  std::lock_guard lock(mutex_);
  const auto known = std::find_if(registries_.begin(), registries_.end(), [&](const Known& one) {
    return one.name == name && one.reached.place == *place && one.endpoint == made_of;
  });
  if (known != registries_.end()) return known->reached;
  auto made = make(name, endpoint, *place);
  if (!made) return std::move(made).error();
  if (registries_.size() == max_known) registries_.pop_front();
  registries_.push_back({std::string(name), std::move(made_of), {*std::move(made), *std::move(place)}});
  return registries_.back().reached;
}

void Registries::warn(const Context& context, std::string line) {
  {
    std::lock_guard lock(mutex_);
    if (warnings_.size() == max_known) warnings_.clear();
    if (!warnings_.insert(line).second) return;
  }
  context.log(LogLevel::warning, line);
}

Context Registries::once(const Context& context) {
  Context with = context;
  with.on_log = [this, &context](LogLevel level, std::string_view line) {
    if (level == LogLevel::warning) return warn(context, std::string(line));
    context.log(level, line);
  };
  return with;
}

}  // namespace portolan::internal::client
