// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include <portolan/oci/media_types.h>

#include "oci/layout_index.h"

using portolan::Descriptor;
using portolan::Errc;
using portolan::internal::oci::LayoutIndex;

namespace {

Descriptor manifest(std::string_view content) {
  return portolan::describe(portolan::media_type::oci_manifest, content);
}

// An entry as it stands in the file.
std::string entry(std::string_view content, std::string_view name = {}) {
  std::string text = R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
                     manifest(content).digest.string() + R"(","size":)" + std::to_string(content.size());
  if (!name.empty()) text += R"(,"annotations":{"org.opencontainers.image.ref.name":")" + std::string(name) + "\"}";
  return text + "}";
}

std::string file(const std::string& entries) { return R"({"schemaVersion":2,"manifests":[)" + entries + "]}"; }

LayoutIndex parsed(const std::string& text) {
  auto index = LayoutIndex::parse(text);
  REQUIRE(index.has_value());
  return *std::move(index);
}

}  // namespace

TEST_CASE("a new layout's index is empty and names its type") {
  const LayoutIndex index;
  CHECK(index.entries().empty());
  CHECK_FALSE(index.changed());
  CHECK(index.serialise() ==
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
  CHECK(LayoutIndex::parse(index.serialise()).has_value());
}

TEST_CASE("what other programs wrote survives: unknown fields, odd entries, and their order") {
  const auto text =
      R"({"x-first":[1,{"b":0.5,"a":null}],"schemaVersion":2,"manifests":[)"
      R"({"size":1,"x":true,"digest":"blake9:abc","mediaType":"text/odd","annotations":{"z":"\u003c","a":"b"}},)" +
      entry("a", "one") + R"(],"annotations":{"k":"v"},"x-last":"é"})";
  auto index = parsed(text);
  CHECK(index.serialise() == text);
  index.set("two", manifest("b"));
  CHECK(index.changed());
  auto expected = text;
  expected.insert(expected.find("],\"annotations\":{\"k\""), "," + entry("b", "two"));
  CHECK(index.serialise() == expected);
}

TEST_CASE("a name is found exactly, and the last entry of several has it") {
  auto index = parsed(file(entry("a", "app:1") + "," + entry("b", "app:1") + "," + entry("c")));
  REQUIRE(index.find("app:1") != nullptr);
  CHECK(index.find("app:1")->descriptor.digest == manifest("b").digest);
  CHECK(index.find("app:1")->name == "app:1");
  CHECK(index.find("1") == nullptr);
  CHECK(index.find("") == nullptr);
  CHECK(index.entries().size() == 3);
  CHECK(index.entries()[2].name.empty());
}

TEST_CASE("setting a name moves it, and what loses it stays listed") {
  struct Row {
    std::string behaviour;
    std::string before;
    std::string after;
    bool changed = true;
  };
  const Row rows[] = {
      {"a new name is appended", "", entry("new", "n")},
      {"the same again changes nothing", entry("new", "n"), entry("new", "n"), false},
      {"the old manifest stays, untagged", entry("old", "n"), entry("old") + "," + entry("new", "n")},
      {"but not twice", entry("old", "n") + "," + entry("old", "m"), entry("old", "m") + "," + entry("new", "n")},
      {"an untagged entry gets the name", entry("new") + "," + entry("x"), entry("new", "n") + "," + entry("x")},
      {"a second name is a second entry", entry("new", "m"), entry("new", "m") + "," + entry("new", "n")},
      {"double entries become one", entry("a", "n") + "," + entry("b", "n") + "," + entry("a", "n"),
       entry("a") + "," + entry("b") + "," + entry("new", "n")},
      {"a double that hides it goes", entry("new", "n") + "," + entry("b", "n"), entry("new", "n") + "," + entry("b")},
  };
  for (const auto& row : rows) {
    CAPTURE(row.behaviour);
    auto index = parsed(file(row.before));
    index.set("n", manifest("new"));
    CHECK(index.serialise() == file(row.after));
    CHECK(index.changed() == row.changed);
    CHECK(index.find("n")->descriptor.digest == manifest("new").digest);
    CHECK(index.find("n")->descriptor.annotations.size() == 1);
    CHECK(parsed(index.serialise()).entries().size() == index.entries().size());
  }
}

TEST_CASE("an entry with more in it is not replaced by setting a name") {
  const auto odd = entry("new").insert(1, R"("x":1,)");
  auto index = parsed(file(odd));
  index.set("n", manifest("new"));
  CHECK(index.serialise() == file(odd + "," + entry("new", "n")));
}

TEST_CASE("an entry says what the descriptor is, its artifact type included, and nothing else of it") {
  LayoutIndex index;
  auto descriptor = manifest("a");
  descriptor.artifact_type = "application/y";
  descriptor.annotations = {{"k", "v"}};
  descriptor.data = "a";
  index.set("n", descriptor);
  CHECK(index.serialise().find(
            R"("annotations":{"org.opencontainers.image.ref.name":"n"},"artifactType":"application/y"})") !=
        std::string::npos);
  CHECK(index.serialise().find("\"k\"") == std::string::npos);
  CHECK(index.serialise().find("\"data\"") == std::string::npos);
}

TEST_CASE("an untagged manifest is listed once") {
  auto index = parsed(file(entry("a", "n")));
  index.add_untagged(manifest("a"));
  CHECK_FALSE(index.changed());
  index.add_untagged(manifest("b"));
  index.add_untagged(manifest("b"));
  CHECK(index.serialise() == file(entry("a", "n") + "," + entry("b")));
}

TEST_CASE("taking a name away leaves the manifest listed") {
  auto index = parsed(file(entry("a", "n") + "," + entry("a", "m") + "," + entry("b", "n")));
  CHECK(index.remove_name("n"));
  CHECK(index.serialise() == file(entry("a", "m") + "," + entry("b")));
  CHECK(index.remove_name("m"));
  CHECK(index.serialise() == file(entry("a") + "," + entry("b")));
  CHECK_FALSE(index.remove_name("m"));
  CHECK_FALSE(index.remove_name(""));
  auto annotated = parsed(file(
      R"({"mediaType":"a/b","digest":"blake9:abc","size":1,"annotations":{"k":"v","org.opencontainers.image.ref.name":"n"}})"));
  CHECK(annotated.remove_name("n"));
  CHECK(annotated.serialise() == file(R"({"mediaType":"a/b","digest":"blake9:abc","size":1,"annotations":{"k":"v"}})"));
}

TEST_CASE("taking a digest away takes all of its names away") {
  auto index = parsed(file(entry("a", "n") + "," + entry("b") + "," + entry("a", "m") + "," + entry("a")));
  CHECK(index.remove_digest(manifest("a").digest));
  CHECK(index.serialise() == file(entry("b")));
  CHECK_FALSE(index.remove_digest(manifest("a").digest));
}

TEST_CASE("a damaged index.json is refused") {
  struct Row {
    std::string text;
    Errc code;
    std::string says;
  };
  const Row rows[] = {
      {"", Errc::corrupt, "invalid JSON"},
      {"{}", Errc::corrupt, "schemaVersion"},
      {R"({"schemaVersion":2,"manifests":{}})", Errc::corrupt, "manifests is no list"},
      {R"({"schemaVersion":2,"manifests":[],"manifests":[]})", Errc::corrupt, "twice"},
      {R"({"schemaVersion":2,"mediaType":"text/html","manifests":[]})", Errc::corrupt, "text/html"},
      {R"({"schemaVersion":2,"config":{},"layers":[]})", Errc::corrupt, "it is a manifest"},
      {file(entry("a") + ",{}"), Errc::corrupt, "manifests[1]: mediaType"},
      {std::string(16 * 1024 * 1024 + 1, ' '), Errc::limit_exceeded, "16777216"},
  };
  for (const auto& row : rows) {
    const auto index = LayoutIndex::parse(row.text);
    REQUIRE_FALSE(index.has_value());
    CAPTURE(index.error().message());
    CHECK(index.error().code() == row.code);
    CHECK(index.error().message().find(row.says) != std::string::npos);
  }
  CHECK(parsed(R"({"schemaVersion":2})").serialise() == R"({"schemaVersion":2,"manifests":[]})");
  CHECK(parsed(R"({"schemaVersion":2,"manifests":null})").serialise() == R"({"schemaVersion":2,"manifests":[]})");
}
