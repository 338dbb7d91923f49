// SPDX-License-Identifier: Apache-2.0
#include "client/place.h"

#include <utility>

#include "client/host_files.h"

namespace portolan::internal::client {
namespace {

using portolan::http::Origin;
using portolan::registry::Registry;
using Scheme = portolan::registry::RegistryOptions::Scheme;

Result<Origin> origin_of(std::string_view registry, const HostEndpoint& endpoint, Scheme scheme) {
  const std::string& url = endpoint.url;
  if (url.empty()) return Registry::origin_of(registry, scheme);
  auto origin = Origin::of(url);
  if (!origin || url.find_first_of("/?#", url.find("://") + 3) != std::string::npos) {
    return Error(Errc::invalid_configuration, "'" + url + "' is no place of a registry");
  }
  return where_it_answers(*std::move(origin));
}

}  // namespace

Result<Place> place_of(std::string_view registry, const HostConfig& host, const HostEndpoint& endpoint, Role role,
                       Scheme scheme) {
  auto origin = origin_of(registry, endpoint, scheme);
  if (!origin) return std::move(origin).error();
  const bool socket = !endpoint.unix_socket.empty();
  Place place{.origin = *std::move(origin), .name = std::string(registry), .role = role};
  // The same host and port, whether it speaks TLS or not.
  const auto named = Registry::origin_of(registry, place.origin.secure() ? Scheme::https : Scheme::http);
  if (!named) return named.error();
  const bool same_host = *named == place.origin;
  if (!same_host && !socket) place.name = place.origin.authority();
  if (role == Role::registry) {
    if (same_host || socket) place.is = Place::Is::named_registry;
    return place;
  }
  if (socket) {
    place.account = Place::Account::nobody;
    place.label = "unix://" + endpoint.unix_socket;
    return place;
  }
  if (!same_host) return place;
  place.label = place.origin.string() + endpoint.api_root;
  const auto own = origin_of(registry, host.own, scheme);
  if (!own) return own.error();
  // The registry's account would go in clear to what only has the registry's name.
  const bool as_registry = *own == place.origin && host.own.unix_socket.empty();
  if (!as_registry) place.account = Place::Account::nobody;
  if (as_registry) place.is = Place::Is::named_registry;
  return place;
}

}  // namespace portolan::internal::client
