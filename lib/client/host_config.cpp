// SPDX-License-Identifier: Apache-2.0
#include <portolan/client/host_config.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

/// Where the system keeps a registry's certificates for itself, others have none.
void leave_out(const Context& context, const fs::path& path) {
  context.log(LogLevel::debug, path.string() + " may not be read, and is left out");
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

/// Whether it is there, and may be looked at.
bool may_look_at(const Context& context, const fs::path& path) {
  std::error_code error;
  const bool there = fs::exists(path, error);
  if (error == std::errc::permission_denied) leave_out(context, path);
  return there;
}

Error in_file(const Error& error, const fs::path& path) {
  return Error(Errc::invalid_configuration, path.string() + ": " + error.text());
}

/// The names in a folder, in their order. Errors: invalid_configuration; permission_denied.
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
  if (error) {
    const bool refused = error == std::errc::permission_denied;
    return Error(refused ? Errc::permission_denied : Errc::invalid_configuration,
                 folder.string() + ": " + error.message());
  }
  std::sort(names.begin(), names.end());
  return names;
}

using Registries = std::map<std::string, HostConfig, std::less<>>;

Result<void> add_registries(const Context& context, const fs::path& file, Registries& hosts) {
  // Said of none: others take it for an empty file.
  if (file == "/dev/null") return {};
  auto text = internal::read_file(file, internal::client::max_toml_size);
  if (!text) return in_file(text.error(), file);
  auto parsed = internal::client::parse_registries_conf(*text);
  if (!parsed) return in_file(parsed.error(), file);
  for (const auto& line : parsed->left_out) {
    // Whoever blocks something has to know that it is not.
    const auto level = line.starts_with("a blocked") ? LogLevel::warning : LogLevel::debug;
    context.log(level, file.string() + ": left out: " + line);
  }
  for (auto& host : parsed->hosts) {
    host.source = host.own.source = file.string();
    for (auto& mirror : host.mirrors) mirror.source = file.string();
    auto prefix = host.prefix;
    hosts.insert_or_assign(std::move(prefix), std::move(host));
  }
  return {};
}

Result<void> add_drop_ins(const Context& context, fs::path folder, Registries& hosts) {
  folder += ".d";
  if (!is_there(folder)) return {};
  auto names = names_in(folder);
  if (!names) return Error(Errc::invalid_configuration, names.error().text());
  for (const auto& name : *names) {
    if (!name.ends_with(".conf")) continue;
    if (auto added = add_registries(context, folder / name, hosts); !added) return added;
  }
  return {};
}

/// The entry of registries.conf that fits best.
Result<std::optional<HostConfig>> in_registries_conf(const Context& context, const HostFiles& files,
                                                     std::string_view registry, std::string_view repository) {
  Registries hosts;
  const auto& all = files.registries_conf;
  // A user's file stands in the place of the system's; a user's drop-ins alone do not.
  std::size_t first = 0;
  if (!files.registries_conf_required) {
    while (first < all.size() && !is_there(all[first])) ++first;
  }
  if (first < all.size()) {
    if (auto added = add_registries(context, all[first], hosts); !added) return std::move(added).error();
  }
  for (auto at = std::min(first + 1, all.size()); at-- > 0;) {
    if (auto added = add_drop_ins(context, all[at], hosts); !added) return std::move(added).error();
  }
  const HostConfig* best = nullptr;
  for (const auto& [prefix, host] : hosts) {
    const auto fits = host.fits(registry, repository);
    if (fits > (best == nullptr ? 0 : best->fits(registry, repository))) best = &host;
  }
  return best == nullptr ? std::optional<HostConfig>() : *best;
}

bool may_read(const Context& context, const fs::path& path) {
  const bool refused = ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES;
  if (refused) leave_out(context, path);
  return !refused;
}

