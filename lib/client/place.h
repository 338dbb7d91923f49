// SPDX-License-Identifier: Apache-2.0
// Where an endpoint is asked, and whose account it is shown (registry-protocol 24).
#pragma once

#include <portolan/client/host_config.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace portolan::internal::client {

enum class Role : std::uint8_t { registry, mirror };

struct Place {
  portolan::http::Origin origin;
  /// What it is called, and whose account it is shown: the registry's, or the host's own where it is another one.
  std::string name;
  Role role = Role::registry;
  /// Whether it is the registry that was named, and no other host: what was given for that one goes there.
  enum class Is : std::uint8_t { named_registry, another } is = Is::another;
  /// A mirror that nobody can tell from the registry by its host: whose account that would be is not known.
  enum class Account : std::uint8_t { of_name, nobody } account = Account::of_name;
  /// For people, where the name alone would be taken for the registry itself; otherwise empty.
  std::string label{};
  friend bool operator==(const Place&, const Place&) = default;
};

/// Contract: `registry` is a name in its usual form. Errors: invalid_reference, invalid_configuration.
Result<Place> place_of(std::string_view registry, const HostConfig& host, const HostEndpoint& endpoint, Role role,
                       portolan::registry::RegistryOptions::Scheme scheme);

}  // namespace portolan::internal::client
