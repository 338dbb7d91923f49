// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <stdlib.h>

#include <portolan/client/client.h>

#include "chart_files.h"
#include "memory_registry.h"
#include "temporary_directory.h"

using namespace portolan;
using portolan::test::MemoryRegistry;
using portolan::test::put_file;
using portolan::test::TemporaryDirectory;

namespace {

void make_chart(const std::filesystem::path& root, const std::string& version) {
  put_file(root / "Chart.yaml", "apiVersion: v2\nname: app\nversion: " + version + "\n");
  put_file(root / "templates/cm.yaml", "kind: ConfigMap\n");
}

}  // namespace

TEST_CASE("what a client pushed is there for another one when the call returns") {
  TemporaryDirectory dir;
  make_chart(dir / "app", "1.4.2");
  const auto layout = "oci-layout:" + (dir / "layout").string();
  Client client;
  const auto pushed = client.push({}, dir / "app", layout + "//charts", {.tags = {"1.4", "1"}}).value();
  CHECK(pushed.reference.string() == layout + "//charts/app:1.4.2");
  Client other;
  for (const auto& end : std::vector<std::string>{":1.4.2", ":1", "", "@" + pushed.report.root.digest.string()}) {
    CAPTURE(end);
    const auto pulled = other.pull({}, layout + "//charts/app" + end).value();
    CHECK(pulled.package.archive_digest() == pushed.archive_digest);
    CHECK(pulled.chart().templates().size() == 1);
  }
  CHECK(client.push({}, dir / "app", layout + "//charts").value().report.outcome == CopyReport::Outcome::unchanged);
}

TEST_CASE("a store that a client opened writes at once, an archive with the commit") {
  TemporaryDirectory dir;
  make_chart(dir / "app", "1.0.0");
  const auto layout = "oci-layout:" + (dir / "one").string() + "//app";
  const auto archive = "oci-archive:" + (dir / "two.tar").string() + "//app";
  Client client;
  REQUIRE(client.push({}, dir / "app", layout, {.naming = chart::Naming::whole_reference}));
  auto source = client.open(layout).value();
  auto target = client.open(archive).value();
  REQUIRE(copy({}, *source, "1.0.0", *target));
  CHECK_FALSE(std::filesystem::exists(dir / "two.tar"));
  REQUIRE(client.commit({}));
  CHECK(Client().pull({}, archive + ":1.0.0").value().package.metadata().name == "app");
}

TEST_CASE("the time of the configuration goes into the archive") {
  TemporaryDirectory dir;
  make_chart(dir / "app", "1.0.0");
  const auto layout = "oci-layout:" + (dir / "layout").string();
  Client client({.source_date_epoch = 1'700'000'000});
  REQUIRE(client.push({}, dir / "app", layout));
  const auto pulled = client.pull({}, layout + "//app:1.0.0").value();
  CHECK(pulled.chart().templates().at(0).modified.seconds == 1'700'000'000);
  CHECK(pulled.package.manifest().annotations().at("org.opencontainers.image.created") == "2023-11-14T22:13:20Z");
}

TEST_CASE("only a plain number of seconds is a time from the environment") {
  struct Row {
    const char* text;
    bool good;
    std::optional<std::int64_t> seconds;
  };
  const Row rows[] = {{"0", true, 0},           {"1700000000", true, 1'700'000'000},
                      {"", true, std::nullopt}, {"x", false, {}},
                      {"-1", false, {}},        {"1.5", false, {}},
                      {" 1", false, {}},        {"99999999999999999999", false, {}}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    REQUIRE(setenv("SOURCE_DATE_EPOCH", row.text, 1) == 0);
    const auto config = Config::from_environment();
    REQUIRE(config.has_value() == row.good);
    if (config) {
      CHECK(config->source_date_epoch == row.seconds);
    } else {
      CHECK(config.error().code() == Errc::invalid_configuration);
    }
  }
  REQUIRE(unsetenv("SOURCE_DATE_EPOCH") == 0);
  CHECK_FALSE(Config::from_environment().value().source_date_epoch);
}

TEST_CASE("charts go to a registry and come back, and nothing is asked before that") {
  MemoryRegistry registry;
  TemporaryDirectory dir;
  make_chart(dir / "app", "1.0.0");
  Client client({.credentials = auth::from([](const auth::Where& where) {
                   CHECK(where.registry == "reg.example");
                   CHECK(where.repository == "charts/app");
                   return auth::Credential();
                 }),
                 .user_agent = "acme/7",
                 .transport = registry.transport()});
  const auto store = client.open("oci://reg.example/charts/app");
  REQUIRE(store);
  CHECK((*store)->name() == "oci://reg.example/charts/app");
  CHECK(registry.requests() == 0);
  const auto pushed = client.push({}, dir / "app", "oci://reg.example/charts");
  REQUIRE(pushed);
  CHECK(pushed->reference.string() == "oci://reg.example/charts/app:1.0.0");
  CHECK(registry.transport()->asked()[0].headers.get("User-Agent").starts_with("acme/7 portolan/"));
  const auto pulled = client.pull({}, "oci://reg.example/charts/app", {.version = "^1"});
  REQUIRE(pulled);
  CHECK(pulled->package.archive_digest() == pushed->archive_digest);
  CHECK(client.registry("reg.example").value() == client.registry("reg.example").value());
}

TEST_CASE("a chart may be pushed below a registry itself, which is no store") {
  MemoryRegistry registry;
  TemporaryDirectory dir;
  make_chart(dir / "app", "1.0.0");
  Client client({.transport = registry.transport()});
  const auto pushed = client.push({}, dir / "app", "oci://reg.example");
  REQUIRE(pushed);
  CHECK(pushed->reference.string() == "oci://reg.example/app:1.0.0");
  for (const auto& refused :
       {client.push({}, dir / "app", "oci://reg.example", {.naming = chart::Naming::whole_reference}).error(),
        client.pull({}, "oci://reg.example/").error(), client.open("oci://reg.example").error()}) {
    CHECK(refused.code() == Errc::invalid_reference);
    CHECK(refused.text() == "oci://reg.example names a registry, and no repository: write oci://reg.example/PATH");
  }
}

TEST_CASE("what is wrong with a reference or with certificates is told before anything is asked") {
  CHECK(Client().open("nonsense").error().code() == Errc::invalid_reference);
  CHECK(Client({.trust = {.ca_file = "/no/such/file"}}).open("oci://reg.example/app").error().code() ==
        Errc::invalid_configuration);
}

TEST_CASE("proxies and authorities come from the environment, http's proxy not from capitals") {
  const char* names[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY",    "all_proxy",
                         "ALL_PROXY",   "no_proxy",    "NO_PROXY",   "SSL_CERT_FILE", "SSL_CERT_DIR"};
  for (const auto* name : names) REQUIRE(unsetenv(name) == 0);
  CHECK(Config::from_environment()->proxy.https.empty());
  for (const auto* name : {"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    REQUIRE(setenv(name, name, 1) == 0);
  }
  const auto config = Config::from_environment();
  for (const auto* name : names) REQUIRE(unsetenv(name) == 0);
  CHECK(config->proxy.https == "HTTPS_PROXY");
  CHECK(config->proxy.http.empty());
  CHECK(config->proxy.no_proxy == "NO_PROXY");
  CHECK(config->trust.system_ca_file == "SSL_CERT_FILE");
  CHECK(config->trust.system_ca_directory == "SSL_CERT_DIR");
}
