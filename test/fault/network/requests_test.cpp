// SPDX-License-Identifier: Apache-2.0
// How many requests an operation takes over a real connection: all rows of the request budget (registry-protocol 25.1).
#include <portolan/copy/attach.h>
#include <portolan/copy/referrers.h>
#include <portolan/oci/manifest.h>
#include <portolan/store/layout_store.h>
#include <portolan/store/memory_store.h>

#include <string>
#include <vector>

#include "rig.h"

using namespace portolan;
using namespace portolan::test;
using testregistry::Options;

namespace {

/// Two registries and a client. An operation is done at `here`, or copies from here to there.
struct Scene {
  Scene(Access access, const Options& options)
      : here(access, Wire::plain, options), there(access, Wire::plain, options) {
    put_file(here.dir / "app/values.yaml", "a: 1\n");  // blobs that are small enough to find out what is possible
    // Where the machine is busy, a request that is made again would be counted.
    here.config.limits.answer_within = here.config.limits.answer_upload_within = here.config.limits.stall_limit =
        here.config.limits.send_stall_limit = 60s;
    client.emplace(here.config);
  }
  /// What was done before by others has taught the client nothing.
  void forget() {
    here.registry.clear_requests();
    there.registry.clear_requests();
    client.emplace(here.config);
  }
  std::size_t requests() const { return here.registry.requests().size() + there.registry.requests().size(); }
  std::shared_ptr<Store> open(const Rig& rig, const std::string& repository) {
    return client->open("oci://" + rig.registry.host() + "/" + repository).value();
  }
  std::shared_ptr<Store> app() { return open(here, "charts/app"); }
  Digest chart() const { return digest_of(here.registry.manifest("charts/app", "1.0.0")); }

  Rig here;
  Rig there;
  std::optional<Client> client;
};

/// Requests where nobody is asked who he is; and where tokens are wanted: by a client that knows nothing yet, by one
/// that has been told before where tokens are to be had, and by one that has the token, too.
struct Figures {
  std::size_t anonymous;
  std::size_t cold;
  std::size_t challenge_known;
  std::size_t token_known;
};

/// What a row's operation asks tokens for.
enum class Rights : std::uint8_t { pull, push, copy, mount, remove };

struct Row {
  std::string operation;
  Options registry;
  std::function<void(Scene&)> before;
  Rights rights;
  std::function<bool(Scene&)> run;
  Figures figures;
};

/// A question that is answered by "there is none", for which the client has to show that it may ask.
void ask(Scene& scene, Store& store) {
  const auto found = store.resolve(scene.here.context, "absent");
  REQUIRE_FALSE(found);
  REQUIRE(found.error().code() == Errc::not_found);
}

void remove_nothing(Scene& scene, Store& store) {
  const auto removed = store.deleter()->remove(scene.here.context, "absent");
  REQUIRE_FALSE(removed);
  REQUIRE(removed.error().code() == Errc::not_found);
}

/// Another repository of the same registry.
void learn_challenge(Scene& scene, Rights rights) {
  auto other = scene.open(scene.here, "other");
  rights == Rights::remove ? remove_nothing(scene, *other) : ask(scene, *other);
  if (rights == Rights::copy) ask(scene, *scene.open(scene.there, "other"));
}

/// The repositories of the row's own operation.
void learn_token(Scene& scene, Rights rights) {
  auto app = scene.app();
  switch (rights) {
    case Rights::pull: ask(scene, *app); break;
    case Rights::push:
      app->expect_push();
      ask(scene, *app);
      break;
    case Rights::copy: {
      ask(scene, *app);
      auto copy = scene.open(scene.there, "copy");
      copy->expect_push();
      ask(scene, *copy);
      break;
    }
    case Rights::mount: {
      auto copy = scene.open(scene.here, "copy");
      copy->expect_push("charts/app");
      ask(scene, *copy);
      break;
    }
    case Rights::remove: remove_nothing(scene, *app); break;
  }
}

enum class Knows : std::uint8_t { nothing, challenge, token };

std::size_t count(const Row& row, Access access, Knows knows) {
  Scene scene(access, row.registry);
  row.before(scene);
  scene.forget();
  if (knows == Knows::challenge) learn_challenge(scene, row.rights);
  if (knows == Knows::token) learn_token(scene, row.rights);
  scene.here.registry.clear_requests();
  scene.there.registry.clear_requests();
  CHECK(row.run(scene));
  scene.here.check_behaviour();
  scene.there.check_behaviour();
  return scene.requests();
}

void check(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.operation);
    CHECK(count(row, Access::open, Knows::nothing) == row.figures.anonymous);
    CHECK(count(row, Access::bearer, Knows::nothing) == row.figures.cold);
    CHECK(count(row, Access::bearer, Knows::challenge) == row.figures.challenge_known);
    CHECK(count(row, Access::bearer, Knows::token) == row.figures.token_known);
  }
}

