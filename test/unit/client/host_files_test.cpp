// SPDX-License-Identifier: Apache-2.0
#include "client/host_files.h"

#include <doctest/doctest.h>

#include "chart_files.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::internal::client;
using portolan::test::put_file;
using portolan::test::TemporaryDirectory;

TEST_CASE("hosts.toml tells mirrors in the order of the file, and what each may") {
  const auto host = parse_hosts_toml(R"(
server = "https://registry.example"
ca = "own.crt"

[host."https://z.example:5000"]
  capabilities = ["pull", "resolve"]
  ca = ["a.crt", "/abs/b.crt"]
  client = [["c.cert", "c.key"], ["d.cert", ""]]
  [host."https://z.example:5000".header]
    x-team = "hunter2"
    x-many = ["1", "2"]

[host."http://a.example/proxy/"]
  capabilities = ["pull"]
  skip_verify = true
  proxy = "http://p.example:3128"

[host."b.example/custom"]
  override_path = true
  client = "both.pem"
  dial_timeout = "3s"

[host."unix:///run/reg.sock"]
)",
                                     "/etc/hosts/r", "registry.example");
  REQUIRE(host);
  CHECK(host->own.url == "https://registry.example");
  CHECK(host->own.ca_files == std::vector<std::string>{"/etc/hosts/r/own.crt"});
  CHECK_FALSE(host->own.tells_registry);
  REQUIRE(host->mirrors.size() == 4);
  const auto& z = host->mirrors[0];
  CHECK(z.url == "https://z.example:5000");
  CHECK(z.api_root == "/v2/");
  CHECK((z.pull && z.resolve && z.tells_registry));
  CHECK(z.ca_files == std::vector<std::string>{"/etc/hosts/r/a.crt", "/abs/b.crt"});
  CHECK(z.cert_file == "/etc/hosts/r/c.cert");
  CHECK(z.key_file == "/etc/hosts/r/c.key");
  REQUIRE(z.headers.size() == 3);
  CHECK(z.headers[0].name == "x-team");
  CHECK(z.headers[0].value == Secret("hunter2"));
  const auto& a = host->mirrors[1];
  CHECK(a.url == "http://a.example");
  CHECK(a.api_root == "/proxy/v2/");
  CHECK((a.pull && !a.resolve && a.skip_verify));
  CHECK(a.proxy == "http://p.example:3128");
  const auto& b = host->mirrors[2];
  CHECK(b.url == "https://b.example");
  CHECK(b.api_root == "/custom/");
  CHECK(b.cert_file == "/etc/hosts/r/both.pem");
  CHECK(b.key_file.empty());
  const auto& socket = host->mirrors[3];
  CHECK(socket.unix_socket == "/run/reg.sock");
  CHECK(socket.url == "http://registry.example");
  CHECK_FALSE(socket.tells_registry);
}

TEST_CASE("a host of hosts.toml that is the registry itself tells more about that") {
  const auto host = parse_hosts_toml("[host.\"https://registry.example\"]\nca = \"x\"\ncapabilities = [\"pull\"]\n",
                                     "/d", "registry.example");
  REQUIRE(host);
  CHECK(host->mirrors.empty());
  CHECK(host->own.ca_files == std::vector<std::string>{"/d/x"});
  CHECK(host->own.resolve);
  const auto hub = parse_hosts_toml("server = \"https://registry-1.docker.io/v2/\"\n", "/d", "docker.io");
  REQUIRE(hub);
  CHECK_FALSE(hub->own.tells_registry);
  CHECK(hub->own.api_root == "/v2/");
  const auto nothing = parse_hosts_toml("", "/d", "registry.example");
  REQUIRE(nothing);
  CHECK(nothing->own.url.empty());
}

