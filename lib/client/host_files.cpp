// SPDX-License-Identifier: Apache-2.0
#include "client/host_files.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "client/toml.h"

namespace portolan::internal::client {
namespace {

namespace fs = std::filesystem;
using portolan::http::Origin;

constexpr std::string_view default_root = "/v2/";

Error wrong(const std::string& what) { return Error(Errc::invalid_configuration, what); }

/// A member of a table, where it is there and of that type. Errors: invalid_configuration where it is of another one.
template <class T>
Result<T> member(const TomlTable& table, std::string_view key, T otherwise, std::string_view type) {
  const auto* value = table.find(key);
  if (value == nullptr) return otherwise;
  const auto* found = value->as<T>();
  if (found == nullptr) return wrong(std::string(key) + " is no " + std::string(type));
  return *found;
}
Result<std::string> text_member(const TomlTable& table, std::string_view key) {
  return member<std::string>(table, key, {}, "text");
}
Result<bool> flag_member(const TomlTable& table, std::string_view key) {
  return member<bool>(table, key, false, "truth value");
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F' || c == ' '; });
}

/// A path that a URL may have, without "//", "." and "..".
bool is_path(std::string_view text) {
  if (text.empty()) return true;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('/', at), text.size());
    const auto part = text.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '/';
  });
}