// Registries.

/// A blob in one request, and none from another repository that is not named.
const Options in_one{.single_post = true, .mounts_from_anywhere = false};
/// A blob in two requests, as distribution's registry wants it.
const Options in_two{.single_post = false, .mounts_from_anywhere = false};
/// The same, with blobs of any repository.
const Options shared_blobs{.single_post = false, .mounts_from_anywhere = true};
const Options without_referrers{.single_post = true, .mounts_from_anywhere = false, .referrers = false};
const Options with_tag_lists{.single_post = true, .mounts_from_anywhere = false, .tags_by_query = true};

// What is there before.

void nothing(Scene&) {}
void a_chart(Scene& scene) { REQUIRE(scene.here.push()); }

bool copied(Scene& scene, Store& target, const CopyOptions& options = {}, const std::string& selector = "1.0.0") {
  return copy(scene.here.context, *scene.app(), selector, target, options).has_value();
}

bool to_there(Scene& scene, const CopyOptions& options = {}) {
  return copied(scene, *scene.open(scene.there, "copy"), options);
}

bool inside(Scene& scene) { return copied(scene, *scene.open(scene.here, "copy"), {.mount_from = "charts/app"}); }

void a_chart_and_its_copy(Scene& scene) {
  a_chart(scene);
  REQUIRE(to_there(scene));
}

void a_chart_and_its_copy_inside(Scene& scene) {
  a_chart(scene);
  REQUIRE(inside(scene));
}

/// The manifest of a chart that carries its archive along.
void a_chart_in_its_manifest(Scene& scene) {
  a_chart(scene);
  auto& registry = scene.here.registry;
  const auto manifest = Manifest::parse(registry.manifest("charts/app", "1.0.0")).value();
  auto layer = manifest.layers().at(0);
  layer.data = registry.blob("charts/app", layer.digest.string());
  const auto inlined =
      Manifest::make({.config = manifest.config(), .layers = {layer}, .annotations = manifest.annotations()});
  registry.put_manifest("charts/app", inlined.bytes(), std::string(media_type::oci_manifest), "1.0.0");
}

void an_index_of_one_chart(Scene& scene) {
  a_chart(scene);
  auto& registry = scene.here.registry;
  const auto manifest = Manifest::parse(registry.manifest("charts/app", "1.0.0")).value();
  const auto index = Index::make({.manifests = {manifest.descriptor()}});
  registry.put_manifest("charts/app", index.bytes(), std::string(media_type::oci_index), "1.0.0");
}

constexpr const char* image_config = "application/vnd.oci.image.config.v1+json";
constexpr const char* image_layer = "application/vnd.oci.image.layer.v1.tar";

/// Of a configuration and a layer, of which no other image has one.
Descriptor put_image(Scene& scene, const std::string& architecture, const std::string& tag = {}) {
  auto& registry = scene.here.registry;
  const auto config = R"({"os":"linux","architecture":")" + architecture + "\"}";
  const auto layer = "a layer of " + architecture;
  registry.put_blob("charts/app", config);
  registry.put_blob("charts/app", layer);
  const auto manifest = Manifest::make({.media_type = std::string(media_type::oci_manifest),
                                        .config = describe(image_config, config),
                                        .layers = {describe(image_layer, layer)}});
  registry.put_manifest("charts/app", manifest.bytes(), std::string(media_type::oci_manifest), tag);
  auto descriptor = manifest.descriptor();
  descriptor.platform = Platform{.architecture = architecture, .os = "linux"};
  return descriptor;
}

void an_image(Scene& scene) { put_image(scene, "amd64", "1.0.0"); }

void an_image_of_two_platforms(Scene& scene) {
  const auto index = Index::make({.manifests = {put_image(scene, "amd64"), put_image(scene, "arm64")}});
  scene.here.registry.put_manifest("charts/app", index.bytes(), std::string(media_type::oci_index), "1.0.0");
}

bool attached(Scene& scene) {
  put_file(scene.here.dir / "report.json", "{\"components\":[]}\n");
  const Attachment report{.artifact_type = "application/spdx+json", .files = {{scene.here.dir / "report.json"}}};
  return attach(scene.here.context, *scene.app(), "1.0.0", report).has_value();
}

void a_chart_with_a_report(Scene& scene) {
  a_chart(scene);
  REQUIRE(attached(scene));
}

void an_artifact_elsewhere(Scene& scene) { scene.here.registry.put_blob("elsewhere", "{}"); }

// What is done.

bool push(Scene& scene, const PushRequest& request = {}) {
  return scene.client->push(scene.here.context, scene.here.dir / "app", scene.here.reference(), request).has_value();
}

