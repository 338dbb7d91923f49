// SPDX-License-Identifier: Apache-2.0
// What refers to a manifest, on registries that keep such lists, that do not, and that only seem to.
#include <portolan/oci/manifest.h>

#include <algorithm>
#include <latch>
#include <set>
#include <thread>

#include "rig.h"

using namespace portolan;
using namespace portolan::test;
using testregistry::at_commit;
using testregistry::at_head;
using testregistry::on;
using testregistry::Rule;

namespace {

constexpr const char* signature = "application/vnd.example.signature";

/// A manifest without content that refers to `subject`, and differs from others by its name.
Manifest attachment(const Descriptor& subject, const std::string& name, const std::string& type = signature) {
  auto empty = describe(media_type::empty, "{}");
  return Manifest::make({.media_type = std::string(media_type::oci_manifest),
                         .artifact_type = type,
                         .config = empty,
                         .layers = {empty},
                         .subject = subject,
                         .annotations = {{"name", name}}});
}

Result<void> attach(const Context& context, Store& store, const Manifest& manifest) {
  const MemoryBlob content{std::string("{}")};
  if (auto pushed = store.push_blob(context, manifest.config(), content); !pushed) return std::move(pushed).error();
  return store.push_manifest(context, manifest.descriptor(), manifest.bytes(), {}, IfExists::same);
}

std::set<std::string> names(const std::vector<Descriptor>& referrers) {
  std::set<std::string> all;
  for (const auto& referrer : referrers) {
    const auto name = referrer.annotations.find("name");
    all.insert(name == referrer.annotations.end() ? "?" : name->second);
  }
  return all;
}

std::string fallback_tag(const Digest& subject) {
  auto tag = subject.string();
  tag[tag.find(':')] = '-';
  return tag;
}

struct Scene {
  explicit Scene(testregistry::Options options = {}, Access access = Access::bearer)
      : rig(access, Wire::plain, std::move(options)), client(rig.config) {
    subject = rig.push().value().report.root;
    store = client.open(rig.reference() + "/app").value();
    rig.registry.clear_requests();
  }
  std::vector<Descriptor> listed(const std::string& type = {}) {
    auto found = store->referrers_lister()->list_referrers(rig.context, subject.digest, type);
    REQUIRE(found);
    return *found;
  }
  std::size_t requests() const { return rig.registry.requests("", ""); }

  Rig rig;
  Client client;
  Descriptor subject{.digest = digest_of("")};
  std::shared_ptr<Store> store;
};

}  // namespace

TEST_CASE("referrers are listed in pages, by type, whether the registry filters or not") {
  for (const bool filters : {true, false}) {
    CAPTURE(filters);
    Scene scene({.page_size = 2, .filters_referrers = filters});
    for (const auto* name : {"a", "b", "c", "d", "e"}) {
      REQUIRE(attach(scene.rig.context, *scene.store, attachment(scene.subject, name)));
    }
    REQUIRE(attach(scene.rig.context, *scene.store, attachment(scene.subject, "other", "application/spdx+json")));
    CHECK(names(scene.listed()) == std::set<std::string>{"a", "b", "c", "d", "e", "other"});
    CHECK(names(scene.listed("application/spdx+json")) == std::set<std::string>{"other"});
    CHECK(scene.rig.registry.tags("charts/app") == std::vector<std::string>{"1.0.0"});
    scene.rig.check_behaviour();
  }
}

TEST_CASE("a registry that refuses the filter is asked without it before it is taken for one without lists") {
  for (const bool keeps_lists : {true, false}) {
    CAPTURE(keeps_lists);
    Scene scene({.referrers = keeps_lists});
    REQUIRE(attach(scene.rig.context, *scene.store, attachment(scene.subject, "a")));
    REQUIRE(attach(scene.rig.context, *scene.store, attachment(scene.subject, "b", "application/spdx+json")));
    scene.rig.registry.always(on("GET", "referrers").containing("artifactType=").answer(400));
    for (int i = 0; i < 2; ++i) {
      // What is known by then makes no difference.
      if (i == 0) scene.store = Client(scene.rig.config).open(scene.rig.reference() + "/app").value();
      CHECK(names(scene.listed(signature)) == std::set<std::string>{"a"});
    }
    CHECK(names(scene.listed()) == std::set<std::string>{"a", "b"});
    scene.rig.check_behaviour();
  }
}

