// SPDX-License-Identifier: Apache-2.0
// The keys under which configuration files and helpers keep credentials (registry-protocol 20.1, 20.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portolan::internal::auth {

/// A registry, or the repositories below a path of it.
struct ServerKey {
  std::string host{};  ///< as in Where::registry: lower case, without port 443, "docker.io" for Docker Hub
  std::string path{};  ///< "team/app"; empty: the whole registry

  /// Reads "host", "host:port/team", "https://host/v1/" and the other names of Docker Hub. A path behind a scheme is
  /// none of a repository, and left out. Nothing where the text is no key, or has user information.
  static std::optional<ServerKey> parse(std::string_view text);
  friend bool operator==(const ServerKey&, const ServerKey&) = default;
};

/// The key that docker and helm write for that place, which counts before all other spellings of it.
std::string canonical(const ServerKey& key);

/// What a helper is asked, one after the other: helpers differ in what they keep.
std::vector<std::string> addresses_of(const ServerKey& key);

/// The repository, then each path above it, then the empty path of the whole registry.
std::vector<std::string> paths_from(std::string_view repository);

}  // namespace portolan::internal::auth