bool push_replacing(Scene& scene) { return push(scene, {.if_exists = IfExists::replace}); }

/// A file with the empty configuration, from this machine.
bool push_artifact(Scene& scene) {
  const auto empty = describe(media_type::empty, "{}");
  const auto layer = describe("text/plain", "a file");
  const auto manifest = Manifest::make({.media_type = std::string(media_type::oci_manifest),
                                        .artifact_type = "application/vnd.example.file",
                                        .config = empty,
                                        .layers = {layer}});
  const auto& context = scene.here.context;
  MemoryStore source;
  REQUIRE(source.push_blob(context, empty, MemoryBlob(std::string("{}"))));
  REQUIRE(source.push_blob(context, layer, MemoryBlob(std::string("a file"))));
  const std::string tags[] = {"1"};
  REQUIRE(source.push_manifest(context, manifest.descriptor(), manifest.bytes(), tags, IfExists::same));
  return copy(context, source, "1", *scene.app(), {.concurrency = 1}).has_value();
}

bool pull(Scene& scene, const std::string& selector = ":1.0.0") {
  return scene.client->pull(scene.here.context, scene.here.reference() + "/app" + selector).has_value();
}

bool pull_by_digest(Scene& scene) { return pull(scene, "@" + scene.chart().string()); }

bool to_layout(Scene& scene) {
  const auto layout = Layout::open(scene.here.dir / "layout").value();
  return copied(scene, *layout->repository("copy"));
}

void an_image_and_its_layout(Scene& scene) {
  an_image(scene);
  REQUIRE(to_layout(scene));
}

bool to_there_by_digest(Scene& scene) {
  return copied(scene, *scene.open(scene.there, "copy"), {.tags = {"1.0.0"}}, scene.chart().string());
}

bool to_there_with_referrers(Scene& scene) { return to_there(scene, {.referrers = Referrers::all, .concurrency = 1}); }

bool tagged(Scene& scene, const std::vector<std::string>& tags) {
  return tag(scene.here.context, *scene.app(), "1.0.0", tags, IfExists::replace).has_value();
}

bool one_tag(Scene& scene) { return tagged(scene, {"stable"}); }
bool four_tags(Scene& scene) { return tagged(scene, {"1", "1.0", "latest", "stable"}); }
bool push_with_tags(Scene& scene) { return push(scene, {.tags = {"1", "1.0", "latest"}}); }

bool discovered(Scene& scene) {
  const auto tree = referrer_tree(scene.here.context, *scene.app(), "1.0.0", {.depth = 1});
  return tree && tree->referrers.size() == 1;
}

bool discovered_to_the_end(Scene& scene) {
  const auto tree = referrer_tree(scene.here.context, *scene.app(), "1.0.0");
  return tree && tree->referrers.size() == 1;
}

bool resolved(Scene& scene) { return scene.app()->resolve(scene.here.context, "1.0.0").has_value(); }

bool listed(Scene& scene) {
  return scene.app()->tag_lister()->list_tags(scene.here.context, [](auto) { return true; }).has_value();
}

bool removed(Scene& scene) { return scene.app()->deleter()->remove(scene.here.context, "1.0.0").has_value(); }

}  // namespace

// A HEAD more than the budget has: that of the tag, which a push or copy may not move (IfExists::same).

TEST_CASE("a push takes no request more than it has to") {
  check({
      {"new", in_one, nothing, Rights::push, [](Scene& scene) { return push(scene); }, {4, 6, 5, 4}},
      {"new, replacing", in_one, nothing, Rights::push, push_replacing, {3, 5, 4, 3}},
      {"new, blobs in two requests",
       in_two,
       nothing,
       Rights::push,
       [](Scene& scene) { return push(scene); },
       {6, 8, 7, 6}},
      {"new, replacing, blobs in two requests", in_two, nothing, Rights::push, push_replacing, {5, 7, 6, 5}},
      {"the empty config is in another repository",
       shared_blobs,
       an_artifact_elsewhere,
       Rights::push,
       push_artifact,
       {5, 7, 6, 5}},
      // One more than the budget has: whether the empty config is there is asked by a mount, which cannot be told
      // beforehand to be in vain. Where the layer has gone before it, as in attach(), it costs nothing.
      {"the empty config is nowhere, blobs in one request", in_one, nothing, Rights::push, push_artifact, {5, 7, 6, 5}},
      {"unchanged", in_one, a_chart, Rights::push, [](Scene& scene) { return push(scene); }, {1, 3, 2, 1}},
  });
}