/// Adds what a folder of certificates has. Whether it has something.
Result<bool> add_certificates(const Context& context, const fs::path& folder, HostEndpoint& endpoint) {
  std::error_code error;
  if (!may_look_at(context, folder) || !fs::is_directory(folder, error)) return false;
  auto names = names_in(folder);
  if (!names && names.error().code() == Errc::permission_denied) {
    leave_out(context, folder);
    return false;
  }
  if (!names) return std::move(names).error();
  auto found = internal::client::certificates_among(*std::move(names));
  if (!found) return in_file(found.error(), folder);
  bool any = false;
  for (const auto& name : found->authorities) {
    if (!may_read(context, folder / name)) continue;
    endpoint.ca_files.push_back((folder / name).string());
    any = true;
  }
  if (!found->certificate.empty() && may_read(context, folder / found->certificate) &&
      may_read(context, folder / found->key)) {
    if (endpoint.cert_file.empty()) {
      endpoint.cert_file = (folder / found->certificate).string();
      endpoint.key_file = (folder / found->key).string();
    }
    any = true;
  }
  if (any && endpoint.source.empty()) endpoint.source = folder.string();
  return any;
}

/// The folder of hosts.toml for registries that have none of their own.
constexpr std::string_view for_all_others = "_default";

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
  names.emplace_back(for_all_others);
  return names;
}

/// What a registry's folder says; nothing where there is none.
Result<std::optional<HostConfig>> in_hosts_directory(const Context& context, const fs::path& folder,
                                                     std::string_view registry) {
  if (const auto file = folder / "hosts.toml"; may_look_at(context, file)) {
    auto text = internal::read_file(file, internal::client::max_toml_size);
    if (text) {
      auto host = internal::client::parse_hosts_toml(*text, folder, registry);
      if (!host) return in_file(host.error(), file);
      host->source = host->own.source = file.string();
      for (auto& mirror : host->mirrors) mirror.source = file.string();
      return std::optional<HostConfig>(*std::move(host));
    }
    if (text.error().code() != Errc::permission_denied) return in_file(text.error(), file);
    leave_out(context, file);
    return std::optional<HostConfig>();
  }
  HostConfig host{.prefix = std::string(registry), .source = folder.string()};
  auto added = add_certificates(context, folder, host.own);
  if (!added) return std::move(added).error();
  return *added ? std::optional<HostConfig>(std::move(host)) : std::nullopt;
}

Result<std::optional<HostConfig>> in_hosts_directories(const Context& context, const HostFiles& files,
                                                       std::string_view registry) {
  for (const auto& root : files.hosts_directories) {
    for (const auto& name : folder_names(registry)) {
      auto found = in_hosts_directory(context, root / name, registry);
      if (!found && name == for_all_others) {
        // What one registry may need is no reason to do without all.
        context.log(LogLevel::warning, found.error().text() + "; it is left out");
        continue;
      }
      if (!found || *found) return found;
    }
  }
  return std::optional<HostConfig>();
}

/// What certs.d of docker and containers have for the place where an endpoint is.
Result<bool> add_certificates_of(const Context& context, const HostFiles& files, std::string_view host,
                                 HostEndpoint& endpoint) {
  bool any = false;
  if (host.empty() || !endpoint.unix_socket.empty()) return any;
  for (const auto& root : files.certificate_directories) {
    auto added = add_certificates(context, root / internal::client::usual_name(host), endpoint);
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

Result<std::optional<HostConfig>> find_host_config(const Context& context, const HostFiles& files,
                                                   std::string_view registry, std::string_view repository) {
  auto found = in_registries_conf(context, files, registry, repository);
  if (found && !*found) found = in_hosts_directories(context, files, registry);
  if (!found) return found;
  bool any = found->has_value();
  auto host = any ? **std::move(found) : HostConfig{.prefix = std::string(registry)};
  const auto own = host.own.url.empty() ? std::string(registry) : host_of(host.own.url);
  auto added = add_certificates_of(context, files, own, host.own);
  if (!added) return std::move(added).error();
  any = any || *added;
  std::erase_if(host.mirrors, [&](HostEndpoint& mirror) {
    auto more = add_certificates_of(context, files, host_of(mirror.url), mirror);
    if (more) return false;
    context.log(LogLevel::warning, "a mirror of " + std::string(registry) + " is left out: " + more.error().text());
    return true;
  });
  if (host.source.empty()) host.source = host.own.source;
  return any ? std::optional<HostConfig>(std::move(host)) : std::nullopt;
}

}  // namespace portolan
