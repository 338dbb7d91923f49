// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/chart/metadata.h>

#include "chart/metadata_decode.h"
#include "chart/metadata_text.h"

using namespace portolan::chart;

namespace {

const std::string required = "apiVersion: v2\nname: x\nversion: 1.0.0\n";

std::string validation_of(const std::string& yaml) {
  Metadata metadata;
  portolan::internal::chart::NullEntries nulls;
  if (auto read = portolan::internal::chart::read_metadata(yaml, metadata, nulls); !read) return read.error().text();
  const auto valid = portolan::internal::chart::validate(metadata, nulls);
  return valid ? "" : valid.error().text();
}

}  // namespace

TEST_CASE("unquoted numbers and booleans become the text that Helm makes of them") {
  struct Row {
    const char* yaml;
    const char* text;
  };
  const Row rows[] = {{"1.10", "1.1"},
                      {"1", "1"},
                      {"1.20e3", "1200"},
                      {"123456789.5", "1.2345679e+08"},
                      {"1e5", "100000"},
                      {"1e6", "1e+06"},
                      {"1234567.0", "1.234567e+06"},
                      {"0755", "493"},
                      {"0x1F", "31"},
                      {"1_000", "1000"},
                      {"12345678901234567890", "12345678901234567890"},
                      {"no", "false"},
                      {"on", "true"},
                      {"y", "true"},
                      {"2021-05-06", "2021-05-06"},
                      {"12:30:45", "12:30:45"},
                      {".inf", "+Inf"},
                      {"~", ""},
                      {"1826e29", "1.826e+32"},
                      {"'1.10'", "1.10"}};
  for (const auto& row : rows) {
    CAPTURE(row.yaml);
    CHECK(parse_metadata("appVersion: " + std::string(row.yaml)).value().app_version == row.text);
  }
}

TEST_CASE("a wrong type is refused in the words that Helm's users know") {
  struct Row {
    const char* yaml;
    const char* message;
  };
  const std::string unmarshaling = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ";
  const Row rows[] = {
      {"deprecated: 'true'", "string into Go struct field Metadata.deprecated of type bool"},
      {"deprecated: 1", "number into Go struct field Metadata.deprecated of type bool"},
      {"keywords: foo", "string into Go struct field Metadata.keywords of type []string"},
      {"keywords: [[a]]", "array into Go struct field Metadata.keywords of type string"},
      {"name: {a: b}", "object into Go struct field Metadata.name of type string"},
      {"maintainers: [a]", "string into Go struct field Metadata.maintainers of type v2.Maintainer"},
      {"maintainers: {a: b}", "object into Go struct field Metadata.maintainers of type []*v2.Maintainer"},
      {"maintainers: [{name: [a]}]", "array into Go struct field Maintainer.maintainers.name of type string"},
      {"dependencies: [{name: a, tags: b}]",
       "string into Go struct field Dependency.dependencies.tags of type []string"},
      {"dependencies: [{name: a, import-values: {a: b}}]",
       "object into Go struct field Dependency.dependencies.import-values of type []interface {}"},
      {"annotations: [a]", "array into Go struct field Metadata.annotations of type map[string]string"},
      {"annotations: {a: [b]}", "array into Go struct field Metadata.annotations of type string"},
      {"[a]", "array into Go value of type v2.Metadata"},
      {"foo", "string into Go value of type v2.Metadata"},
      {"12", "number into Go value of type v2.Metadata"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.yaml);
    CHECK(parse_metadata(row.yaml).error().text() == unmarshaling + row.message);
  }
  CHECK(parse_metadata("deprecated: .nan").error().text() ==
        "error converting YAML to JSON: json: unsupported value: NaN");
  CHECK(parse_metadata("other: .inf").error().text() == "error converting YAML to JSON: json: unsupported value: +Inf");
}

TEST_CASE("keys match without regard to case, and the one that sorts last wins") {
  CHECK(parse_metadata("Name: c\nname: x\nNAME: z\n").value().name == "x");
  CHECK(parse_metadata("NAME: z\nName: c\n").value().name == "c");
  CHECK(parse_metadata("Ver\xC5\xBFion: 2.0.0\n").value().version == "2.0.0");
  CHECK(parse_metadata("name: a\nname: b\n").value().name == "b");
  CHECK(parse_metadata("\xEF\xBB\xBFname: a\n").value().name == "a");
  CHECK(parse_metadata("name: a\n---\nname: b\n").value().name == "a");
  CHECK(parse_metadata("").value() == Metadata{});
}

TEST_CASE("a second document is decoded on top of the first, lists entry by entry") {
  Metadata metadata;
  portolan::internal::chart::NullEntries nulls;
  using portolan::internal::chart::read_metadata;
  REQUIRE(read_metadata("name: a\ndependencies: [{name: d1, version: 1.0.0, alias: k}, {name: d2, version: 2.0.0}]",
                        metadata, nulls));
  REQUIRE(read_metadata("dependencies: [{name: d1, version: 9.0.0}, {name: dx, repository: r}]", metadata, nulls));
  CHECK(metadata.name == "a");
  REQUIRE(metadata.dependencies.size() == 2);
  CHECK(metadata.dependencies[0] == Dependency{.name = "d1", .version = "9.0.0", .alias = "k"});
  CHECK(metadata.dependencies[1] == Dependency{.name = "dx", .version = "2.0.0", .repository = "r"});
}

