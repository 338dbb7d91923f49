// SPDX-License-Identifier: Apache-2.0
#include <portolan/client/host_config.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/file.h"
#include "client/host_files.h"
#include "client/toml.h"

namespace portolan {
namespace {

namespace fs = std::filesystem;
using internal::client::host_of;

/// Drop-ins of a registries.conf, and names in a folder of certificates.
constexpr std::size_t max_files = 1000;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Error in_file(const Error& error, const fs::path& path) {
  return Error(Errc::invalid_configuration, path.string() + ": " + error.text());
}

/// The names in a folder, in their order. Errors: invalid_configuration.
Result<std::vector<std::string>> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (names.size() == max_files) {
      return Error(Errc::invalid_configuration,
                   folder.string() + " holds more than " + std::to_string(max_files) + " files");
    }
    names.push_back(at->path().filename().string());
  }
  if (error) return Error(Errc::invalid_configuration, folder.string() + ": " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> add_registries(const fs::path& file, std::map<std::string, HostConfig, std::less<>>& hosts) {
  auto text = internal::read_file(file, internal::client::max_toml_size);
  if (!text) return in_file(text.error(), file);
  auto parsed = internal::client::parse_registries_conf(*text);
  if (!parsed) return in_file(parsed.error(), file);
  for (auto& host : *parsed) {
    host.source = file.string();
    auto prefix = host.prefix;
    hosts.insert_or_assign(std::move(prefix), std::move(host));
  }
  return {};
}

/// The entry of registries.conf that fits best.
Result<std::optional<HostConfig>> in_registries_conf(const HostFiles& files, std::string_view registry,
                                                     std::string_view repository) {
  std::map<std::string, HostConfig, std::less<>> hosts;
  for (std::size_t i = 0; i < files.registries_conf.size(); ++i) {
    const auto& file = files.registries_conf[i];
    auto folder = file;
    folder += ".d";
    const bool required = i == 0 && files.registries_conf_required;
    if (!required && !is_there(file) && !is_there(folder)) continue;
    if (required || is_there(file)) {
      if (auto added = add_registries(file, hosts); !added) return std::move(added).error();
    }
    if (is_there(folder)) {
      auto names = names_in(folder);
      if (!names) return std::move(names).error();
      for (const auto& name : *names) {
        if (!name.ends_with(".conf")) continue;
        if (auto added = add_registries(folder / name, hosts); !added) return std::move(added).error();
      }
    }
    break;
  }
  const HostConfig* best = nullptr;
  for (const auto& [prefix, host] : hosts) {
    const auto fits = host.fits(registry, repository);
    if (fits > (best == nullptr ? 0 : best->fits(registry, repository))) best = &host;
  }
  return best == nullptr ? std::optional<HostConfig>() : *best;
}

/// Adds what a folder of certificates has. Whether it has something.
Result<bool> add_certificates(const fs::path& folder, HostEndpoint& endpoint) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return false;
  auto names = names_in(folder);
  if (!names) return std::move(names).error();
  auto found = internal::client::certificates_among(*std::move(names));
  if (!found) return in_file(found.error(), folder);
  for (const auto& name : found->authorities) endpoint.ca_files.push_back((folder / name).string());
  if (endpoint.cert_file.empty() && !found->certificate.empty()) {
    endpoint.cert_file = (folder / found->certificate).string();
    endpoint.key_file = (folder / found->key).string();
  }
  if (endpoint.source.empty()) endpoint.source = folder.string();
  return !found->authorities.empty() || !found->certificate.empty();
}

/// The names that a registry's folder may have, as containerd looks for them.
std::vector<std::string> folder_names(std::string_view registry) {
  std::vector<std::string> names;
  const std::string name(registry);
  if (const auto colon = name.rfind(':'); colon != std::string::npos && !name.ends_with(']')) {
    names.push_back(name.substr(0, colon) + "_" + name.substr(colon + 1) + "_");
    names.push_back(name);
    names.push_back(name.substr(0, colon));
  } else {
    names.push_back(name);
  }
  names.emplace_back("_default");
  return names;
}

Result<std::optional<HostConfig>> in_hosts_directories(const HostFiles& files, std::string_view registry) {
  for (const auto& root : files.hosts_directories) {
    for (const auto& name : folder_names(registry)) {
      const auto folder = root / name;
      if (const auto file = folder / "hosts.toml"; is_there(file)) {
        auto text = internal::read_file(file, internal::client::max_toml_size);
        if (!text) return in_file(text.error(), file);
        auto host = internal::client::parse_hosts_toml(*text, folder, registry);
        if (!host) return in_file(host.error(), file);
        host->source = file.string();
        return std::optional<HostConfig>(*std::move(host));
      }
      HostConfig host{.prefix = std::string(registry), .source = folder.string()};
      auto added = add_certificates(folder, host.own);
      if (!added) return std::move(added).error();
      if (*added) return std::optional<HostConfig>(std::move(host));
    }
  }
  return std::optional<HostConfig>();
}

/// What certs.d of docker and containers have for the place where an endpoint is.
Result<bool> add_certificates_of(const HostFiles& files, std::string_view host, HostEndpoint& endpoint) {
  bool any = false;
  if (host.empty() || !endpoint.unix_socket.empty()) return any;
  for (const auto& root : files.certificate_directories) {
    auto added = add_certificates(root / host, endpoint);
    if (!added) return added;
    any = any || *added;
  }
  return any;
}

}  // namespace

std::size_t HostConfig::fits(std::string_view registry, std::string_view repository) const noexcept {
  if (prefix.starts_with("*.")) {
    const auto host = registry.substr(0, registry.rfind(':'));
    const auto end = std::string_view(prefix).substr(1);
    return host.size() > end.size() && host.ends_with(end) ? prefix.size() : 0;
  }
  std::string_view rest = prefix;
  if (rest.empty() || !rest.starts_with(registry)) return 0;
  rest.remove_prefix(registry.size());
  if (rest.empty()) return prefix.size();
  if (rest.front() != '/') return 0;
  rest.remove_prefix(1);
  const bool below =
      repository.starts_with(rest) && (repository.size() == rest.size() || repository[rest.size()] == '/');
  return below ? prefix.size() : 0;
}

Result<std::optional<HostConfig>> find_host_config(const HostFiles& files, std::string_view registry,
                                                   std::string_view repository) {
  auto found = in_registries_conf(files, registry, repository);
  if (found && !*found) found = in_hosts_directories(files, registry);
  if (!found) return found;
  bool any = found->has_value();
  auto host = any ? **std::move(found) : HostConfig{.prefix = std::string(registry)};
  const auto own = host.own.url.empty() ? std::string(registry) : host_of(host.own.url);
  auto added = add_certificates_of(files, own, host.own);
  if (!added) return std::move(added).error();
  any = any || *added;
  for (auto& mirror : host.mirrors) {
    if (auto more = add_certificates_of(files, host_of(mirror.url), mirror); !more) return std::move(more).error();
  }
  if (host.source.empty()) host.source = host.own.source;
  return any ? std::optional<HostConfig>(std::move(host)) : std::nullopt;
}

}  // namespace portolan