TEST_CASE("where the registry keeps no lists, they are kept under a tag, and go with the last referrer") {
  Scene scene({.referrers = false});
  std::vector<Manifest> manifests;
  for (const auto* name : {"a", "b"}) {
    manifests.push_back(attachment(scene.subject, name));
    REQUIRE(attach(scene.rig.context, *scene.store, manifests.back()));
    // Once more changes nothing.
    REQUIRE(attach(scene.rig.context, *scene.store, manifests.back()));
  }
  CHECK(names(scene.listed()) == std::set<std::string>{"a", "b"});
  const auto tag = fallback_tag(scene.subject.digest);
  auto index = Index::parse(scene.rig.registry.manifest("charts/app", tag));
  REQUIRE(index);
  CHECK(index->manifests().size() == 2);
  CHECK(index->manifests()[0].artifact_type == signature);
  CHECK(index->manifests()[0].annotations.at("name") == "a");
  REQUIRE(scene.store->deleter()->remove(scene.rig.context, manifests[0].digest().string()));
  CHECK(names(scene.listed()) == std::set<std::string>{"b"});
  REQUIRE(scene.store->deleter()->remove(scene.rig.context, manifests[1].digest().string()));
  CHECK(scene.rig.registry.tags("charts/app") == std::vector<std::string>{"1.0.0"});
  scene.rig.check_behaviour();
}

TEST_CASE("what is no referrers API is not taken for one, and what fails is not taken for none") {
  struct Row {
    const char* what;
    std::function<Rule()> rule;
    std::optional<Errc> outcome;
  };
  const auto ask = [] { return on("GET", "referrers"); };
  const Row rows[] = {
      {"404", [&] { return ask().answer(404); }, {}},
      {"400", [&] { return ask().answer(400); }, {}},
      {"405", [&] { return ask().answer(405); }, {}},
      {"406", [&] { return ask().answer(406); }, {}},
      {"501", [&] { return ask().answer(501); }, {}},
      {"a web page", [&] { return ask().answer(200, "<html></html>", "text/html"); }, {}},
      {"another document", [&] { return ask().answer(200, "{}", "application/json"); }, {}},
      {"a web site elsewhere", [&] { return ask().redirect(303, "http://127.0.0.1:1/login"); }, {}},
      {"403", [&] { return ask().answer(403); }, Errc::forbidden},
      {"503", [&] { return ask().answer(503); }, Errc::unreachable},
      {"no JSON", [&] { return ask().answer(200, "[", "application/vnd.oci.image.index.v1+json"); },
       Errc::protocol_error},
      {"a circle of pages",
       [&] {
         return ask()
             .answer(200, R"({"schemaVersion":2,"manifests":[]})", "application/vnd.oci.image.index.v1+json")
             .with_header("Link", "</v2/x/referrers/y>; rel=\"next\"");
       },
       Errc::protocol_error},
      {"pages elsewhere",
       [&] {
         return ask()
             .answer(200, R"({"schemaVersion":2,"manifests":[]})", "application/vnd.oci.image.index.v1+json")
             .with_header("Link", "<http://127.0.0.1:1/>; rel=\"next\"");
       },
       Errc::protocol_error},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Scene scene({.referrers = false});
    REQUIRE(attach(scene.rig.context, *scene.store, attachment(scene.subject, "kept under a tag")));
    scene.rig.registry.always(row.rule());
    auto fresh = Client(scene.rig.config).open(scene.rig.reference() + "/app").value();
    const auto found = fresh->referrers_lister()->list_referrers(scene.rig.context, scene.subject.digest, {});
    REQUIRE(found.has_value() == !row.outcome);
    if (found) CHECK(names(*found) == std::set<std::string>{"kept under a tag"});
    if (!found) CHECK(found.error().code() == *row.outcome);
    scene.rig.check_behaviour();
  }
}

TEST_CASE("a header that a proxy takes away is no reason to keep a list that the registry keeps") {
  Scene scene;
  scene.rig.registry.always(on("PUT", "manifests").without_header("OCI-Subject"));
  REQUIRE(attach(scene.rig.context, *scene.store, attachment(scene.subject, "a")));
  CHECK(scene.rig.registry.tags("charts/app") == std::vector<std::string>{"1.0.0"});
  CHECK(names(scene.listed()) == std::set<std::string>{"a"});
}

