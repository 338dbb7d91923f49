// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/chart/chart.h>

#include "archive/helm_archive.h"
#include "chart/files.h"

using namespace portolan;
using namespace portolan::chart;

namespace {

std::string archive_of(const std::vector<std::pair<std::string, std::string>>& members) {
  internal::archive::HelmArchive archive;
  for (const auto& [name, data] : members) archive.add(name, {}, data).value();
  return archive.finish().value();
}

const std::string chart_yaml_text = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

}  // namespace

TEST_CASE("a member's name becomes the chart's, or is refused, as Helm does") {
  struct Row {
    std::string member;
    const char* name;  // null: refused
    const char* message;
  };
  const Row rows[] = {
      {"c/Chart.yaml", "Chart.yaml", ""},
      {"./c/Chart.yaml", "c/Chart.yaml", ""},
      {"/c/Chart.yaml", "c/Chart.yaml", ""},
      {"c/a/../x", "x", ""},
      {"c\\templates\\a.yaml", "templates/a.yaml", ""},
      {"c/files/back\\slash.txt", "slash.txt", ""},
      {"c/./a//b", "a/b", ""},
      {"Chart.yaml", nullptr, "chart illegally contains content outside the base directory: \"Chart.yaml\""},
      {"Chart.yaml/x", nullptr, "chart yaml not in base directory"},
      {"//c/x", nullptr, "chart illegally contains absolute paths"},
      {"c//x", nullptr, "chart illegally contains absolute paths"},
      {"c/../../x", nullptr, "chart illegally references parent directory"},
      {"c/..foo", nullptr, "chart illegally references parent directory"},
      {"c/C:/x", nullptr, "chart contains illegally named files"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.member);
    const auto list = internal::chart::read_archive({}, archive_of({{row.member, "x"}}));
    REQUIRE(list.has_value() == (row.name != nullptr));
    if (list) {
      CHECK(list->files.at(0).name == row.name);
    } else {
      CHECK(list.error().code() == Errc::invalid_chart);
      CHECK(list.error().text() == row.message);
    }
  }
}

TEST_CASE("an archive that holds Chart.yaml twice has the second on top of the first") {
  const auto chart =
      load_archive({}, archive_of({{"c/Chart.yaml", chart_yaml_text}, {"d/Chart.yaml", "version: 2.0.0\n"}}), "a")
          .value();
  CHECK(chart.metadata.name == "c");
  CHECK(chart.metadata.version == "2.0.0");
}

TEST_CASE("an archive without a chart says what is missing") {
  struct Row {
    std::string archive;
    const char* message;
  };
  const Row rows[] = {
      {archive_of({{"c/x", ""}}), "loading a: Chart.yaml file is missing"},
      {archive_of({}), "loading a: no files in chart archive"},
      {"text", "file 'a' does not appear to be a gzipped archive"},
      {"", "file 'a' does not appear to be a gzipped archive"},
  };
  for (const auto& row : rows) {
    const auto chart = load_archive({}, row.archive, "a");
    REQUIRE_FALSE(chart);
    CHECK(chart.error().message() == row.message);
  }
  CHECK(load_archive({}, "x", "a.yaml").error().message().find("seems to be a YAML file") != std::string::npos);
}

TEST_CASE("a bomb is refused before it is unpacked") {
  internal::archive::HelmArchive archive;
  const std::string five(max_file_size, '\0');
  archive.add("c/Chart.yaml", {}, chart_yaml_text).value();
  for (int i = 0; i < 20; ++i) archive.add("c/f" + std::to_string(i), {}, five).value();
  const auto bomb = archive.finish().value();
  CHECK(bomb.size() < 200'000);
  CHECK(load_archive({}, bomb, "a").error().code() == Errc::limit_exceeded);
  CHECK(load_archive({}, archive_of({{"c/Chart.yaml", chart_yaml_text}, {"c/f", five + "x"}}), "a").error().code() ==
        Errc::limit_exceeded);
}

TEST_CASE("100,000 members are refused") {
  internal::archive::HelmArchive archive;
  archive.add("c/Chart.yaml", {}, chart_yaml_text).value();
  for (int i = 0; i < 100'000; ++i) archive.add("c/f" + std::to_string(i), {}, "").value();
  CHECK(load_archive({}, archive.finish().value(), "a").error().code() == Errc::limit_exceeded);
}

TEST_CASE("charts that nest without end are refused") {
  auto inner = archive_of({{"c/Chart.yaml", chart_yaml_text}});
  for (unsigned i = 0; i < max_subchart_depth + 1; ++i) {
    inner = archive_of({{"c/Chart.yaml", chart_yaml_text}, {"c/charts/x.tgz", inner}});
  }
  CHECK(load_archive({}, inner, "a").error().code() == Errc::limit_exceeded);
}
