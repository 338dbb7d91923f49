// SPDX-License-Identifier: Apache-2.0
// The registries that a client has asked, and the ways to them.
#pragma once

#include <portolan/client/client.h>

#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/place.h"

namespace portolan::internal::client {

/// A registry, or a mirror of it, and where that is.
struct Reached {
  std::shared_ptr<portolan::registry::Registry> registry;
  Place place;
};

/// Makes each registry once, when it is asked for the first time. Threads: any number at once.
class Registries {
 public:
  explicit Registries(const Config& config) : config_(config) {}

  /// Contract: `name` is in its usual form, and the endpoint one of the host's. Errors: as Client::registry().
  Result<Reached> reach(std::string_view name, const HostConfig& host, const HostEndpoint& endpoint);

  /// Says it once.
  void warn(const Context& context, std::string line);
  /// A context whose warnings are said once. Contract: `context` outlives it.
  Context once(const Context& context);

 private:
  /// A way to go, which all go that have it in common.
  struct Way {
    portolan::http::Trust trust;
    portolan::http::Proxy proxy;
    std::string unix_socket;
    std::shared_ptr<portolan::http::Transport> transport;
  };
  /// What a registry was made of: files may say something else the next time.
  struct Known {
    std::string name;
    HostEndpoint endpoint;
    Reached reached;
  };

  Result<std::shared_ptr<portolan::http::Transport>> way(const portolan::http::Trust& trust,
                                                         const portolan::http::Proxy& proxy,
                                                         const std::string& unix_socket);
  /// `general` is the trust of all who are asked; `retry` the policy above.
  Result<std::shared_ptr<portolan::http::Transport>> way_to(const HostEndpoint& endpoint,
                                                            const portolan::http::Trust& general,
                                                            const portolan::http::RetryPolicy& retry,
                                                            const portolan::http::Origin& origin);
  Result<std::shared_ptr<portolan::registry::Registry>> make(std::string_view name, const HostEndpoint& endpoint,
                                                             const Place& place);

  const Config& config_;
  std::mutex mutex_;  // guards what follows
  std::vector<Way> ways_;
  std::shared_ptr<portolan::http::Bandwidth> bandwidth_;
  std::deque<Known> registries_;
  std::set<std::string> warnings_;
};

}  // namespace portolan::internal::client
