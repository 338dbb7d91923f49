// SPDX-License-Identifier: Apache-2.0
// Graphs that somebody made to do harm.
#include <doctest/doctest.h>

#include <portolan/copy/copy.h>

#include "scripted_store.h"

using namespace portolan;
using portolan::test::Content;
using portolan::test::ScriptedStore;

namespace {

struct Stores {
  ScriptedStore source{"SRC"};
  ScriptedStore target{"DST"};
  Content content{source, target};
};

Descriptor raw(Stores& stores, const std::string& bytes, std::string_view type, const std::string& tag) {
  return stores.content.put("raw", describe(type, bytes), bytes, {tag});
}

}  // namespace

TEST_CASE("a root or child that breaks its format ends the copy before anything has a tag") {
  const std::string digest = digest_of("x").string();
  const std::string bodies[] = {
      "",
      "{",
      "[]",
      "{\"schemaVersion\":1}",
      "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a/b\",\"digest\":\"sha256:00\",\"size\":1},\"layers\":[]}",
      "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"a/b\",\"digest\":\"" + digest + "\",\"size\":-1}}",
      "{\"schemaVersion\":2,\"schemaVersion\":2}",
      std::string(2000, '[') + std::string(2000, ']'),
  };
  for (const auto& body : bodies) {
    CAPTURE(body.substr(0, 60));
    for (const auto type : {media_type::oci_manifest, media_type::oci_index}) {
      Stores stores;
      const auto child = raw(stores, body, type, "bad");
      stores.content.index("root", {child}, {"index"});
      for (const auto* selector : {"bad", "index"}) {
        const auto report = copy({}, stores.source, selector, stores.target, {.concurrency = 4});
        if (report) continue;  // what one type refuses is harmless as the other
        CHECK((report.error().code() == Errc::corrupt || report.error().code() == Errc::limit_exceeded));
        CHECK(report.error().message().find(" from SRC: ") != std::string::npos);
        CHECK(stores.target.held().resolve({}, selector).error().code() == Errc::not_found);
      }
    }
  }
}

TEST_CASE("a manifest of the retired artifact type is refused: what belongs to it would stay behind") {
  Stores stores;
  constexpr auto type = "application/vnd.oci.artifact.manifest.v1+json";
  const auto artifact =
      raw(stores, R"({"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]})", type, "1");
  stores.content.index("root", {artifact}, {"index"});
  for (const auto* selector : {"1", "index"}) {
    CHECK(copy({}, stores.source, selector, stores.target).error().code() == Errc::unsupported);
    CHECK(stores.target.held().resolve({}, selector).error().code() == Errc::not_found);
  }
}

TEST_CASE("a manifest of Docker's schema 1 is refused: its layers would stay behind") {
  for (const auto type : {media_type::docker_schema1, media_type::docker_schema1_signed}) {
    CAPTURE(type);
    Stores stores;
    const auto old =
        raw(stores, R"({"schemaVersion":1,"fsLayers":[{"blobSum":")" + digest_of("x").string() + R"("}]})", type, "1");
    stores.content.index("root", {old}, {"index"});
    for (const auto* selector : {"1", "index"}) {
      const auto report = copy({}, stores.source, selector, stores.target);
      REQUIRE_FALSE(report);
      CHECK(report.error().code() == Errc::unsupported);
      CHECK(report.error().text().find("schema 1 (" + std::string(type) + ")") != std::string::npos);
      CHECK(stores.target.held().resolve({}, selector).error().code() == Errc::not_found);
    }
  }
}

TEST_CASE("a manifest of a type that nobody knows goes over as it is, and that is said") {
  Stores stores;
  const auto unknown = raw(stores, "anything", "application/x-unknown", "1");
  stores.content.index("root", {unknown}, {"index"});
  Context context;
  std::vector<std::string> told;
  context.on_log = [&](LogLevel level, std::string_view line) {
    if (level == LogLevel::warning) told.emplace_back(line);
  };
  REQUIRE(copy(context, stores.source, "index", stores.target, {.concurrency = 1}));
  CHECK(stores.target.held().fetch_manifest({}, unknown.digest.string()).value().bytes == "anything");
  REQUIRE(told.size() == 1);
  CHECK(told.front().starts_with(unknown.digest.string() + " is of the type \"application/x-unknown\""));
}

TEST_CASE("indexes nested deeper than the limit are refused") {
  for (const unsigned concurrency : {1U, 4U}) {
    Stores stores;
    auto inner = stores.content.chart("app", {});
    for (unsigned i = 0; i < max_graph_depth; ++i) inner = stores.content.index("i" + std::to_string(i), {inner});
    const auto deepest = stores.content.index("allowed", {}, {});
    CHECK(copy({}, stores.source, inner.digest.string(), stores.target, {.concurrency = concurrency}));
    stores.content.index("deep", {inner, deepest}, {"1"});
    ScriptedStore target("DST");
    const auto report = copy({}, stores.source, "1", target, {.concurrency = concurrency});
    REQUIRE_FALSE(report);
    CHECK(report.error().code() == Errc::limit_exceeded);
    CHECK(target.held().resolve({}, "1").error().code() == Errc::not_found);
  }
}

