// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <stdlib.h>

#include <portolan/client/client.h>

#include "chart_files.h"
#include "temporary_directory.h"

using namespace portolan;
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

TEST_CASE("a reference to a registry is refused, and says why") {
  const auto opened = Client().open("oci://registry.test/app");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == Errc::unsupported);
  CHECK(Client().open("nonsense").error().code() == Errc::invalid_reference);
}
