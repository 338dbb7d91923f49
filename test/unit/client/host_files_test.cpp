// SPDX-License-Identifier: Apache-2.0
#include "client/host_files.h"

#include <doctest/doctest.h>
#include <unistd.h>

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
  const auto conf = parse_registries_conf(R"(
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
  REQUIRE(conf);
  const auto* hosts = &conf->hosts;
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
  CHECK(parse_registries_conf("[registries.search]\nregistries = ['docker.io']\n").value().hosts.empty());
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
        "[[registry]]\nlocation = 'https://a'", "[[registry]]\nlocation = 'a/../b'\nprefix='a'",
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

TEST_CASE("a registry that hosts.toml lists before its mirrors is asked in that order, and last") {
  const auto host = parse_hosts_toml(
      "[host.\"https://a.example\"]\n[host.\"https://registry.example:443\"]\nca = \"x\"\n"
      "capabilities = [\"pull\"]\n[host.\"https://b.example\"]\n",
      "/d", "registry.example");
  REQUIRE(host);
  REQUIRE(host->mirrors.size() == 3);
  CHECK(host->mirrors[0].url == "https://a.example");
  CHECK(host->mirrors[1].url == "https://registry.example");
  CHECK_FALSE(host->mirrors[1].resolve);
  CHECK(host->mirrors[2].url == "https://b.example");
  CHECK(host->own.ca_files == std::vector<std::string>{"/d/x"});
  CHECK(host->own.resolve);
}

TEST_CASE("Docker Hub is found by each of its names, and asked where it answers") {
  for (const auto* name : {"docker.io", "Docker.IO", "index.docker.io", "registry-1.docker.io", "docker.io:443"}) {
    CAPTURE(name);
    CHECK(usual_name(name) == "docker.io");
    CHECK(usual_prefix(std::string(name) + "/library") == "docker.io/library");
    const auto conf =
        parse_registries_conf("[[registry]]\nlocation='" + std::string(name) + "/library'\nblocked=true\n");
    REQUIRE(conf);
    CHECK(conf->hosts.at(0).fits("docker.io", "library/nginx") != 0);
  }
  CHECK(usual_name("Registry.Example:5000") == "registry.example:5000");
  CHECK(usual_name("registry.docker.io") == "registry.docker.io");
  const auto conf = parse_registries_conf(
      "[[registry]]\nprefix='registry.example'\nlocation='docker.io/"
      "team'\n[[registry.mirror]]\nlocation='index.docker.io'\n");
  REQUIRE(conf);
  CHECK(conf->hosts.at(0).own.url == "https://registry-1.docker.io");
  CHECK(conf->hosts.at(0).mirrors.at(0).url == "https://registry-1.docker.io");
  const auto hub = parse_hosts_toml("server = \"https://docker.io\"\n", "/d", "docker.io");
  REQUIRE(hub);
  CHECK(hub->own.url == "https://registry-1.docker.io");
  CHECK_FALSE(hub->own.tells_registry);
}

TEST_CASE("entries that other programs take are no reason to refuse a file") {
  struct Row {
    const char* entry;
    const char* prefix;  // empty: it is left out
  };
  const Row rows[] = {
      {"location='registry.example/'", "registry.example"},
      {"location='registry.example/team//'", "registry.example/team"},
      {"location='Registry.Example/team'", "registry.example/team"},
      {"prefix='registry.example/team'\nlocation='inner.lan/Team'", "registry.example/team"},
      {"prefix='*.Wild.example'\ninsecure=true", "*.wild.example"},
      {"location='registry.example/app:1.0.0'", ""},
      {"location='registry.example/app@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'", ""},
      {"location='registry.example/Team'", ""},
      {"prefix='ci:s3cret@registry.example'\nlocation='x'", ""},
      {"prefix='A B'\nlocation='x'", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.entry);
    const auto conf =
        parse_registries_conf("[[registry]]\n" + std::string(row.entry) + "\n[[registry]]\nlocation='b'\n");
    REQUIRE(conf);
    const bool left_out = *row.prefix == '\0';
    REQUIRE(conf->hosts.size() == (left_out ? 1 : 2));
    REQUIRE(conf->left_out.size() == (left_out ? 1 : 0));
    if (left_out) CHECK(conf->left_out[0].find("s3cret") == std::string::npos);
    if (!left_out) CHECK(conf->hosts[0].prefix == row.prefix);
    if (std::string_view(row.prefix).starts_with("*.")) CHECK(conf->hosts[0].own.or_plain_http);
  }
  const auto bad =
      parse_registries_conf("[[registry]]\nlocation='a'\n[[registry.mirror]]\nlocation='ci:s3cret@mirror.example'\n");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message() == "a location that is no host[:port][/path]");
}

