// SPDX-License-Identifier: Apache-2.0
// The input is a file about registries: TOML, hosts.toml and registries.conf in one.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "client/host_files.h"
#include "client/toml.h"

using namespace portolan;
using namespace portolan::internal::client;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::size_t count(const TomlTable& table, unsigned depth);
std::size_t count(const TomlValue& value, unsigned depth) {
  require(depth <= 2 * max_toml_depth);
  std::size_t all = 1;
  if (const auto* array = value.as<TomlArray>()) {
    for (const auto& one : *array) all += count(one, depth + 1);
  }
  if (const auto* table = value.as<TomlTable>()) all += count(*table, depth + 1);
  return all;
}
std::size_t count(const TomlTable& table, unsigned depth) {
  std::size_t all = 0;
  for (const auto& [key, value] : table.members) {
    require(table.find(key) == &value);  // no name stands there twice
    all += count(value, depth);
  }
  return all;
}

/// What is asked later makes sense whatever the file says.
void check(const HostEndpoint& endpoint) {
  if (!endpoint.url.empty()) {
    const auto origin = http::Origin::of(endpoint.url);
    require(origin.has_value() && origin->string() == endpoint.url);
    require(!origin->secure() || host_of(endpoint.url) == origin->authority());
  }
  require(endpoint.api_root.starts_with('/') && endpoint.api_root.ends_with('/'));
  require(!endpoint.or_plain_http || endpoint.skip_verify);
  require(endpoint.unix_socket.empty() || endpoint.unix_socket.starts_with('/'));
}

void check(const HostConfig& host) {
  require(!host.prefix.empty() && host.mirrors.size() <= max_mirrors);
  check(host.own);
  for (const auto& mirror : host.mirrors) {
    check(mirror);
    require(!mirror.url.empty());
  }
  static_cast<void>(host.fits("registry.example:5000", "charts/app"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(host_of(text));
  const auto root = parse_toml(text);
  // Names that only lead somewhere count, too.
  if (root) require(count(*root, 0) <= 2 * max_toml_values + max_toml_depth);
  if (const auto host = parse_hosts_toml(text, "/etc/hosts", "registry.example:5000")) {
    require(root.has_value());
    check(*host);
  }
  if (const auto hosts = parse_registries_conf(text)) {
    require(root.has_value() && hosts->hosts.size() <= max_hosts);
    for (const auto& host : hosts->hosts) check(host);
  }
  return 0;
}