TEST_CASE("what has the tag of a list and is none stays as it is, and that is said") {
  Scene scene({.referrers = false});
  const auto tag = fallback_tag(scene.subject.digest);
  const auto there = scene.rig.registry.manifest("charts/app", "1.0.0");
  scene.rig.registry.put_manifest("charts/app", there, std::string(media_type::oci_manifest), tag);
  CHECK(scene.listed().empty());
  const auto attached = attach(scene.rig.context, *scene.store, attachment(scene.subject, "a"));
  REQUIRE_FALSE(attached);
  CHECK(attached.error().code() == Errc::protocol_error);
  CHECK(scene.rig.registry.manifest("charts/app", tag) == there);
}

TEST_CASE("what somebody else writes into a list at the same time is not lost") {
  // Two that had read the list before it was written, each of which puts its own in the place of it.
  for (const bool conditional : {true, false}) {
    CAPTURE(conditional);
    Scene scene({.referrers = false, .conditional = conditional});
    const auto tag = fallback_tag(scene.subject.digest);
    const auto other = attachment(scene.subject, "other");
    auto entry = other.descriptor();
    entry.artifact_type = signature;
    entry.annotations = {{"name", "other"}};
    const auto foreign = Index::make({.manifests = {entry}});
    scene.rig.registry.put_manifest("charts/app", other.bytes(), std::string(media_type::oci_manifest));
    int writes = 0;
    scene.rig.registry.next(on("PUT", "manifests").containing(tag).edit_body([&](std::string body) {
      // It has been written, and is overwritten before anybody looks.
      if (++writes == 1) {
        scene.rig.registry.put_manifest("charts/app", foreign.bytes(), std::string(media_type::oci_index), tag);
      }
      return body;
    }));
    REQUIRE(attach(scene.rig.context, *scene.store, attachment(scene.subject, "ours")));
    CHECK(writes == 1);
    CHECK(names(scene.listed()) == std::set<std::string>{"other", "ours"});
    scene.rig.check_behaviour();
  }
}

TEST_CASE("a list that the registry refuses for its own reasons is no list that others change") {
  for (const bool there : {true, false}) {
    for (const int status : {409, 412}) {
      CAPTURE(there);
      CAPTURE(status);
      Scene scene({.referrers = false});
      const auto tag = fallback_tag(scene.subject.digest);
      if (there) REQUIRE(attach(scene.rig.context, *scene.store, attachment(scene.subject, "first")));
      scene.rig.registry.clear_requests();
      scene.rig.registry.always(
          on("PUT", "manifests")
              .containing(tag)
              .answer(status, R"({"errors":[{"code":"DENIED","message":"tags are immutable here"}]})"));
      const auto attached = attach(scene.rig.context, *scene.store, attachment(scene.subject, "second"));
      REQUIRE_FALSE(attached);
      CHECK(attached.error().http_status() == status);
      CHECK(attached.error().code() == (there ? Errc::conflict : Errc::protocol_error));
      const auto said =
          there ? " does not let charts/app:" + tag + " be changed" : " refused the list of referrers " + tag;
      CHECK(attached.error().message().find(scene.rig.registry.host() + said) != std::string::npos);
      CHECK(attached.error().details() == std::vector<Error::Detail>{{"it says", "tags are immutable here"}});
      // One of the manifest, and those of the list.
      CHECK(scene.rig.registry.requests("PUT", "manifests") == 1 + 4);
    }
  }
  // What others change between the attempts is waited for longer, and told as that.
  Scene scene({.referrers = false});
  const auto tag = fallback_tag(scene.subject.digest);
  int others = 0;
  scene.rig.registry.always(on("PUT", "manifests").containing(tag).answer(409).edit_body([&](std::string body) {
    auto entry = attachment(scene.subject, std::to_string(++others)).descriptor();
    scene.rig.registry.put_manifest("charts/app", std::string(Index::make({.manifests = {entry}}).bytes()),
                                    std::string(media_type::oci_index), tag);
    return body;
  }));
  const auto attached = attach(scene.rig.context, *scene.store, attachment(scene.subject, "ours"));
  REQUIRE_FALSE(attached);
  CHECK(attached.error().code() == Errc::conflict);
  CHECK(attached.error().message().find("others change it all the time") != std::string::npos);
  CHECK(others == 8);
}