std::string_view without_slash_at_end(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

/// A piece of a file for a text: none that may hold an account.
std::string shown(std::string_view text) {
  return text.find('@') == std::string_view::npos ? ": " + quote(text.substr(0, 100)) : std::string();
}

/// One text, or several in an array.
Result<std::vector<std::string>> texts(const TomlValue& value, std::string_view key) {
  std::vector<std::string> found;
  if (const auto* one = value.as<std::string>()) {
    found.push_back(*one);
    return found;
  }
  const auto* array = value.as<TomlArray>();
  if (array == nullptr) return wrong(std::string(key) + " is neither a text nor an array of them");
  for (const auto& element : *array) {
    const auto* one = element.as<std::string>();
    if (one == nullptr) return wrong(std::string(key) + " holds something that is no text");
    found.push_back(*one);
  }
  return found;
}

std::string in_folder(const fs::path& folder, const std::string& path) { return (folder / path).string(); }

Result<void> read_client(const TomlValue& value, const fs::path& folder, HostEndpoint& endpoint) {
  // A file with both, several of them, or pairs of certificate and key; the first one is shown.
  const auto* array = value.as<TomlArray>();
  if (array != nullptr && !array->empty() && array->front().as<TomlArray>() != nullptr) {
    auto pair = texts(array->front(), "client");
    if (!pair) return std::move(pair).error();
    if (pair->empty() || pair->size() > 2) return wrong("client holds something that is no certificate with its key");
    endpoint.cert_file = in_folder(folder, pair->front());
    if (pair->size() == 2 && !pair->back().empty()) endpoint.key_file = in_folder(folder, pair->back());
    return {};
  }
  auto files = texts(value, "client");
  if (!files) return std::move(files).error();
  if (!files->empty()) endpoint.cert_file = in_folder(folder, files->front());
  return {};
}

Result<void> read_headers(const TomlValue& value, HostEndpoint& endpoint) {
  const auto* table = value.as<TomlTable>();
  if (table == nullptr) return wrong("header is no table");
  for (const auto& [name, given] : table->members) {
    auto values = texts(given, "header");
    if (!values) return std::move(values).error();
    for (auto& one : *values) endpoint.headers.push_back({.name = name, .value = Secret(std::move(one))});
  }
  return {};
}

Result<void> read_place(std::string_view url, bool override_path, std::string_view registry, HostEndpoint& endpoint) {
  constexpr std::string_view socket = "unix://";
  if (url.starts_with(socket)) {
    endpoint.unix_socket = url.substr(socket.size());
    if (!endpoint.unix_socket.starts_with('/') || has_control(endpoint.unix_socket)) {
      return wrong("a socket is written unix:///path/of/it");
    }
    endpoint.url = "http://" + std::string(registry);
    return {};
  }
  std::string whole(url);
  if (url.find("://") == std::string_view::npos) whole = "https://" + whole;
  auto origin = Origin::of(whole);
  const auto path_at = whole.find('/', whole.find("://") + 3);
  auto path = path_at == std::string::npos ? std::string() : whole.substr(path_at);
  const bool odd = path.find_first_of("?#\\") != std::string::npos || has_control(path) || path.size() > 1024;
  if (!origin || odd || host_of(whole).empty()) return wrong("a host that is no URL of http or https");
  while (path.ends_with('/')) path.pop_back();
  if (path.ends_with("/v2")) path.resize(path.size() - 3);
  endpoint.api_root = path + (override_path ? "/" : std::string(default_root));
  endpoint.url = where_it_answers(*std::move(origin)).string();
  return {};
}

/// Whether it has to be told whose content is wanted.
bool is_another(const HostEndpoint& endpoint, std::string_view registry) {
  if (!endpoint.unix_socket.empty()) return false;
  return usual_name(host_of(endpoint.url)) != usual_name(host_of(registry));
}

Result<HostEndpoint> read_endpoint(std::string_view url, const TomlTable& table, const fs::path& folder,
                                   std::string_view registry) {
  HostEndpoint endpoint;
  auto override_path = flag_member(table, "override_path");
  if (!override_path) return std::move(override_path).error();
  if (auto read = read_place(url, *override_path, registry, endpoint); !read) return std::move(read).error();
  auto skip_verify = flag_member(table, "skip_verify");
  if (!skip_verify) return std::move(skip_verify).error();
  endpoint.skip_verify = *skip_verify;
  if (const auto* value = table.find("capabilities")) {
    auto names = texts(*value, "capabilities");
    if (!names) return std::move(names).error();
    const auto has = [&](std::string_view name) {
      return std::find(names->begin(), names->end(), name) != names->end();
    };
    endpoint.pull = has("pull");
    endpoint.resolve = has("resolve");
  }
  if (const auto* value = table.find("ca")) {
    auto files = texts(*value, "ca");
    if (!files) return std::move(files).error();
    for (const auto& file : *files) endpoint.ca_files.push_back(in_folder(folder, file));
  }
  if (const auto* value = table.find("client")) {
    if (auto read = read_client(*value, folder, endpoint); !read) return std::move(read).error();
  }
  if (const auto* value = table.find("header")) {
    if (auto read = read_headers(*value, endpoint); !read) return std::move(read).error();
  }
  if (table.find("proxy") != nullptr) {
    auto proxy = text_member(table, "proxy");
    if (!proxy) return std::move(proxy).error();
    endpoint.proxy = *std::move(proxy);
  }
  endpoint.tells_registry = is_another(endpoint, registry);
  return endpoint;
}

/// "host[:port][/path]", as registries.conf has it.
struct Location {
  std::string host{};
  std::string path{};
};
Result<Location> parse_location(std::string_view text) {
  text = without_slash_at_end(text);
  const auto slash = std::min(text.find('/'), text.size());
  Location location{.host = host_of(text), .path = std::string(text.substr(std::min(slash + 1, text.size())))};
  if (location.host.empty() || text.find("://") != std::string_view::npos || !is_path(location.path)) {
    return wrong("a location that is no host[:port][/path]" + shown(text));
  }
  return location;
}

void point_to(const Location& location, bool insecure, HostEndpoint& endpoint) {
  endpoint.url = where_it_answers(Origin::of("https://" + location.host).value()).string();
  endpoint.skip_verify = endpoint.or_plain_http = insecure;
}

Result<HostEndpoint> read_mirror(const TomlTable& table, bool by_digest_only) {
  auto text = text_member(table, "location");
  if (!text) return std::move(text).error();
  auto insecure = flag_member(table, "insecure");
  if (!insecure) return std::move(insecure).error();
  auto kind = text_member(table, "pull-from-mirror");
  if (!kind) return std::move(kind).error();
  if (text->empty()) return wrong("a mirror without a location");
  auto location = parse_location(*text);
  if (!location) return std::move(location).error();
  HostEndpoint mirror{.repository_prefix = location->path};
  point_to(*location, *insecure, mirror);
  if (!kind->empty() && *kind != "all" && *kind != "digest-only" && *kind != "tag-only") {
    return wrong("pull-from-mirror is none of all, digest-only, tag-only");
  }
  // What a tag names is proved by its digest from there on: "tag-only" could only keep content away.
  mirror.resolve = !by_digest_only && *kind != "digest-only";
  return mirror;
}

/// Whether a repository may have the prefix. Others take upper case, tags and digests, too.
bool may_fit(std::string_view prefix) {
  const auto slash = std::min(prefix.find('/'), prefix.size());
  const auto path = prefix.substr(std::min(slash + 1, prefix.size()));
  return !host_of(prefix.substr(0, slash)).empty() && is_path(path) &&
         std::none_of(path.begin(), path.end(), [](char c) { return lower(c) != c; });
}

/// Nothing for an entry that fits no repository; `left_out` is told then.
Result<std::optional<HostConfig>> read_registry(const TomlTable& table, std::vector<std::string>& left_out) {
  auto prefix = text_member(table, "prefix");
  if (!prefix) return std::move(prefix).error();
  auto text = text_member(table, "location");
  if (!text) return std::move(text).error();
  auto insecure = flag_member(table, "insecure");
  if (!insecure) return std::move(insecure).error();
  auto blocked = flag_member(table, "blocked");
  if (!blocked) return std::move(blocked).error();
  auto by_digest_only = flag_member(table, "mirror-by-digest-only");
  if (!by_digest_only) return std::move(by_digest_only).error();
  const auto given = without_slash_at_end(prefix->empty() ? *text : *prefix);
  if (given.empty()) return wrong("a registry without a prefix and without a location");
  if (given.find("://") != std::string_view::npos) return wrong("a prefix with a scheme" + shown(given));
  const bool wildcard = given.starts_with("*.");
  if (wildcard && given.find_first_of(":/") != std::string_view::npos) {
    return wrong("a prefix with a wildcard is a host's name without a port and a path");
  }
  if (!may_fit(wildcard ? given.substr(2) : given)) {
    left_out.push_back((*blocked ? "a blocked prefix" : "a prefix") + std::string(" that no repository has") +
                       shown(given));
    return std::optional<HostConfig>();
  }
  HostConfig host{.prefix = usual_prefix(given), .blocked = *blocked};
  if (!text->empty() && without_slash_at_end(*text) != given) {
    auto location = parse_location(*text);
    if (!location) return std::move(location).error();
    host.own.repository_prefix = location->path;
    point_to(*location, *insecure, host.own);
  } else {
    // Where it is asked its name says.
    host.own.skip_verify = host.own.or_plain_http = *insecure;
  }
  if (const auto* value = table.find("mirror")) {
    const auto* mirrors = value->as<TomlArray>();
    if (mirrors == nullptr) return wrong("registry.mirror is no array of tables");
    if (mirrors->size() > max_mirrors) return wrong("more than " + std::to_string(max_mirrors) + " mirrors");
    for (const auto& one : *mirrors) {
      if (one.as<TomlTable>() == nullptr) return wrong("registry.mirror is no array of tables");
      auto mirror = read_mirror(*one.as<TomlTable>(), *by_digest_only);
      if (!mirror) return std::move(mirror).error();
      host.mirrors.push_back(*std::move(mirror));
    }
  }
  return std::optional<HostConfig>(std::move(host));
}

}  // namespace