TEST_CASE("registries.conf tells prefixes, locations and mirrors") {
  const auto hosts = parse_registries_conf(R"(
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "registry.example/team"
location = "inner.example:5000/copies"
[[registry.mirror]]
location = "one.example/cache"
[[registry.mirror]]
location = "two.example"
insecure = true
pull-from-mirror = "digest-only"

[[registry]]
location = "bad.example"
blocked = true

[[registry]]
prefix = "*.wild.example"
location = "tame.example"
insecure = true

[[registry]]
location = "digests.example"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m.example"

[aliases]
"x" = "docker.io/library/x"
)");
  REQUIRE(hosts);
  REQUIRE(hosts->size() == 4);
  const auto& team = (*hosts)[0];
  CHECK(team.prefix == "registry.example/team");
  CHECK(team.own.url == "https://inner.example:5000");
  CHECK(team.own.repository_prefix == "copies");
  REQUIRE(team.mirrors.size() == 2);
  CHECK(team.mirrors[0].repository_prefix == "cache");
  CHECK(team.mirrors[0].resolve);
  CHECK(team.mirrors[1].repository_prefix == "");
  CHECK((team.mirrors[1].skip_verify && team.mirrors[1].or_plain_http && !team.mirrors[1].resolve));
  CHECK(((*hosts)[1].blocked && (*hosts)[1].own.url.empty()));
  CHECK((*hosts)[2].own.skip_verify);
  CHECK_FALSE((*hosts)[3].mirrors[0].resolve);
  CHECK(parse_registries_conf("[registries.search]\nregistries = ['docker.io']\n").value().empty());
}

TEST_CASE("a file that makes no sense is refused, and its headers are in no text") {
  for (const auto* text :
       {"server = 1", "host = 1", "[host]\na = 1", "[host.\"ftp://a\"]", "[host.\"https://u:hunter2@a\"]",
        "[host.\"https://a/?x\"]", "[host.a]\nca = 1", "[host.a]\nca = [1]", "[host.a]\nclient = [[]]",
        "[host.a]\nclient = [['a','b','c']]", "[host.a]\nskip_verify = 'yes'", "[host.a]\nheader = 1",
        "[host.a]\nheader = { x = 1 }", "[host.\"unix://run\"]", "[host.a]\nproxy = 1",
        "[host.a]\nheader = { x = 'hunter2', x = 'hunter2' }"}) {
    CAPTURE(text);
    const auto parsed = parse_hosts_toml(text, "/d", "registry.example");
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == Errc::invalid_configuration);
    CHECK(parsed.error().message().find("hunter2") == std::string::npos);
  }
  for (const auto* text :
       {"registry = 1", "registry = [1]", "[registry]\n", "[[registry]]\n", "[[registry]]\nlocation = 1",
        "[[registry]]\nlocation = 'https://a'", "[[registry]]\nlocation = 'a/../b'\nprefix='A B'",
        "[[registry]]\nprefix = '*.a:5'", "[[registry]]\nprefix = '*.a/b'",
        "[[registry]]\nlocation = 'a'\ninsecure = 1", "[[registry]]\nlocation = 'a'\nmirror = 1",
        "[[registry]]\nlocation = 'a'\n[[registry.mirror]]\n",
        "[[registry]]\nlocation = 'a'\n[[registry.mirror]]\nlocation='b'\npull-from-mirror='x'"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_registries_conf(text));
  }
}

TEST_CASE("the longest prefix fits, and none half a name") {
  struct Row {
    const char* prefix;
    const char* registry;
    const char* repository;
    bool fits;
  };
  const Row rows[] = {
      {"registry.example", "registry.example", "app", true},
      {"registry.example", "registry.example", "", true},
      {"registry.example", "registry.example:5000", "a", false},
      {"registry.example/a", "registry.example", "a", true},
      {"registry.example/a", "registry.example", "a/b", true},
      {"registry.example/a", "registry.example", "ab", false},
      {"registry.example/a", "registry.example", "", false},
      {"*.example", "registry.example", "a", true},
      {"*.example", "registry.example:5000", "a", true},
      {"*.example", "example", "a", false},
      {"*.example", "xexample", "a", false},
      {"", "registry.example", "a", false},
  };
  for (const auto& row : rows) {
    const auto& prefix = row.prefix;
    const auto& registry = row.registry;
    const auto& repository = row.repository;
    const auto& fits = row.fits;
    CAPTURE(prefix);
    CAPTURE(registry);
    CAPTURE(repository);
    CHECK((HostConfig{.prefix = prefix}.fits(registry, repository) != 0) == fits);
  }
}

