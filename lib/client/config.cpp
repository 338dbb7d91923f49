// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <string>

#include <portolan/client/client.h>

namespace portolan {
namespace {

/// The first of the names that is set to something.
std::string variable(std::initializer_list<const char*> names) {
  for (const auto* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

/// Where podman, docker and containerd look, too.
HostFiles files_about_hosts() {
  HostFiles files{.hosts_directories = {"/etc/containerd/certs.d"}};
  std::filesystem::path mine = variable({"XDG_CONFIG_HOME"});
  if (const auto home = variable({"HOME"}); mine.empty() && !home.empty()) mine = home + "/.config";
  if (!mine.empty()) {
    files.registries_conf.push_back(mine / "containers/registries.conf");
    files.certificate_directories.push_back(mine / "containers/certs.d");
  }
  files.registries_conf.emplace_back("/etc/containers/registries.conf");
  files.certificate_directories.emplace_back("/etc/containers/certs.d");
  files.certificate_directories.emplace_back("/etc/docker/certs.d");
  if (auto only = variable({"CONTAINERS_REGISTRIES_CONF"}); !only.empty()) {
    files.registries_conf = {std::move(only)};
    files.registries_conf_required = true;
  }
  return files;
}

}  // namespace

Result<Config> Config::from_environment() {
  Config config;
  config.proxy.https = variable({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  // HTTP_PROXY in capitals may come from a request's header, in a program that runs under a web server.
  config.proxy.http = variable({"http_proxy", "all_proxy", "ALL_PROXY"});
  config.proxy.no_proxy = variable({"no_proxy", "NO_PROXY"});
  config.trust.system_ca_file = variable({"SSL_CERT_FILE"});
  config.trust.system_ca_directory = variable({"SSL_CERT_DIR"});
  config.host_files = files_about_hosts();
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  if (epoch == nullptr || *epoch == '\0') return config;
  const std::string_view text = epoch;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return Error(Errc::invalid_configuration,
                 "invalid SOURCE_DATE_EPOCH: '" + std::string(text) + "' is no number of seconds since 1970");
  }
  config.source_date_epoch = seconds;
  return config;
}

}  // namespace portolan