std::string usual_name(std::string_view registry) {
  std::string name(registry);
  name = lower(name);
  std::string_view host = name;
  if (host.ends_with(":443")) host.remove_suffix(4);
  return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io" ? "docker.io" : name;
}

std::string usual_prefix(std::string_view prefix) {
  const auto slash = std::min(prefix.find('/'), prefix.size());
  return usual_name(prefix.substr(0, slash)).append(prefix.substr(slash));
}

Origin where_it_answers(Origin origin) {
  const bool usual_port = origin.port == (origin.secure() ? 443 : 80);
  // There are web pages there.
  if (usual_port && (origin.host == "docker.io" || origin.host == "index.docker.io")) {
    origin.host = "registry-1.docker.io";
  }
  return origin;
}

std::string host_of(std::string_view location) {
  if (const auto scheme = location.find("://"); scheme != std::string_view::npos) location.remove_prefix(scheme + 3);
  const auto host = location.substr(0, location.find('/'));
  if (host.empty() || host.front() == '.' || host.find_first_of("?#@\\ \t") != std::string_view::npos) return {};
  const auto origin = Origin::of("https://" + std::string(host));
  return origin ? origin->authority() : std::string();
}

Result<HostConfig> parse_hosts_toml(std::string_view text, const fs::path& folder, std::string_view registry) {
  auto root = parse_toml(text);
  if (!root) return std::move(root).error();
  HostConfig host{.prefix = std::string(registry)};
  auto server = text_member(*root, "server");
  if (!server) return std::move(server).error();
  const auto* hosts = root->find("host");
  if (hosts != nullptr && hosts->as<TomlTable>() == nullptr) return wrong("host is no table");
  if (hosts != nullptr && hosts->as<TomlTable>()->members.size() > max_mirrors) {
    return wrong("more than " + std::to_string(max_mirrors) + " hosts");
  }
  auto own = read_endpoint(server->empty() ? "https://" + std::string(registry) : *server, *root, folder, registry);
  if (!own) return std::move(own).error();
  host.own = *std::move(own);
  const auto own_url = host.own.url;
  const auto own_socket = host.own.unix_socket;
  // Where it is asked is left to its name, and to the options of all.
  if (server->empty()) host.own.url.clear();
  if (hosts == nullptr) return host;
  std::optional<std::size_t> own_at;
  for (const auto& [url, value] : hosts->as<TomlTable>()->members) {
    const auto* table = value.as<TomlTable>();
    if (table == nullptr) return wrong("host holds something that is no table");
    auto endpoint = read_endpoint(url, *table, folder, registry);
    if (!endpoint) return std::move(endpoint).error();
    // The registry itself, with more to say about it: it is asked last in any case.
    if (endpoint->url == own_url && endpoint->unix_socket == own_socket) {
      host.own = *std::move(endpoint);
      own_at = host.mirrors.size();
    } else {
      host.mirrors.push_back(*std::move(endpoint));
    }
  }
  // Where others come after it, it is asked in its turn, too.
  if (own_at && *own_at < host.mirrors.size()) {
    host.mirrors.insert(host.mirrors.begin() + static_cast<std::ptrdiff_t>(*own_at), host.own);
  }
  if (own_at) host.own.pull = host.own.resolve = true;
  return host;
}