TEST_CASE("a manifest that claims to be huge is not read") {
  Stores stores;
  auto child = stores.content.chart("app", {});
  child.size = max_manifest_size + 1;
  stores.content.index("root", {child}, {"1"});
  const auto report = copy({}, stores.source, "1", stores.target);
  REQUIRE_FALSE(report);
  CHECK(report.error().code() == Errc::limit_exceeded);
  CHECK(stores.source.count("fetch_manifest app") == 0);
}

TEST_CASE("a blob or manifest whose size is another than its parent says is refused") {
  Stores stores;
  auto child = stores.content.chart("app", {});
  child.size += 1;
  stores.content.index("root", {child}, {"1"});
  CHECK(copy({}, stores.source, "1", stores.target).error().code() == Errc::verification_failed);
  auto layer = stores.content.blob("layer", "layer");
  layer.size -= 1;
  stores.content.manifest("image", {.config = stores.content.blob("config", "{}"), .layers = {layer}}, {"2"});
  CHECK(copy({}, stores.source, "2", stores.target).error().code() == Errc::verification_failed);
  CHECK(stores.target.count("push_manifest") == 0);
}

TEST_CASE("a blob that is said to be empty and has the digest of something is refused before anything is sent") {
  Stores stores;
  const auto config = stores.content.blob("config", "{}");
  auto layer = stores.content.blob("layer", "layer");
  layer.size = 0;
  stores.content.manifest("wrong", {.config = config, .layers = {layer}}, {"wrong"});
  const auto report = copy({}, stores.source, "wrong", stores.target, {.concurrency = 1});
  REQUIRE_FALSE(report);
  CHECK(report.error().code() == Errc::verification_failed);
  CHECK(report.error().message().find(" from SRC: ") != std::string::npos);
  CHECK(stores.target.count("push_blob layer") == 0);
  CHECK(stores.target.count("push_manifest") == 0);
  const auto nothing = stores.content.blob("nothing", "");
  stores.content.manifest("right", {.config = config, .layers = {nothing}}, {"right"});
  CHECK(copy({}, stores.source, "right", stores.target));
}

TEST_CASE("a digest that nobody here can verify is refused with its name") {
  Stores stores;
  auto layer = stores.content.blob("layer", "layer");
  layer.digest = Digest::parse("blake3:" + std::string(64, 'a')).value();
  stores.content.manifest("image", {.config = stores.content.blob("config", "{}"), .layers = {layer}}, {"1"});
  const auto report = copy({}, stores.source, "1", stores.target);
  REQUIRE_FALSE(report);
  CHECK(report.error().code() == Errc::unsupported);
  CHECK(report.error().message().find("blake3") != std::string::npos);
}

TEST_CASE("sha512 content goes over like any other") {
  Stores stores;
  const std::string bytes = "layer";
  Descriptor layer{
      .media_type = "application/x", .digest = digest_of(bytes, Digest::Algorithm::sha512), .size = bytes.size()};
  REQUIRE(stores.source.held().push_blob({}, layer, MemoryBlob(bytes)));
  stores.content.manifest("image", {.config = stores.content.blob("config", "{}"), .layers = {layer}}, {"1"});
  REQUIRE(copy({}, stores.source, "1", stores.target));
  CHECK(stores.target.held().exists({}, layer).value());
}

TEST_CASE("a source that lists a manifest as a referrer of what it belongs to cannot make the copy wait for ever") {
  for (const unsigned concurrency : {1U, 4U}) {
    Stores stores;
    const auto chart = stores.content.chart("app", {});
    const auto inner = stores.content.index("inner", {chart});
    const auto root = stores.content.index("root", {inner}, {"1"});
    stores.source.claimed_referrers[root.digest.string()] = {chart};
    const auto report =
        copy({}, stores.source, "1", stores.target, {.referrers = Referrers::all, .concurrency = concurrency});
    if (!report) CHECK(report.error().code() == Errc::corrupt);
    if (!report) CHECK(stores.target.held().resolve({}, "1").error().code() == Errc::not_found);
  }
}

TEST_CASE("a manifest listed as a referrer of itself goes over once") {
  Stores stores;
  const auto chart = stores.content.chart("app", {"1"});
  stores.source.claimed_referrers[chart.digest.string()] = {chart};
  const auto report = copy({}, stores.source, "1", stores.target, {.referrers = Referrers::all});
  REQUIRE(report);
  CHECK(report->manifests == 1);
}

TEST_CASE("an endless list of referrers ends at the limits") {
  // Every manifest that the source is asked for has another referrer.
  Stores stores;
  const auto empty = stores.content.blob("empty", "{}");
  auto last = stores.content.chart("app", {"1"});
  for (int i = 0; i < 50; ++i) {
    const auto next = stores.content.manifest(
        "r" + std::to_string(i), {.artifact_type = "a/b", .config = empty, .annotations = {{"n", std::to_string(i)}}});
    stores.source.claimed_referrers[last.digest.string()] = {next};
    last = next;
  }
  const auto report = copy({}, stores.source, "1", stores.target, {.referrers = Referrers::all});
  REQUIRE(report);
  CHECK(report->manifests == 1 + max_referrer_depth);
}