TEST_CASE("a user's drop-ins come on top of the system's registries.conf, a user's file in its place") {
  TemporaryDirectory dir;
  const auto block = [&](const char* name, const char* registry) {
    put_file(dir / name, "[[registry]]\nlocation = '" + std::string(registry) + "'\nblocked = true\n");
  };
  const HostFiles files{.registries_conf = {dir / "mine.conf", dir / "system.conf"}};
  const auto blocked = [&] {
    std::string all;
    for (const auto* registry : {"system", "system-d", "mine", "mine-d"}) {
      const auto found = find_host_config({}, files, registry, "a").value();
      if (found && found->blocked) all += std::string(registry) + " ";
    }
    return all;
  };
  std::filesystem::create_directories(dir / "mine.conf.d");
  block("system.conf", "system");
  CHECK(blocked() == "system ");
  block("mine.conf.d/1.conf", "mine-d");
  block("system.conf.d/1.conf", "system-d");
  CHECK(blocked() == "system system-d mine-d ");
  block("mine.conf", "mine");
  CHECK(blocked() == "mine mine-d ");
  std::filesystem::remove(dir / "mine.conf");
  std::filesystem::remove(dir / "system.conf");
  CHECK(blocked() == "system-d mine-d ");
  CHECK_FALSE(
      find_host_config({}, {.registries_conf = {"/dev/null"}, .registries_conf_required = true}, "r", "a").value());
}

TEST_CASE("what one may not read is not there, and what is broken for all is no reason to do without all") {
  TemporaryDirectory dir;
  std::string told;
  Context context;
  context.on_log = [&](LogLevel level, std::string_view line) {
    told += (level == LogLevel::warning ? "warning: " : "") + std::string(line) + "\n";
  };
  const HostFiles files{.hosts_directories = {dir / "hosts"}, .certificate_directories = {dir / "certs"}};
  put_file(dir / "hosts/_default/hosts.toml", "nonsense");
  CHECK_FALSE(find_host_config(context, files, "r.example", "a").value());
  CHECK(told == "warning: " + (dir / "hosts/_default/hosts.toml").string() +
                    ": line 1: a key without a value; it is left out\n");
  put_file(dir / "hosts/r.example/hosts.toml", "nonsense");
  CHECK_FALSE(find_host_config(context, files, "r.example", "a"));
  // A mirror's certificates are no reason to do without the registry.
  put_file(dir / "hosts/r.example/hosts.toml", "[host.\"https://m.example\"]\n[host.\"https://n.example\"]\n");
  put_file(dir / "certs/m.example/me.cert", "x");
  told.clear();
  const auto one_left = find_host_config(context, files, "r.example", "a").value();
  REQUIRE(one_left);
  CHECK(one_left->mirrors.size() == 1);
  CHECK(told.find("warning: a mirror of r.example is left out") == 0);
}

namespace {

/// Somebody else than root, who may read everything.
class Somebody {
 public:
  Somebody() : was_(::geteuid()) { is_ = was_ != 0 || ::seteuid(65534) == 0; }
  ~Somebody() {
    if (was_ == 0) REQUIRE(::seteuid(0) == 0);
  }
  Somebody(const Somebody&) = delete;
  Somebody& operator=(const Somebody&) = delete;
  bool is() const { return is_; }

 private:
  const uid_t was_;
  bool is_ = false;
};

}  // namespace

