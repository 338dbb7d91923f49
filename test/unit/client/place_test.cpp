// SPDX-License-Identifier: Apache-2.0
// Whose account is shown where.
#include <doctest/doctest.h>

#include <portolan/client/auth_explanation.h>
#include <portolan/client/client.h>

#include <algorithm>
#include <set>

#include "auth/token.h"
#include "chart_files.h"
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

TEST_CASE("a header of a file may hold an account, which stands for any other one at that origin alone") {
  World world;
  const HostEndpoint mirror{.url = "https://mirror.lan", .headers = {{"authorization", Secret("Basic abc")}}};
  world.config.hosts = {{.prefix = "registry.example", .mirrors = {mirror}}};
  CHECK_FALSE(Client(world.config).open("oci://registry.example/app").value()->resolve({}, "1.0.0"));
  int at_mirror = 0;
  for (const auto& one : world.transport->asked()) {
    const bool of_mirror = one.url.starts_with("https://mirror.lan/");
    at_mirror += of_mirror ? 1 : 0;
    CHECK((one.authorization == "Basic abc") == of_mirror);
  }
  CHECK(at_mirror == 1);
  CHECK(world.shown().contains("https://registry.example registry.example"));
}

TEST_CASE("a mirror that cannot be made is left out and told once, the registry itself is refused") {
  for (const auto& bad : {HostEndpoint{.url = "https://mirror.lan", .headers = {{"Host", Secret("s3cret")}}},
                          {.url = "https://mirror.lan", .headers = {{"authorization", Secret("s3cret\n")}}}}) {
    World world;
    auto mirror = bad;
    mirror.source = "/etc/hosts.toml";
    world.config.hosts = {{.prefix = "registry.example", .mirrors = {mirror}}};
    std::string told;
    Context context;
    context.on_log = [&](LogLevel level, std::string_view line) {
      if (level == LogLevel::warning) told += std::string(line) + "\n";
    };
    const auto reference = Reference::parse("oci://registry.example/app").value();
    Client client(world.config);
    CHECK_FALSE(client.open(context, reference).value()->resolve(context, "1.0.0"));
    CHECK(client.open(context, reference));
    CHECK(
        told.starts_with("a mirror of registry.example is left out: /etc/hosts.toml, https://mirror.lan: the header"));
    CHECK(std::count(told.begin(), told.end(), '\n') == 1);
    CHECK(told.find("s3cret") == std::string::npos);
    world.config.hosts = {{.prefix = "registry.example", .own = mirror}};
    CHECK(Client(world.config).open("oci://registry.example/app").error().message().starts_with("/etc/hosts.toml, "));
  }
}

TEST_CASE("a mirror that asks for a long pause is not waited for") {
  World world;
  const auto transport = std::make_shared<ScriptedTransport>([](const ScriptedTransport::Asked& asked) {
    if (asked.url.starts_with("https://mirror.lan/")) return test::answer(429, {{"Retry-After", "60"}});
    return test::answer(404, {}, "{}");
  });
  world.config.transport = transport;
  world.config.hosts = {{.prefix = "registry.example", .mirrors = {{.url = "https://mirror.lan"}}}};
  const auto store = Client(world.config).open("oci://registry.example/app").value();
  for (const auto* tag : {"1.0.0", "2.0.0"}) CHECK(store->resolve({}, tag).error().code() == Errc::not_found);
  const auto asked = transport->asked();
  CHECK(std::count_if(asked.begin(), asked.end(),
                      [](const auto& one) { return one.url.starts_with("https://mirror.lan/"); }) == 1);
}

TEST_CASE("a client looks at files again, and asks no place that they no longer name") {
  test::TemporaryDirectory dir;
  World world;
  world.config.host_files.hosts_directories = {dir / ""};
  Client client(world.config);
  const auto asked_of = [&](const std::string& text) {
    test::put_file(dir / "registry.example/hosts.toml", text);
    const auto before = world.transport->asked().size();
    CHECK_FALSE(client.open("oci://registry.example/app").value()->resolve({}, "1.0.0"));
    return http::Origin::of(world.transport->asked().at(before).url).value().string();
  };
  CHECK(asked_of("[host.\"https://a.lan\"]\n") == "https://a.lan");
  CHECK(asked_of("[host.\"https://b.lan\"]\n") == "https://b.lan");
  CHECK(asked_of("server = \"https://c.lan\"\n") == "https://c.lan");
  for (const std::string team : {"one", "two"}) {
    CHECK(asked_of("server = \"https://c.lan\"\n[header]\nx-team = \"" + team + "\"\n") == "https://c.lan");
    CHECK(world.transport->asked().back().headers.get("x-team") == team);
  }
}

TEST_CASE("a registry has its account and its headers however its name and its place are written") {
  struct Row {
    const char* reference;
    const char* url;  // of the endpoint; empty: none
    const char* account;
    const char* origin;
  };
  const Row rows[] = {
      {"oci://registry.example:443/app", "https://registry.example", "registry.example:443",
       "https://registry.example"},
      {"oci://Registry.Example/app", "https://registry.example", "registry.example", "https://registry.example"},
      {"oci://registry.example/app", "https://Registry.Example:443", "registry.example", "https://registry.example"},
      {"oci://registry.example/app", "http://registry.example:80", "registry.example", "http://registry.example"},
      {"oci://docker.io/a/app", "https://docker.io", "docker.io", "https://registry-1.docker.io"},
      {"oci://index.docker.io/a/app", "", "docker.io", "https://registry-1.docker.io"},
      {"oci://registry-1.docker.io/a/app", "https://index.docker.io", "docker.io", "https://registry-1.docker.io"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.reference);
    CAPTURE(row.url);
    World world;
    world.config.headers = {{"X-Team", Secret("charts")}};
    const auto reference = Reference::parse(row.reference).value();
    world.config.hosts = {{.prefix = reference.registry(), .own = {.url = row.url}}};
    CHECK_FALSE(Client(world.config).open({}, reference).value()->resolve({}, "1.0.0"));
    CHECK(world.shown() == Names{std::string(row.origin) + " " + row.account});
    for (const auto& one : world.transport->asked()) CHECK(one.headers.get("X-Team") == "charts");
    // Who names an account means the registry that he names, however he calls it.
    world.config.credentials = auth::fixed(
        {.value = auth::Password{row.account, Secret("secret")}, .source = "--username"}, reference.registry());
    CHECK_FALSE(Client(world.config).open({}, reference).value()->resolve({}, "1.0.0"));
    CHECK(world.transport->asked().back().authorization ==
          internal::auth::basic(row.account, Secret("secret")).reveal());
  }
  World blocked;
  blocked.config.hosts = {{.prefix = "index.docker.io", .blocked = true}};
  for (const auto* name : {"docker.io", "Docker.IO", "index.docker.io", "registry-1.docker.io", "docker.io:443"}) {
    CHECK(Client(blocked.config).open("oci://" + std::string(name) + "/a/app").error().code() == Errc::forbidden);
  }
}