Result<RegistriesConf> parse_registries_conf(std::string_view text) {
  auto root = parse_toml(text);
  if (!root) return std::move(root).error();
  RegistriesConf conf;
  const auto* registries = root->find("registry");
  if (registries == nullptr) return conf;
  const auto* all = registries->as<TomlArray>();
  if (all == nullptr) return wrong("registry is no array of tables: write [[registry]]");
  if (all->size() > max_hosts) return wrong("more than " + std::to_string(max_hosts) + " registries");
  for (const auto& one : *all) {
    if (one.as<TomlTable>() == nullptr) return wrong("registry is no array of tables: write [[registry]]");
    auto host = read_registry(*one.as<TomlTable>(), conf.left_out);
    if (!host) return std::move(host).error();
    if (*host) conf.hosts.push_back(**std::move(host));
  }
  return conf;
}

Result<CertificateNames> certificates_among(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  const auto there = [&](const std::string& name) { return std::binary_search(names.begin(), names.end(), name); };
  CertificateNames found;
  for (const auto& name : names) {
    if (name.ends_with(".crt")) found.authorities.push_back(name);
    if (name.ends_with(".cert")) {
      const auto key = name.substr(0, name.size() - 5) + ".key";
      if (!there(key)) return wrong("there is no " + key + " for " + name);
      if (found.certificate.empty()) {
        found.certificate = name;
        found.key = key;
      }
    }
    if (name.ends_with(".key")) {
      const auto certificate = name.substr(0, name.size() - 4) + ".cert";
      if (!there(certificate)) return wrong("there is no " + certificate + " for " + name);
    }
  }
  return found;
}

}  // namespace portolan::internal::client