TEST_CASE("a pull takes no request more than it has to") {
  const auto by_tag = [](Scene& scene) { return pull(scene); };
  check({
      {"by tag", in_one, a_chart, Rights::pull, by_tag, {2, 4, 3, 2}},
      {"by digest", in_one, a_chart, Rights::pull, pull_by_digest, {2, 4, 3, 2}},
      {"the layer is in the manifest", in_one, a_chart_in_its_manifest, Rights::pull, by_tag, {1, 3, 2, 1}},
      {"by tag, from an index", in_one, an_index_of_one_chart, Rights::pull, by_tag, {3, 5, 4, 3}},
      {"an image, to a layout", in_one, an_image, Rights::pull, to_layout, {3, 5, 4, 3}},
      {"an image, to a layout that has it", in_one, an_image_and_its_layout, Rights::pull, to_layout, {1, 3, 2, 1}},
      // The index, two manifests, and a config and a layer of each.
      {"an image of two platforms, to a layout",
       in_one,
       an_image_of_two_platforms,
       Rights::pull,
       to_layout,
       {7, 9, 8, 7}},
  });
}

TEST_CASE("a copy takes no request more than it has to") {
  const auto over = [](Scene& scene) { return to_there(scene); };
  check({
      {"to another registry", in_one, a_chart, Rights::copy, over, {7, 11, 9, 7}},
      {"to another registry, blobs in two requests", in_two, a_chart, Rights::copy, over, {9, 13, 11, 9}},
      {"to another registry that has it", in_one, a_chart_and_its_copy, Rights::copy, over, {2, 6, 4, 2}},
      // The source is not asked at all.
      {"by digest, to another registry that has it",
       in_one,
       a_chart_and_its_copy,
       Rights::copy,
       to_there_by_digest,
       {1, 3, 2, 1}},
      {"inside a registry", in_one, a_chart, Rights::mount, inside, {5, 7, 6, 5}},
      {"inside a registry, again", in_one, a_chart_and_its_copy_inside, Rights::mount, inside, {2, 4, 3, 2}},
      // As to a layout, and for each platform two blobs and a manifest, and the index.
      {"an image of two platforms, to another registry",
       in_one,
       an_image_of_two_platforms,
       Rights::copy,
       over,
       {15, 19, 17, 15}},
  });
}

TEST_CASE("what refers to a manifest takes no request more than it has to") {
  check({
      {"attach a file", in_one, a_chart, Rights::push, attached, {4, 6, 5, 4}},
      {"attach a file, blobs in two requests", in_two, a_chart, Rights::push, attached, {6, 8, 7, 6}},
      // The question for the API, the list under the tag, its new version, and whether that has stayed.
      {"attach a file, no API", without_referrers, a_chart, Rights::push, attached, {8, 10, 9, 8}},
      {"discover", in_one, a_chart_with_a_report, Rights::pull, discovered, {2, 4, 3, 2}},
      // The report may have referrers of its own.
      {"discover to the end", in_one, a_chart_with_a_report, Rights::pull, discovered_to_the_end, {3, 5, 4, 3}},
      // The question for the API, and then the list under the tag.
      {"discover, no API", without_referrers, a_chart_with_a_report, Rights::pull, discovered, {3, 5, 4, 3}},
      // 7 for the chart, 5 for the report (its config is in its manifest), both lists of referrers, the chart's
      // manifest by its digest, which goes before the report as its tag goes after it, and all tags, for cosign's.
      {"copy with a report", in_one, a_chart_with_a_report, Rights::copy, to_there_with_referrers, {16, 20, 18, 16}},
  });
}

TEST_CASE("what is about tags takes no request more than it has to") {
  check({
      {"resolve", in_one, a_chart, Rights::pull, resolved, {1, 3, 2, 1}},
      {"list", in_one, a_chart, Rights::pull, listed, {1, 3, 2, 1}},
      {"tag", in_one, a_chart, Rights::push, one_tag, {2, 4, 3, 2}},
      {"four tags", with_tag_lists, a_chart, Rights::push, four_tags, {2, 4, 3, 2}},
      // One PUT is in vain: nothing else tells that the registry does not know several tags in one.
      {"four tags, one by one", in_one, a_chart, Rights::push, four_tags, {6, 8, 7, 6}},
      {"push with three further tags", with_tag_lists, nothing, Rights::push, push_with_tags, {5, 7, 6, 5}},
      {"push with three further tags, one by one", in_one, nothing, Rights::push, push_with_tags, {8, 10, 9, 8}},
      {"delete", in_one, a_chart, Rights::remove, removed, {1, 3, 2, 1}},
      // More than the budget's 2 and 1: what a registry calls the right to delete (`delete`, `*`) is known from its
      // challenge alone, and reading has brought no such one.
      {"the first delete after reading", in_one, a_chart, Rights::pull, removed, {1, 3, 3, 3}},
  });
}