TEST_CASE("many at once lose nothing from one list, and leave nothing in it") {
  for (const bool conditional : {true, false}) {
    CAPTURE(conditional);
    Scene scene({.referrers = false, .conditional = conditional}, Access::open);
    constexpr int writers = 6;
    // Each as a process of its own would: with nothing in common but the registry.
    const auto at_once = [&](const std::function<Result<void>(Store&, const Manifest&)>& does) {
      std::latch start(writers);
      std::vector<std::string> failures(writers);
      {
        std::vector<std::jthread> threads;
        for (int i = 0; i < writers; ++i) {
          threads.emplace_back([&, i] {
            Client own(scene.rig.config);
            auto store = own.open(scene.rig.reference() + "/app").value();
            start.arrive_and_wait();
            const auto done = does(*store, attachment(scene.subject, std::to_string(i)));
            if (!done) failures[static_cast<std::size_t>(i)] = done.error().message();
          });
        }
      }
      for (const auto& failure : failures) CHECK(failure == "");
    };
    at_once([](Store& store, const Manifest& manifest) { return attach({}, store, manifest); });
    CHECK(scene.listed().size() == writers);
    // This registry takes no list that names what it has not got, as docker-registry takes none.
    at_once(
        [](Store& store, const Manifest& manifest) { return store.deleter()->remove({}, manifest.digest().string()); });
    CHECK(scene.listed().empty());
  }
}

