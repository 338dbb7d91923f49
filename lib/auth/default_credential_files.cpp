// SPDX-License-Identifier: Apache-2.0
#include <portolan/auth/credential_files.h>

#include <utility>

namespace portolan::auth {
namespace {

namespace fs = std::filesystem;
using File = CredentialFiles::File;

class Environment {
 public:
  explicit Environment(const std::function<std::optional<std::string>(std::string_view)>& look_up)
      : look_up_(look_up) {}

  /// Empty where it is not set.
  std::string operator[](std::string_view name) const { return look_up_(name).value_or(""); }

  /// A path below the folder that the variable names, or else below one of the home directory; empty where neither is
  /// known.
  fs::path below(std::string_view name, std::string_view in_home, const fs::path& path) const {
    if (const auto folder = (*this)[name]; !folder.empty()) return fs::path(folder) / path;
    const auto home = (*this)["HOME"];
    return home.empty() ? fs::path() : fs::path(home) / in_home / path;
  }

  /// As people write it: the home directory is "~".
  std::string shown(const fs::path& path) const {
    const auto home = fs::path((*this)["HOME"]);
    if (home.empty() || home == home.root_path()) return path.string();
    const auto relative = path.lexically_relative(home);
    const bool inside = !relative.empty() && *relative.begin() != "..";
    return inside ? (fs::path("~") / relative).string() : path.string();
  }

 private:
  const std::function<std::optional<std::string>(std::string_view)>& look_up_;
};

fs::path helm_file(const Environment& environment) {
  if (auto named = environment["HELM_REGISTRY_CONFIG"]; !named.empty()) return named;
  if (const auto folder = environment["HELM_CONFIG_HOME"]; !folder.empty()) {
    return fs::path(folder) / "registry/config.json";
  }
  return environment.below("XDG_CONFIG_HOME", ".config", "helm/registry/config.json");
}

}  // namespace

CredentialFiles default_credential_files(
    const std::function<std::optional<std::string>(std::string_view name)>& look_up) {
  const Environment environment(look_up);
  CredentialFiles files{.helper_path = environment["PATH"]};
  const auto add = [&](const fs::path& path, File::Store store) {
    if (!path.empty()) files.files.push_back({.path = path, .name = environment.shown(path), .store = store});
  };
  if (const auto only = environment["REGISTRY_AUTH_FILE"]; !only.empty()) {
    add(only, File::Store::used);
    return files;
  }
  if (auto document = environment["DOCKER_AUTH_CONFIG"]; !document.empty()) {
    files.inline_document = Secret(std::move(document));
  }
  add(helm_file(environment), File::Store::used);
  add(environment.below("DOCKER_CONFIG", ".docker", "config.json"), File::Store::used);
  if (const auto runtime = environment["XDG_RUNTIME_DIR"]; !runtime.empty()) {
    add(fs::path(runtime) / "containers/auth.json", File::Store::ignored);
  }
  add(environment.below("XDG_CONFIG_HOME", ".config", "containers/auth.json"), File::Store::ignored);
  return files;
}

}  // namespace portolan::auth
