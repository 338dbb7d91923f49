// SPDX-License-Identifier: Apache-2.0
#include "auth/server_key.h"

#include <algorithm>

#include "base/ascii.h"

namespace portolan::internal::auth {
namespace {

constexpr std::string_view hub = "docker.io";
constexpr std::string_view hub_key = "https://index.docker.io/v1/";

bool is_host_character(char c) {
  constexpr std::string_view others = "-._:[]";
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
}

std::string_view without_slashes(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

std::optional<ServerKey> ServerKey::parse(std::string_view text) {
  bool has_scheme = false;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (lower(text.substr(0, scheme.size())) != scheme) continue;
    text.remove_prefix(scheme.size());
    has_scheme = true;
    break;
  }
  const auto slash = std::min(text.find('/'), text.size());
  ServerKey key{.host = lower(text.substr(0, slash))};
  if (key.host.ends_with(":443")) key.host.resize(key.host.size() - 4);
  if (key.host.empty() || !std::all_of(key.host.begin(), key.host.end(), is_host_character)) return std::nullopt;
  if (key.host == "index.docker.io" || key.host == "registry-1.docker.io") key.host = hub;
  const auto path = without_slashes(text.substr(slash));
  // Of old, keys were the addresses of an API.
  if (!has_scheme && path != "v1" && path != "v2") key.path = path;
  return key;
}

std::string canonical(const ServerKey& key) {
  if (!key.path.empty()) return key.host + "/" + key.path;
  return key.host == hub ? std::string(hub_key) : key.host;
}

std::vector<std::string> addresses_of(const ServerKey& key) {
  auto first = canonical(key);
  if (first == hub_key) return {std::move(first)};
  auto second = "https://" + first;
  return {std::move(first), std::move(second)};
}

std::vector<std::string> paths_from(std::string_view repository) {
  std::vector<std::string> paths;
  while (!repository.empty()) {
    paths.emplace_back(repository);
    const auto slash = repository.rfind('/');
    repository = repository.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  paths.emplace_back();
  return paths;
}

}  // namespace portolan::internal::auth
