// SPDX-License-Identifier: Apache-2.0
// The fewest requests that the protocol allows (registry-protocol 25.1), counted.
#include <doctest/doctest.h>

#include <portolan/copy/copy.h>
#include <portolan/oci/manifest.h>
#include <portolan/registry/registry.h>
#include <portolan/store/memory_store.h>

#include "memory_registry.h"

using namespace portolan;
using portolan::registry::Registry;
using portolan::test::answer;
using portolan::test::MemoryRegistry;
using Lines = std::vector<std::string>;

namespace {

std::shared_ptr<Store> open(MemoryRegistry& registry, const std::string& path = "app",
                            const std::string& name = "reg.example") {
  return Registry::make(name, {.transport = registry.transport()}).value()->repository(path);
}

/// A chart in memory, as Helm stores it.
struct Chart {
  MemoryStore store{"here"};
  Descriptor manifest = describe("", "");

  Chart() {
    const std::string config = R"({"name":"app"})";
    const std::string layer = "an archive";
    auto made = Manifest::make(
        {.config = describe(media_type::helm_config, config), .layers = {describe(media_type::helm_chart, layer)}});
    store.push_blob({}, made.config(), MemoryBlob(config)).value();
    store.push_blob({}, made.layers()[0], MemoryBlob(layer)).value();
    manifest = made.descriptor();
    const std::string tags[] = {"1.0"};
    store.push_manifest({}, manifest, made.bytes(), tags, IfExists::replace).value();
  }
  Result<CopyReport> push(Store& target, IfExists if_exists = IfExists::same) {
    return copy({}, store, "1.0", target, {.if_exists = if_exists, .concurrency = 1});
  }
};

/// Wants a token of its own server for everything, and tells what was asked for.
struct WithTokens {
  MemoryRegistry& registry;
  Lines scopes{};

  explicit WithTokens(MemoryRegistry& of) : registry(of) {
    registry.misbehave = [this](const MemoryRegistry::Asked& asked) -> std::optional<Result<http::Response>> {
      if (asked.url.starts_with("https://reg.example/token")) {
        scopes.push_back(asked.url.substr(asked.url.find('?') + 1));
        return answer(200, {}, R"({"token":"t","expires_in":300})");
      }
      if (asked.authorization == "Bearer t") return std::nullopt;
      return answer(401, {{"WWW-Authenticate", "Bearer realm=\"/token\",service=\"s\""}});
    };
  }
};

}  // namespace

TEST_CASE("a new chart takes four requests where blobs go in one, six where they take two") {
  for (const bool single_post : {true, false}) {
    MemoryRegistry registry;
    registry.single_post = single_post;
    Chart chart;
    REQUIRE(chart.push(*open(registry)));
    CHECK(registry.lines() == (single_post ? Lines{"HEAD app/manifests/1.0", "POST app/blobs/uploads/?digest=DIGEST",
                                                   "POST app/blobs/uploads/?digest=DIGEST", "PUT app/manifests/1.0"}
                                           : Lines{"HEAD app/manifests/1.0", "POST app/blobs/uploads/?digest=DIGEST",
                                                   "PUT app/blobs/uploads/", "POST app/blobs/uploads/?mount=DIGEST",
                                                   "PUT app/blobs/uploads/", "PUT app/manifests/1.0"}));
    CHECK(registry.blobs.size() == 2);
    CHECK(registry.tags["app"]["1.0"] == chart.manifest.digest.string());
  }
}

TEST_CASE("who replaces does not ask first; who changes nothing asks once") {
  MemoryRegistry registry;
  registry.single_post = true;
  Chart chart;
  REQUIRE(chart.push(*open(registry), IfExists::replace));
  CHECK(registry.requests() == 3);
  const auto again = chart.push(*open(registry));
  REQUIRE(again);
  CHECK(again->outcome == CopyReport::Outcome::unchanged);
  CHECK(registry.requests() == 4);
}

TEST_CASE("with tokens and a cold start, two requests more: one refusal, one token with all rights") {
  MemoryRegistry registry;
  registry.single_post = true;
  const WithTokens tokens(registry);
  Chart chart;
  const auto store = open(registry);
  REQUIRE(chart.push(*store));
  CHECK(registry.requests() == 6);
  CHECK(tokens.scopes == Lines{"service=s&scope=repository%3Aapp%3Apull%2Cpush"});
  REQUIRE(chart.push(*store));
  CHECK(registry.requests() == 7);
  const auto fresh = open(registry);
  REQUIRE(chart.push(*fresh));
  CHECK(registry.requests() == 10);
}

