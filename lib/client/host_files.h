// SPDX-License-Identifier: Apache-2.0
// What single files say about registries (registry-protocol 24). Pure: no file is read here.
#pragma once

#include <portolan/client/host_config.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace portolan::internal::client {

/// Registries, and mirrors of one of them, that are taken from a file.
inline constexpr std::size_t max_hosts = 1000;
inline constexpr std::size_t max_mirrors = 100;

/// Reads containerd's hosts.toml for a registry; paths in it are relative to its folder.
/// Errors: invalid_configuration, without the file's name and without any value of a header.
Result<HostConfig> parse_hosts_toml(std::string_view text, const std::filesystem::path& folder,
                                    std::string_view registry);

struct RegistriesConf {
  std::vector<HostConfig> hosts{};
  /// For people: entries that other programs take and that fit no repository, for example those with a tag.
  std::vector<std::string> left_out{};
};
/// Reads registries.conf or one of its drop-ins (containers, version 2). One of version 1 names no mirrors, and gives
/// nothing. Errors: as above; what may hold an account (`@`) is in no text.
Result<RegistriesConf> parse_registries_conf(std::string_view text);

/// What the names in a folder of certificates mean (docker's certs.d): authorities, and a certificate with its key.
struct CertificateNames {
  std::vector<std::string> authorities{};
  std::string certificate{};  ///< the first one, where there are several
  std::string key{};
};
/// Errors: invalid_configuration for a certificate without its key, and the other way round.
Result<CertificateNames> certificates_among(std::vector<std::string> names);

/// Host and port of a place as files write it, "https://" left out; empty where that is none.
std::string host_of(std::string_view location);

/// A registry's name as it is looked for: in lower case, and "docker.io" for all names of Docker Hub.
std::string usual_name(std::string_view registry);
/// The same for the name at the beginning of a prefix ("registry.example/team").
std::string usual_prefix(std::string_view prefix);
/// Docker Hub answers at another host than the one it is named by.
portolan::http::Origin where_it_answers(portolan::http::Origin origin);

}  // namespace portolan::internal::client
