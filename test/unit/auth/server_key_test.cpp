// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "auth/server_key.h"

using namespace portolan::internal::auth;
using Lines = std::vector<std::string>;

TEST_CASE("keys mean a registry or a path of it, in all the spellings that programs have used") {
  struct Row {
    const char* text;
    const char* host;  // null: no key
    const char* path;
  };
  const Row rows[] = {
      {"registry.example", "registry.example", ""},
      {"Registry.EXAMPLE:5000", "registry.example:5000", ""},
      {"registry.example:443", "registry.example", ""},
      {"registry.example/", "registry.example", ""},
      {"registry.example/team", "registry.example", "team"},
      {"registry.example:5000/team/app/", "registry.example:5000", "team/app"},
      {"https://registry.example", "registry.example", ""},
      {"HTTPS://registry.example/v1/", "registry.example", ""},
      {"http://registry.example:5000/v2/", "registry.example:5000", ""},
      {"https://registry.example/anything", "registry.example", ""},
      {"registry.example/v1/", "registry.example", ""},
      {"https://index.docker.io/v1/", "docker.io", ""},
      {"index.docker.io/v1/", "docker.io", ""},
      {"index.docker.io", "docker.io", ""},
      {"registry-1.docker.io", "docker.io", ""},
      {"docker.io", "docker.io", ""},
      {"docker.io/library", "docker.io", "library"},
      {"localhost", "localhost", ""},
      {"[::1]:5000", "[::1]:5000", ""},
      {"", nullptr, ""},
      {"/", nullptr, ""},
      {"https://", nullptr, ""},
      {"https:///v1/", nullptr, ""},
      {"user:secret@registry.example", nullptr, ""},
      {"https://user:secret@registry.example/", nullptr, ""},
      {"a b", nullptr, ""},
      {"a\nb", nullptr, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto key = ServerKey::parse(row.text);
    REQUIRE(key.has_value() == (row.host != nullptr));
    if (!key) continue;
    CHECK(key->host == row.host);
    CHECK(key->path == row.path);
    CHECK(ServerKey::parse(canonical(*key)) == key);
  }
}

TEST_CASE("a repository is looked for from its own path up to its registry") {
  CHECK(paths_from("a/b/c") == Lines{"a/b/c", "a/b", "a", ""});
  CHECK(paths_from("a") == Lines{"a", ""});
  CHECK(paths_from("") == Lines{""});
}

TEST_CASE("helpers are asked for a host without and with its scheme, and Docker Hub by the key that docker has") {
  CHECK(addresses_of({"ghcr.io", ""}) == Lines{"ghcr.io", "https://ghcr.io"});
  CHECK(addresses_of({"ghcr.io", "team"}) == Lines{"ghcr.io/team", "https://ghcr.io/team"});
  CHECK(addresses_of({"docker.io", ""}) == Lines{"https://index.docker.io/v1/"});
}
