// SPDX-License-Identifier: Apache-2.0
// How single registries are reached, as docker, containerd, podman and their kin are told by files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/context.h>
#include <portolan/base/result.h>
#include <portolan/http/transport.h>
#include <portolan/registry/registry.h>

namespace portolan {

/// One place where a registry, or a copy of what it has, is asked.
struct HostEndpoint {
  /// Scheme, host and port: "https://mirror.example:5000"; empty: as the registry's name and the options of all say.
  std::string url{};
  /// Path of the interface, with a slash at its end.
  std::string api_root = "/v2/";
  /// Takes the place of the path in HostConfig::prefix at the beginning of a repository's path, both perhaps empty;
  /// none: the repository's path stays as it is.
  std::optional<std::string> repository_prefix{};
  bool pull = true;                    ///< of a mirror: whether content is taken from it, by digest
  bool resolve = true;                 ///< of a mirror: whether it is believed what a tag names
  std::optional<http::Trust> trust{};  ///< in the place of the trust of all
  /// What comes on top: files beside the others, a certificate to show, no verification.
  std::vector<std::string> ca_files{};
  std::string cert_file{};
  std::string key_file{};
  bool skip_verify = false;
  /// Speaks http where it does not speak TLS; only of those that skip verification.
  bool or_plain_http = false;
  std::vector<registry::ExtraHeader> headers{};  ///< Authorization, too, which then stands for any account
  std::optional<std::string> proxy{};            ///< in the place of the one of all; empty: none
  bool tells_registry = false;                   ///< `ns`: it is told whose content is wanted
  std::string unix_socket{};                     ///< path of the socket at which it answers
  std::string source{};                          ///< for people: the file that says so
  friend bool operator==(const HostEndpoint&, const HostEndpoint&) = default;
};

/// How one registry, or the part of it below a path, is reached. Reading goes from mirror to mirror and then to the
/// registry itself; writing goes to the registry alone.
struct HostConfig {
  std::string prefix{};  ///< "registry.example:5000", "registry.example/team", "*.example"
  bool blocked = false;  ///< nothing may be asked of it
  std::vector<HostEndpoint> mirrors{};
  HostEndpoint own{};    ///< the registry itself
  std::string source{};  ///< for people: the file that says so

  /// How well it fits a repository: bytes of the prefix; 0 where it does not.
  std::size_t fits(std::string_view registry, std::string_view repository) const noexcept;
};

/// Where files are looked for. What is not there is no error.
struct HostFiles {
  /// registries.conf (containers, version 2): the first that is there counts, and after it the files in its folder
  /// "….d" and in those of the ones before it.
  std::vector<std::filesystem::path> registries_conf{};
  /// Folders with a folder for each registry, which holds a hosts.toml or certificates (containerd).
  std::vector<std::filesystem::path> hosts_directories{};
  /// Folders with a folder for each registry, which holds certificates (docker, containers).
  std::vector<std::filesystem::path> certificate_directories{};
  /// Whether the first of registries_conf was asked for by name, and has to be there.
  bool registries_conf_required = false;
};

/// What the files say about a repository; nothing where they do not. An entry of registries.conf comes before a
/// hosts.toml. Certificates are found for every place by its own host and port. The log is told what is left out: a
/// hosts.toml and certificates that one may not read, a hosts.toml for all registries (`_default`) and a mirror that
/// make no sense, entries of registries.conf that fit nothing.
/// Errors: invalid_configuration, with the file and what is wrong; no value of a header is in the text.
Result<std::optional<HostConfig>> find_host_config(const Context& context, const HostFiles& files,
                                                   std::string_view registry, std::string_view repository);

}  // namespace portolan