TEST_CASE("validation checks in Helm's order and says it in Helm's words") {
  struct Row {
    std::string yaml;
    const char* message;
  };
  const Row rows[] = {
      {required, ""},
      {"", "validation: chart.metadata.apiVersion is required"},
      {"apiVersion: v2", "validation: chart.metadata.name is required"},
      {"apiVersion: v2\nname: ..", "validation: chart.metadata.name \"..\" is not allowed"},
      {"apiVersion: v2\nname: a/b", "validation: chart.metadata.name \"a/b\" is invalid"},
      {"apiVersion: v2\nname: a", "validation: chart.metadata.version is required"},
      {"apiVersion: v2\nname: a\nversion: x", "validation: chart.metadata.version \"x\" is invalid"},
      {required + "type: Library", "validation: chart.metadata.type must be application or library"},
      {required + "type: library", ""},
      {required + "maintainers: [~]", "validation: maintainers must not contain empty or null nodes"},
      {required + "dependencies: [~]", "validation: dependencies must not contain empty or null nodes"},
      {required + "dependencies: [{name: a, alias: 'x y'}, ~]",
       "validation: dependency \"a\" has disallowed characters in the alias"},
      {required + "dependencies: [{name: a}, {name: a}]",
       "validation: more than one dependency with name or alias \"a\""},
      {required + "dependencies: [{name: a}, {name: a, alias: b}]", ""},
      {"apiVersion: v9\nname: 'My Chart!'\nversion: v1", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.yaml);
    CHECK(validation_of(row.yaml) == row.message);
  }
}

TEST_CASE("the config blob and Chart.yaml are those of the specification's example") {
  auto metadata =
      parse_metadata(
          "name: teapot\nhome: https://example.test/teapot\n"
          "sources: [https://example.test/src/teapot, https://example.test/mirror]\n"
          "version: 1.4.0+b7\ndescription: |\n  Kettles & <cups>\n"
          "maintainers:\n- {name: Ada, email: ada@example.test}\n- {name: Bo, url: https://bo.example.test}\n"
          "apiVersion: v2\nappVersion: 1.10\n"
          "annotations: {org.opencontainers.image.title: nope, team: drinks}\n"
          "dependencies: [{name: leaf, version: '>=2.0.0 <3.0.0', repository: oci://reg.example.test/charts, "
          "condition: leaf.enabled}]\ntype: application\n")
          .value();
  REQUIRE(validate(metadata));
  const auto config = config_json(metadata);
  CHECK(config.size() == 576);
  CHECK(portolan::internal::chart::lock_yaml({}).value() ==
        "dependencies: null\ndigest: \"\"\ngenerated: \"0001-01-01T00:00:00Z\"\n");
}

TEST_CASE("Chart.yaml is written as Helm writes it") {
  const auto metadata =
      parse_metadata(
          "# my chart\nname: mychart\nversion: 1.10            # unquoted on purpose\n"
          "description: \"A very long description line that certainly exceeds the eighty columns limit, so that "
          "folding: "
          "happens; also it's got a colon and more words to go past\"\n"
          "annotations: {example.com/x10: \"10\", example.com/x9: \"9\", example.com/B: yes, date: 2020-01-01, multi: "
          "\"- a\\n- b\\n\"}\napiVersion: v1\n")
          .value();
  CHECK(chart_yaml(metadata).value() ==
        "annotations:\n"
        "  date: \"2020-01-01\"\n"
        "  example.com/B: \"true\"\n"
        "  example.com/x9: \"9\"\n"
        "  example.com/x10: \"10\"\n"
        "  multi: |\n"
        "    - a\n"
        "    - b\n"
        "apiVersion: v1\n"
        "description: 'A very long description line that certainly exceeds the eighty columns\n"
        "  limit, so that folding: happens; also it''s got a colon and more words to go past'\n"
        "name: mychart\n"
        "version: \"1.1\"\n");
}

TEST_CASE("import-values keep any form, their numbers through a double") {
  const auto metadata = parse_metadata(
                            "dependencies: [{name: a, import-values: [1, 1.5, a, {parent: c, child: b, n: "
                            "12345678901234567890}, ~, [x]]}]")
                            .value();
  CHECK(metadata.dependencies.at(0).import_values ==
        std::vector<std::string>{"1", "1.5", "\"a\"", R"({"child":"b","false":12345678901234567000,"parent":"c"})",
                                 "null", "[\"x\"]"});
  CHECK(chart_yaml(metadata).value() ==
        "dependencies:\n- import-values:\n  - 1\n  - 1.5\n  - a\n  - child: b\n    \"false\": 12345678901234567000\n"
        "    parent: c\n  - null\n  - - x\n  name: a\n  repository: \"\"\n");
}