TEST_CASE("files are found where docker, containerd and podman have them") {
  TemporaryDirectory dir;
  const HostFiles files{.registries_conf = {dir / "mine.conf", dir / "registries.conf"},
                        .hosts_directories = {dir / "hosts"},
                        .certificate_directories = {dir / "certs.d"}};
  CHECK_FALSE(find_host_config(files, "r.example:5000", "app").value());
  put_file(dir / "certs.d/r.example:5000/ca.crt", "x");
  put_file(dir / "certs.d/r.example:5000/me.cert", "x");
  put_file(dir / "certs.d/r.example:5000/me.key", "x");
  auto found = find_host_config(files, "r.example:5000", "app").value();
  REQUIRE(found);
  CHECK(found->own.ca_files == std::vector<std::string>{(dir / "certs.d/r.example:5000/ca.crt").string()});
  CHECK(found->own.cert_file == (dir / "certs.d/r.example:5000/me.cert").string());
  CHECK(found->own.key_file == (dir / "certs.d/r.example:5000/me.key").string());
  put_file(dir / "certs.d/half.example/me.cert", "x");
  CHECK(find_host_config(files, "half.example", "app").error().message() ==
        (dir / "certs.d/half.example").string() + ": there is no me.key for me.cert");
  // From the general to the special, as containerd has it.
  put_file(dir / "hosts/_default/hosts.toml", "[host.\"https://default.example\"]\n");
  for (const auto* name : {"_default", "r.example", "r.example:5000", "r.example_5000_"}) {
    CAPTURE(name);
    put_file(dir / "hosts" / name / "hosts.toml", "[host.\"https://m.example\"]\n");
    found = find_host_config(files, "r.example:5000", "app").value();
    REQUIRE(found);
    CHECK(found->source == (dir / "hosts" / name / "hosts.toml").string());
    CHECK(found->own.ca_files.size() == 1);
  }
  // registries.conf comes first, and its drop-ins come last.
  put_file(dir / "registries.conf", "[[registry]]\nlocation = 'r.example:5000'\n[[registry]]\nlocation='o.example'\n");
  put_file(dir / "registries.conf.d/2.conf", "[[registry]]\nlocation = 'r.example:5000'\nblocked = true\n");
  put_file(dir / "registries.conf.d/1.conf", "[[registry]]\nlocation = 'r.example:5000'\n");
  put_file(dir / "registries.conf.d/3.txt", "nonsense");
  found = find_host_config(files, "r.example:5000", "app").value();
  REQUIRE(found);
  CHECK(found->blocked);
  CHECK(found->source == (dir / "registries.conf.d/2.conf").string());
  put_file(dir / "mine.conf", "[[registry]]\nprefix = 'r.example:5000'\nlocation = 'else.example'\n");
  found = find_host_config(files, "r.example:5000", "app").value();
  REQUIRE(found);
  CHECK(found->own.url == "https://else.example");
  CHECK(found->own.ca_files.empty());
  put_file(dir / "mine.conf", "location = hunter2");
  const auto bad = find_host_config(files, "r.example:5000", "app");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message() == (dir / "mine.conf").string() + ": line 1: this is no TOML");
  CHECK_FALSE(find_host_config({.registries_conf = {dir / "none"}, .registries_conf_required = true}, "r", "a"));
}
