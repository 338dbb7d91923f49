// SPDX-License-Identifier: Apache-2.0
// Whose account is shown where.
#include <doctest/doctest.h>

#include <portolan/client/auth_explanation.h>
#include <portolan/client/client.h>

#include <set>

#include "auth/token.h"
#include "scripted_transport.h"
#include "temporary_directory.h"

using namespace portolan;
using portolan::test::ScriptedTransport;

namespace {

/// Places that all want an account, and the accounts that they are shown: each is the name that it was looked for by.
class World {
 public:
  World() {
    config.transport = transport;
    config.credentials = auth::from([](const auth::Where& where) {
      return auth::Credential{.value = auth::Password{where.registry, Secret("secret")}, .source = "the test"};
    });
  }

  /// Origin and account of every request that had one, in their order.
  std::set<std::string> shown() const {
    std::set<std::string> found;
    for (const auto& one : transport->asked()) {
      if (one.authorization.empty()) continue;
      std::string account = "another one";
      for (const auto* name : {"registry.example", "registry.example:443", "inner.lan", "mirror.lan", "docker.io"}) {
        if (internal::auth::basic(name, Secret("secret")).reveal() == one.authorization) account = name;
      }
      found.insert(http::Origin::of(one.url).value().string() + " " + account);
    }
    return found;
  }
  std::set<std::string> asked() const {
    std::set<std::string> found;
    for (const auto& one : transport->asked()) found.insert(http::Origin::of(one.url).value().string());
    return found;
  }

  Config config{};
  std::shared_ptr<ScriptedTransport> transport =
      std::make_shared<ScriptedTransport>([](const ScriptedTransport::Asked& asked) {
        if (asked.authorization.empty()) return test::answer(401, {{"WWW-Authenticate", "Basic realm=\"x\""}}, "{}");
        return test::answer(404, {}, "{}");
      });
};

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("a mirror is shown the account of its own host, and the registry's only where it is the registry") {
  struct Row {
    HostEndpoint own;
    HostEndpoint mirror;
    Names shown;
  };
  const Names registry = {"https://registry.example registry.example"};
  const auto with = [](Names names, const std::string& more) {
    names.insert(more);
    return names;
  };
  const Row rows[] = {
      {{}, {.url = "https://mirror.lan"}, with(registry, "https://mirror.lan mirror.lan")},
      {{}, {.url = "https://registry.example", .api_root = "/cache/v2/"}, registry},
      {{}, {.url = "http://registry.example", .api_root = "/cache/v2/"}, registry},
      {{}, {.url = "http://registry.example", .unix_socket = "/run/m.sock"}, registry},
      {{}, {.url = "https://registry.example", .unix_socket = "/run/m.sock"}, registry},
      {{.url = "http://registry.example"},
       {.url = "http://registry.example", .api_root = "/cache/v2/"},
       {"http://registry.example registry.example"}},
      {{.url = "http://registry.example", .unix_socket = "/run/r.sock"},
       {.url = "http://registry.example"},
       {"http://registry.example registry.example"}},
      {{.url = "https://inner.lan"}, {.url = "http://registry.example"}, {"https://inner.lan inner.lan"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.own.url);
    CAPTURE(row.mirror.url);
    CAPTURE(row.mirror.unix_socket);
    World world;
    world.config.hosts = {{.prefix = "registry.example", .mirrors = {row.mirror}, .own = row.own}};
    CHECK_FALSE(Client(world.config).open("oci://registry.example/app").value()->resolve({}, "1.0.0"));
    CHECK(world.shown() == row.shown);
    CHECK(world.asked().contains(row.mirror.url));
  }
}

TEST_CASE("a mirror at a socket sees no account though the registry is at the same URL") {
  World world;
  const HostEndpoint socket{.url = "http://registry.example", .api_root = "/m/v2/", .unix_socket = "/run/m.sock"};
  world.config.hosts = {{.prefix = "registry.example", .mirrors = {socket}, .own = {.url = "http://registry.example"}}};
  std::string told;
  Context context;
  context.on_log = [&](LogLevel, std::string_view line) { told += std::string(line) + "\n"; };
  CHECK_FALSE(Client(world.config)
                  .open(context, Reference::parse("oci://registry.example/app").value())
                  .value()
                  ->resolve(context, "1.0.0"));
  bool asked = false;
  for (const auto& one : world.transport->asked()) {
    const bool of_mirror = one.url.starts_with("http://registry.example/m/");
    asked |= of_mirror;
    CHECK((!of_mirror || one.authorization.empty()));
  }
  CHECK(asked);
  CHECK(told.find("the mirror unix:///run/m.sock is passed over") != std::string::npos);
}

TEST_CASE("what explains an account asks where charts are pulled from, with the account of that place") {
  test::TemporaryDirectory dir;
  struct Row {
    const char* prefix;
    const char* reference;
    Names shown;
    const char* path;
  };
  const Row rows[] = {
      {"registry.example", "oci://registry.example/app", {"https://inner.lan inner.lan"}, "/v2/copies/app/"},
      {"registry.example/team", "oci://registry.example/team/app", {"https://inner.lan inner.lan"}, "/v2/copies/app/"},
      {"registry.example/team",
       "oci://registry.example/app",
       {"https://registry.example registry.example"},
       "registry.example/v2/app/"},
  };
  std::string entries;
  for (const auto* name : {"registry.example", "inner.lan"}) {
    const auto value = internal::auth::basic(name, Secret("secret")).reveal().substr(6);
    entries += (entries.empty() ? "" : ",") + ('"' + std::string(name)) + R"(":{"auth":")" + value + "\"}";
  }
  const auto document = R"({"auths":{)" + entries + "}}";
  const auth::CredentialFiles files{.inline_document = Secret(document)};
  for (const auto& row : rows) {
    CAPTURE(row.prefix);
    CAPTURE(row.reference);
    World world;
    world.config.credentials = nullptr;
    world.config.hosts = {{.prefix = row.prefix, .own = {.url = "https://inner.lan", .repository_prefix = "copies"}}};
    const auto reference = Reference::parse(row.reference).value();
    const auto explained = explain_auth({}, world.config, files, {}, reference);
    REQUIRE(explained);
    CHECK(world.shown() == row.shown);
    CHECK(world.transport->asked().back().url.find(row.path) != std::string::npos);
    // Who names an account means the registry that he names.
    World other;
    other.config.hosts = world.config.hosts;
    const auth::Credential given{.value = auth::Password{"registry.example", Secret("secret")}, .source = "--username"};
    const auto by_option = explain_auth({}, other.config, files, given, reference);
    REQUIRE(by_option);
    const bool elsewhere = !row.shown.contains("https://registry.example registry.example");
    CHECK(other.shown() == (elsewhere ? Names() : row.shown));
    CHECK(by_option->search.credential.anonymous() == elsewhere);
    CHECK(by_option->search.places.size() == (elsewhere ? 1 : 0));
  }
}