TEST_CASE("certificates and hosts.toml that are for others are left out") {
  namespace fs = std::filesystem;
  TemporaryDirectory dir;
  fs::permissions(dir / "", fs::perms(0755));
  const HostFiles files{.hosts_directories = {dir / "hosts"}, .certificate_directories = {dir / "certs"}};
  put_file(dir / "hosts/a.example/hosts.toml", "nonsense");
  put_file(dir / "hosts/b.example/hosts.toml", "nonsense");
  put_file(dir / "certs/c.example/ca.crt", "x");
  put_file(dir / "certs/d.example/me.cert", "x");
  put_file(dir / "certs/d.example/me.key", "x");
  put_file(dir / "certs/d.example/ca.crt", "x");
  put_file(dir / "conf", "x");
  fs::permissions(dir / "hosts/a.example/hosts.toml", fs::perms(0));
  fs::permissions(dir / "hosts/b.example", fs::perms(0));
  fs::permissions(dir / "certs/c.example", fs::perms(0));
  fs::permissions(dir / "certs/d.example/me.key", fs::perms(0));
  fs::permissions(dir / "conf", fs::perms(0));
  {
    const Somebody somebody;
    REQUIRE(somebody.is());
    for (const auto* name : {"a.example", "b.example", "c.example"}) {
      CAPTURE(name);
      std::string told;
      Context context;
      context.on_log = [&](LogLevel level, std::string_view line) {
        CHECK(level == LogLevel::debug);
        told += std::string(line) + "\n";
      };
      const auto found = find_host_config(context, files, name, "x");
      REQUIRE(found);
      CHECK_FALSE(*found);
      CHECK(told.find("may not be read, and is left out") != std::string::npos);
    }
    const auto found = find_host_config({}, files, "d.example", "x").value();
    REQUIRE(found);
    CHECK(found->own.cert_file.empty());
    // What blocks registries is not left out.
    CHECK_FALSE(find_host_config({}, {.registries_conf = {dir / "conf"}}, "r", "x"));
  }
  fs::permissions(dir / "hosts/b.example", fs::perms(0755));
  fs::permissions(dir / "certs/c.example", fs::perms(0755));
}

TEST_CASE("files are found where docker, containerd and podman have them") {
  TemporaryDirectory dir;
  const HostFiles files{.registries_conf = {dir / "mine.conf", dir / "registries.conf"},
                        .hosts_directories = {dir / "hosts"},
                        .certificate_directories = {dir / "certs.d"}};
  CHECK_FALSE(find_host_config({}, files, "r.example:5000", "app").value());
  put_file(dir / "certs.d/r.example:5000/ca.crt", "x");
  put_file(dir / "certs.d/r.example:5000/me.cert", "x");
  put_file(dir / "certs.d/r.example:5000/me.key", "x");
  auto found = find_host_config({}, files, "r.example:5000", "app").value();
  REQUIRE(found);
  CHECK(found->own.ca_files == std::vector<std::string>{(dir / "certs.d/r.example:5000/ca.crt").string()});
  CHECK(found->own.cert_file == (dir / "certs.d/r.example:5000/me.cert").string());
  CHECK(found->own.key_file == (dir / "certs.d/r.example:5000/me.key").string());
  put_file(dir / "certs.d/half.example/me.cert", "x");
  CHECK(find_host_config({}, files, "half.example", "app").error().message() ==
        (dir / "certs.d/half.example").string() + ": there is no me.key for me.cert");
  // From the general to the special, as containerd has it.
  put_file(dir / "hosts/_default/hosts.toml", "[host.\"https://default.example\"]\n");
  for (const auto* name : {"_default", "r.example", "r.example:5000", "r.example_5000_"}) {
    CAPTURE(name);
    put_file(dir / "hosts" / name / "hosts.toml", "[host.\"https://m.example\"]\n");
    found = find_host_config({}, files, "r.example:5000", "app").value();
    REQUIRE(found);
    CHECK(found->source == (dir / "hosts" / name / "hosts.toml").string());
    CHECK(found->own.ca_files.size() == 1);
  }
  // registries.conf comes first, and its drop-ins come last.
  put_file(dir / "registries.conf", "[[registry]]\nlocation = 'r.example:5000'\n[[registry]]\nlocation='o.example'\n");
  put_file(dir / "registries.conf.d/2.conf", "[[registry]]\nlocation = 'r.example:5000'\nblocked = true\n");
  put_file(dir / "registries.conf.d/1.conf", "[[registry]]\nlocation = 'r.example:5000'\n");
  put_file(dir / "registries.conf.d/3.txt", "nonsense");
  found = find_host_config({}, files, "r.example:5000", "app").value();
  REQUIRE(found);
  CHECK(found->blocked);
  CHECK(found->source == (dir / "registries.conf.d/2.conf").string());
  put_file(dir / "mine.conf", "[[registry]]\nprefix = 'r.example:5000'\nlocation = 'else.example'\n");
  found = find_host_config({}, files, "r.example:5000", "app").value();
  REQUIRE(found);
  CHECK(found->own.url == "https://else.example");
  CHECK(found->own.ca_files.empty());
  put_file(dir / "mine.conf", "location = hunter2");
  const auto bad = find_host_config({}, files, "r.example:5000", "app");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message() == (dir / "mine.conf").string() + ": line 1: a value that is none");
  CHECK_FALSE(find_host_config({}, {.registries_conf = {dir / "none"}, .registries_conf_required = true}, "r", "a"));
}
