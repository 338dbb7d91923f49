// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/auth/credential_files.h>

#include <map>

using namespace portolan::auth;
using Variables = std::map<std::string, std::string, std::less<>>;

namespace {

CredentialFiles files_of(const Variables& variables) {
  return default_credential_files([&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

}  // namespace

TEST_CASE("credentials are looked for where helm, docker and podman keep them") {
  struct Row {
    Variables variables;
    std::vector<std::string> files;  // as they are called
  };
  const Row rows[] = {
      {{{"HOME", "/home/me"}},
       {"~/.config/helm/registry/config.json", "~/.docker/config.json", "~/.config/containers/auth.json"}},
      {{{"HOME", "/home/me"}, {"XDG_RUNTIME_DIR", "/run/user/7"}, {"XDG_CONFIG_HOME", "/home/me/.c"}},
       {"~/.c/helm/registry/config.json", "~/.docker/config.json", "/run/user/7/containers/auth.json",
        "~/.c/containers/auth.json"}},
      {{{"HOME", "/home/me"}, {"HELM_CONFIG_HOME", "/helm"}, {"DOCKER_CONFIG", "/docker"}},
       {"/helm/registry/config.json", "/docker/config.json", "~/.config/containers/auth.json"}},
      {{{"HOME", "/home/me"}, {"HELM_CONFIG_HOME", "/helm"}, {"HELM_REGISTRY_CONFIG", "reg.json"}},
       {"reg.json", "~/.docker/config.json", "~/.config/containers/auth.json"}},
      {{{"HOME", "/home/me"}, {"REGISTRY_AUTH_FILE", "/home/me/auth.json"}, {"DOCKER_AUTH_CONFIG", "{}"}},
       {"~/auth.json"}},
      {{{"HOME", "/home/me"}, {"REGISTRY_AUTH_FILE", ""}, {"DOCKER_CONFIG", ""}},
       {"~/.config/helm/registry/config.json", "~/.docker/config.json", "~/.config/containers/auth.json"}},
      {{{"DOCKER_CONFIG", "/docker"}}, {"/docker/config.json"}},
      {{{"HOME", "/"}, {"HELM_REGISTRY_CONFIG", "/x"}},
       {"/x", "/.docker/config.json", "/.config/containers/auth.json"}},
      {{}, {}},
  };
  for (const auto& row : rows) {
    CAPTURE(&row - rows);
    std::vector<std::string> names;
    for (const auto& file : files_of(row.variables).files) names.push_back(file.name);
    CHECK(names == row.files);
  }
}

TEST_CASE("the inline document, the folders of helpers and the files' own ways are filled in") {
  const auto files = files_of({{"HOME", "/h"}, {"PATH", "/bin:/usr/bin"}, {"DOCKER_AUTH_CONFIG", "{}"}});
  CHECK(files.helper_path == "/bin:/usr/bin");
  REQUIRE(files.inline_document);
  CHECK(files.inline_document->reveal() == "{}");
  REQUIRE(files.files.size() == 3);
  CHECK(files.files[1].path == "/h/.docker/config.json");
  CHECK(files.files[1].store == CredentialFiles::File::Store::used);
  CHECK(files.files[2].store == CredentialFiles::File::Store::ignored);
  CHECK_FALSE(files_of({{"HOME", "/h"}, {"REGISTRY_AUTH_FILE", "/x"}, {"DOCKER_AUTH_CONFIG", "{}"}}).inline_document);
}