TEST_CASE("reading takes a request for each thing that is read") {
  MemoryRegistry registry;
  Chart chart;
  REQUIRE(chart.push(*open(registry)));
  const auto before = registry.requests();
  const auto store = open(registry);
  const auto resolved = store->resolve({}, "1.0");
  REQUIRE(resolved);
  CHECK(*resolved == chart.manifest);
  CHECK(registry.requests() == before + 1);
  const auto manifest = store->fetch_manifest({}, "1.0");
  REQUIRE(manifest);
  CHECK(manifest->descriptor == chart.manifest);
  auto layer = store->fetch({}, Manifest::parse(manifest->bytes)->layers()[0]);
  REQUIRE(layer);
  CHECK(read_all(**layer, 100).value() == "an archive");
  CHECK(registry.requests() == before + 3);
  Lines tags;
  REQUIRE(store->tag_lister()->list_tags({}, [&](std::string_view tag) {
    tags.emplace_back(tag);
    return true;
  }));
  CHECK(tags == Lines{"1.0"});
  CHECK(registry.requests() == before + 4);
}

TEST_CASE(
    "between two registries a chart takes seven requests, or nine with two for each blob; nothing new takes two") {
  for (const bool single_post : {true, false}) {
    CAPTURE(single_post);
    MemoryRegistry from;
    MemoryRegistry to("https://other.example");
    from.single_post = to.single_post = single_post;
    Chart chart;
    REQUIRE(chart.push(*open(from)));
    const auto before = from.requests();
    const auto source = open(from);
    const auto target = open(to, "mirror/app", "other.example");
    REQUIRE(copy({}, *source, "1.0", *target, {.concurrency = 2}));
    const auto requests = from.requests() - before + to.requests();
    CHECK(requests == (single_post ? 7 : 9));
    CHECK(to.manifests["mirror/app@" + chart.manifest.digest.string()] ==
          from.manifests["app@" + chart.manifest.digest.string()]);
    const auto again = copy({}, *source, "1.0", *target, {.concurrency = 1});
    REQUIRE(again);
    CHECK(again->outcome == CopyReport::Outcome::unchanged);
    CHECK(from.requests() - before + to.requests() == requests + 2);
  }
}

TEST_CASE("inside a registry blobs are mounted: five requests, seven with tokens, and no blob moves") {
  for (const bool tokens : {false, true}) {
    MemoryRegistry registry;
    Chart chart;
    REQUIRE(chart.push(*open(registry)));
    std::optional<WithTokens> with;
    if (tokens) with.emplace(registry);
    const auto before = registry.requests();
    const auto host = Registry::make("reg.example", {.transport = registry.transport()}).value();
    const auto report =
        copy({}, *host->repository("app"), "1.0", *host->repository("copy"), {.concurrency = 1, .mount_from = "app"});
    REQUIRE(report);
    CHECK(report->blobs_copied == 0);
    CHECK(registry.requests() - before == (tokens ? 7 : 5));
    CHECK(registry.blobs.size() == 4);
  }
}

TEST_CASE("a mount that is no mount costs nothing: the upload that it began is used") {
  MemoryRegistry registry;
  const auto store = open(registry);
  const auto blob = describe("application/x", "content");
  CHECK_FALSE(store->mounter()->mount({}, blob, "elsewhere").value());
  CHECK(store->push_blob({}, blob, MemoryBlob("content")).value() == PushOutcome::stored);
  CHECK(registry.lines() == Lines{"POST app/blobs/uploads/?mount=DIGEST&from=elsewhere", "PUT app/blobs/uploads/"});
}

TEST_CASE("retagging takes two requests, four with tokens") {
  for (const bool tokens : {false, true}) {
    MemoryRegistry registry;
    Chart chart;
    REQUIRE(chart.push(*open(registry)));
    std::optional<WithTokens> with;
    if (tokens) with.emplace(registry);
    const auto before = registry.requests();
    const std::string stable[] = {"stable"};
    const auto tagged = tag({}, *open(registry), "1.0", stable);
    REQUIRE(tagged);
    CHECK(*tagged == chart.manifest);
    CHECK(registry.requests() - before == (tokens ? 4 : 2));
    CHECK(registry.tags["app"]["stable"] == chart.manifest.digest.string());
  }
}

TEST_CASE("a tag of a registry is not moved where that is forbidden") {
  MemoryRegistry registry;
  Chart chart;
  REQUIRE(chart.push(*open(registry)));
  const auto store = open(registry);
  registry.tags["app"]["taken"] = digest_of("something else").string();
  registry.manifests["app@" + digest_of("something else").string()] = {"application/x", "something else"};
  const std::string tags[] = {"fresh", "taken"};
  for (const auto if_exists : {IfExists::same, IfExists::fail}) {
    const auto tagged = tag({}, *store, "1.0", tags, if_exists);
    REQUIRE_FALSE(tagged);
    CHECK(tagged.error().code() == Errc::conflict);
    CHECK_FALSE(registry.tags["app"].contains("fresh"));
  }
  const std::string fresh[] = {"fresh"};
  CHECK(tag({}, *store, "1.0", fresh, IfExists::fail));
  CHECK(tag({}, *store, "1.0", fresh, IfExists::same));
  CHECK(tag({}, *store, "1.0", fresh, IfExists::fail).error().code() == Errc::conflict);
}