TEST_CASE("a list that names what has gone is mended by who writes it next") {
  Scene scene({.referrers = false});
  const auto tag = fallback_tag(scene.subject.digest);
  const auto there = attachment(scene.subject, "there");
  REQUIRE(attach(scene.rig.context, *scene.store, there));
  auto listed = scene.listed();
  auto gone = attachment(scene.subject, "gone").descriptor();
  gone.annotations = {{"name", "gone"}};
  listed.push_back(gone);
  scene.rig.registry.put_manifest("charts/app", std::string(Index::make({.manifests = listed}).bytes()),
                                  std::string(media_type::oci_index), tag);
  REQUIRE(names(scene.listed()) == std::set<std::string>{"there", "gone"});
  REQUIRE(attach(scene.rig.context, *scene.store, attachment(scene.subject, "new")));
  CHECK(names(scene.listed()) == std::set<std::string>{"there", "new"});
  // Where it is the new one that has gone, nobody else's entry is touched.
  const auto lost = attachment(scene.subject, "lost");
  scene.rig.registry.next(on("PUT", "manifests")
                              .containing(lost.digest().string())
                              .answer(201)
                              .with_header("Docker-Content-Digest", lost.digest().string()));
  const auto refused_lost = attach(scene.rig.context, *scene.store, lost);
  REQUIRE_FALSE(refused_lost);
  CHECK(refused_lost.error().http_status() == 400);
  CHECK(names(scene.listed()) == std::set<std::string>{"there", "new"});
  // Other refusals are told, and what only HEAD does not find has not gone.
  scene.rig.registry.always(on("HEAD", "manifests").containing(there.digest().string()).answer(404));
  scene.rig.registry.next(on("PUT", "manifests").containing(tag).answer(400));
  const auto refused = attach(scene.rig.context, *scene.store, attachment(scene.subject, "refused"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().http_status() == 400);
  CHECK(names(scene.listed()) == std::set<std::string>{"there", "new"});
}

TEST_CASE("a list that a registry says to have written and has not is no success") {
  Scene scene({.referrers = false});
  const auto tag = fallback_tag(scene.subject.digest);
  scene.rig.registry.always(on("PUT", "manifests").containing(tag).answer(201));
  const auto attached = attach(scene.rig.context, *scene.store, attachment(scene.subject, "a"));
  REQUIRE_FALSE(attached);
  CHECK(attached.error().code() == Errc::protocol_error);
  CHECK(attached.error().text().ends_with("with the list as it was before, though it took another one"));
}

TEST_CASE("a list that was written is found, whatever became of the answer") {
  for (const int status : {0, 500, 502, 503}) {
    for (const bool written : {true, false}) {
      CAPTURE(status);
      CAPTURE(written);
      Scene scene({.referrers = false});
      auto rule = on("PUT", "manifests").containing(fallback_tag(scene.subject.digest));
      if (status == 0) {
        rule.reset(written ? at_commit() : at_head());
      } else if (written) {
        rule.with_status(status).with_body("");
      } else {
        rule.answer(status);
      }
      scene.rig.registry.always(rule);
      CHECK(attach(scene.rig.context, *scene.store, attachment(scene.subject, "a")).has_value() == written);
      CHECK(names(scene.listed()) == (written ? std::set<std::string>{"a"} : std::set<std::string>{}));
    }
  }
}

TEST_CASE("a list of which a registry says that it has gone, and it has not, is emptied") {
  for (const int status : {200, 202, 204}) {
    CAPTURE(status);
    Scene scene({.referrers = false});
    const auto tag = fallback_tag(scene.subject.digest);
    const auto manifest = attachment(scene.subject, "a");
    REQUIRE(attach(scene.rig.context, *scene.store, manifest));
    scene.rig.registry.always(on("DELETE", "manifests").containing(tag).answer(status));
    REQUIRE(scene.store->deleter()->remove(scene.rig.context, manifest.digest().string()));
    CHECK(scene.listed().empty());
    CHECK_FALSE(scene.rig.registry.manifest("charts/app", tag).empty());
  }
}

TEST_CASE("what a registry does not delete stays in the list") {
  for (const int status : {403, 405}) {
    CAPTURE(status);
    Scene scene({.referrers = false});
    const auto manifest = attachment(scene.subject, "a");
    REQUIRE(attach(scene.rig.context, *scene.store, manifest));
    scene.rig.registry.always(on("DELETE", "manifests").containing(manifest.digest().string()).answer(status));
    const auto removed = scene.store->deleter()->remove(scene.rig.context, manifest.digest().string());
    REQUIRE_FALSE(removed);
    CHECK(removed.error().http_status() == status);
    CHECK(names(scene.listed()) == std::set<std::string>{"a"});
  }
}

TEST_CASE("a copy takes the referrers along, from either kind of registry to either") {
  for (const bool from_api : {true, false}) {
    for (const bool to_api : {true, false}) {
      CAPTURE(from_api);
      CAPTURE(to_api);
      Scene source({.referrers = from_api});
      const auto first = attachment(source.subject, "a signature");
      REQUIRE(attach(source.rig.context, *source.store, first));
      REQUIRE(attach(source.rig.context, *source.store, attachment(first.descriptor(), "a signature of that")));
      Rig target(Access::open, Wire::plain, {.referrers = to_api});
      Client client(target.config);
      auto store = client.open(target.reference() + "/copy").value();
      REQUIRE(copy(target.context, *source.store, "1.0.0", *store, {.referrers = Referrers::all}));
      auto found = store->referrers_lister()->list_referrers(target.context, source.subject.digest, {});
      REQUIRE(found);
      CHECK(names(*found) == std::set<std::string>{"a signature"});
      found = store->referrers_lister()->list_referrers(target.context, first.digest(), {});
      REQUIRE(found);
      CHECK(names(*found) == std::set<std::string>{"a signature of that"});
      target.check_behaviour();
    }
  }
}

TEST_CASE("what cosign has attached by its tags goes along, the stand-in list does not go as a tag") {
  Scene scene({.referrers = false});
  const auto tag = fallback_tag(scene.subject.digest);
  const auto there = scene.rig.registry.manifest("charts/app", "1.0.0");
  for (const auto* ending : {".sig", ".att"}) {
    scene.rig.registry.put_manifest("charts/app", there, std::string(media_type::oci_manifest), tag + ending);
  }
  scene.rig.registry.put_manifest("charts/app", there, std::string(media_type::oci_manifest),
                                  "sha256-" + std::string(64, '0') + ".sig");
  REQUIRE(attach(scene.rig.context, *scene.store, attachment(scene.subject, "a")));
  Rig target(Access::open);
  Client client(target.config);
  auto store = client.open(target.reference() + "/copy").value();
  REQUIRE(copy(target.context, *scene.store, "1.0.0", *store, {.referrers = Referrers::all}));
  CHECK(target.registry.tags("charts/copy") == std::vector<std::string>{"1.0.0", tag + ".att", tag + ".sig"});
  target.check_behaviour();
}

TEST_CASE("several tags go by one PUT where the registry can, and one by one where it cannot") {
  struct Row {
    bool by_query;
    std::size_t puts;
  };
  for (const auto& row : {Row{true, 1}, Row{false, 5}}) {
    CAPTURE(row.by_query);
    Scene scene({.tags_by_query = row.by_query});
    const std::vector<std::string> tags{"1", "1.0", "latest", "stable"};
    REQUIRE(tag(scene.rig.context, *scene.store, "1.0.0", tags));
    CHECK(scene.rig.registry.requests("PUT", "manifests") == row.puts);
    for (const auto& one : tags) {
      CHECK(scene.rig.registry.manifest("charts/app", one) == scene.rig.registry.manifest("charts/app", "1.0.0"));
    }
    scene.rig.check_behaviour();
  }
}
