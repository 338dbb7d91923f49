// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/copy/copy.h>

#include "scripted_store.h"

using namespace portolan;
using portolan::test::Content;
using portolan::test::ScriptedStore;

namespace {

using Calls = std::vector<std::string>;

std::string detail(const Error& error, std::string_view name) {
  for (const auto& [key, value] : error.details()) {
    if (key == name) return value;
  }
  return {};
}

struct Stores {
  ScriptedStore source{"SRC"};
  ScriptedStore target{"DST"};
  Content content{source, target};
  Context context{};

  // What went over in all: the budget of a registry follows from these.
  Result<CopyReport> run(std::string_view selector, CopyOptions options = {}) {
    source.forget_calls();
    target.forget_calls();
    options.concurrency = 1;  // the order of calls is the point
    return copy(context, source, selector, target, options);
  }
};

}  // namespace

TEST_CASE("a new chart takes one look at the target, one read of the manifest, each blob once, one manifest write") {
  Stores stores;
  const auto chart = stores.content.chart("app", {"1.0"});
  const auto report = stores.run("1.0");
  REQUIRE(report);
  CHECK(stores.source.calls() == Calls{"fetch_manifest 1.0", "fetch app-config", "fetch app-layer"});
  CHECK(stores.target.calls() ==
        Calls{"resolve 1.0", "push_blob app-config", "push_blob app-layer", "push_manifest app 1.0"});
  CHECK(report->outcome == CopyReport::Outcome::copied);
  CHECK(report->root == chart);
  CHECK(report->tags == Calls{"1.0"});
  CHECK(report->blobs_copied == 2);
  CHECK(report->blobs_present == 0);
  CHECK(report->manifests == 1);
  CHECK(report->bytes == chart.size + std::string("{\"name\":\"app\"}archive of app").size());
}

TEST_CASE("what lies here and replaces a tag of a registry goes there without a question") {
  struct Row {
    bool source_remote;
    bool target_remote;
    IfExists if_exists;
    bool asks;
  };
  const Row rows[] = {
      {false, true, IfExists::replace, false}, {false, true, IfExists::same, true},
      {false, true, IfExists::fail, true},     {true, true, IfExists::replace, true},
      {false, false, IfExists::replace, true}, {true, false, IfExists::replace, true},
  };
  for (const auto& row : rows) {
    Stores stores;
    stores.content.chart("app", {"1.0"});
    stores.source.remote = row.source_remote;
    stores.target.remote = row.target_remote;
    const auto report = stores.run("1.0", {.if_exists = row.if_exists});
    REQUIRE(report);
    CHECK(stores.target.count("resolve") == (row.asks ? 1 : 0));
    CHECK(stores.target.count("push_manifest app 1.0") == 1);
    CHECK(report->outcome == CopyReport::Outcome::copied);
  }
}

TEST_CASE("a target is told beforehand that it will be written, and from where blobs may be mounted") {
  Stores stores;
  stores.content.chart("app", {"1.0"});
  REQUIRE(stores.run("1.0", {.mount_from = "charts/app"}));
  CHECK(stores.target.expected_from == "charts/app");
  CHECK_FALSE(stores.source.expected_from);
}

TEST_CASE("an unchanged chart takes one question to each side") {
  Stores stores;
  stores.target.remote = true;
  const auto chart = stores.content.chart("app", {"1.0"});
  REQUIRE(stores.run("1.0"));
  const auto again = stores.run("1.0");
  REQUIRE(again);
  CHECK(stores.source.calls() == Calls{"resolve 1.0"});
  CHECK(stores.target.calls() == Calls{"resolve 1.0"});
  CHECK(again->outcome == CopyReport::Outcome::unchanged);
  CHECK(again->root == chart);
  CHECK(again->manifests + again->blobs_copied + again->blobs_present + again->bytes == 0);
}

TEST_CASE("a target on this machine is looked through") {
  Stores stores;
  stores.content.chart("app", {"1.0"});
  REQUIRE(stores.run("1.0"));
  const auto again = stores.run("1.0");
  REQUIRE(again);
  CHECK(again->outcome == CopyReport::Outcome::unchanged);
  CHECK(stores.source.calls() == Calls{"resolve 1.0"});
  CHECK(stores.target.calls() ==
        Calls{"resolve 1.0", "exists app", "fetch_manifest app", "exists app-layer", "exists app-config"});
}

TEST_CASE("a selector that is a digest needs no question to the source") {
  Stores stores;
  stores.target.remote = true;
  const auto chart = stores.content.chart("app", {"1.0"});
  REQUIRE(stores.run("1.0"));
  const auto again = stores.run(chart.digest.string(), {.tags = {"1.0"}});
  REQUIRE(again);
  CHECK(again->outcome == CopyReport::Outcome::unchanged);
  CHECK(stores.source.calls() == Calls{});
  CHECK(stores.target.calls() == Calls{"resolve 1.0"});
}

TEST_CASE("a digest without tags is copied without tags") {
  Stores stores;
  stores.target.remote = true;
  const auto chart = stores.content.chart("app", {});
  const auto report = stores.run(chart.digest.string());
  REQUIRE(report);
  CHECK(report->tags.empty());
  CHECK(stores.target.calls() ==
        Calls{"resolve app", "push_blob app-config", "push_blob app-layer", "push_manifest app"});
  const auto again = stores.run(chart.digest.string());
  REQUIRE(again);
  CHECK(again->outcome == CopyReport::Outcome::unchanged);
  CHECK(stores.target.calls() == Calls{"resolve app"});
}

TEST_CASE("another tag for content that is there moves no blob") {
  Stores stores;
  stores.target.remote = true;
  stores.content.chart("app", {"1.0"});
  REQUIRE(stores.run("1.0"));
  const auto report = stores.run("1.0", {.tags = {"1.0", "1", "latest", "1"}});
  REQUIRE(report);
  CHECK(report->outcome == CopyReport::Outcome::copied);
  CHECK(report->tags == Calls{"1.0", "1", "latest"});
  CHECK(report->manifests == 1);
  CHECK(stores.source.calls() == Calls{"resolve 1.0", "fetch_manifest 1.0"});
  CHECK(stores.target.calls() == Calls{"resolve 1.0", "resolve 1", "resolve latest", "push_manifest app 1 latest"});
}

TEST_CASE("what is there already decides by IfExists, before anything is moved") {
  enum class There { nothing, same, other };
  struct Case {
    There there;
    IfExists if_exists;
    std::optional<Errc> error;
    bool moves;
  };
  const Case cases[] = {
      {There::nothing, IfExists::same, {}, true},
      {There::nothing, IfExists::fail, {}, true},
      {There::nothing, IfExists::replace, {}, true},
      {There::same, IfExists::same, {}, false},
      {There::same, IfExists::fail, Errc::conflict, false},
      {There::same, IfExists::replace, {}, false},
      {There::other, IfExists::same, Errc::conflict, false},
      {There::other, IfExists::fail, Errc::conflict, false},
      {There::other, IfExists::replace, {}, true},
  };
  for (const auto& row : cases) {
    CAPTURE(static_cast<int>(row.there));
    CAPTURE(static_cast<int>(row.if_exists));
    Stores stores;
    const auto old = stores.content.chart("old", {"1.0"});
    if (row.there != There::nothing) REQUIRE(stores.run("1.0"));
    const auto chart = row.there == There::same ? old : stores.content.chart("new", {"1.0"});
    const auto report = stores.run("1.0", {.if_exists = row.if_exists});
    CHECK((stores.target.count("push") != 0) == row.moves);
    if (!row.error) {
      REQUIRE(report);
      CHECK(stores.target.held().resolve({}, "1.0").value().digest == chart.digest);
      continue;
    }
    REQUIRE_FALSE(report);
    CHECK(report.error().code() == *row.error);
    // What is refused is proved first.
    CHECK(stores.source.calls() == Calls{"resolve 1.0", "fetch_manifest 1.0"});
    CHECK(detail(report.error(), "tag") == "1.0");
    CHECK(detail(report.error(), "there") == old.digest.string());
    CHECK(detail(report.error(), "here") == chart.digest.string());
    CHECK(stores.target.held().resolve({}, "1.0").value().digest == old.digest);
  }
}

TEST_CASE("one tag in the way stops the copy to all of them") {
  Stores stores;
  stores.content.chart("old", {"1"});
  REQUIRE(stores.run("1"));
  stores.content.chart("new", {"1.1"});
  const auto report = stores.run("1.1", {.tags = {"1.1", "1"}});
  REQUIRE_FALSE(report);
  CHECK(report.error().code() == Errc::conflict);
  CHECK(detail(report.error(), "tag") == "1");
  CHECK(stores.target.count("push") == 0);
}

TEST_CASE("a plus in a tag is written as an underscore, and what is no tag is refused before any call") {
  Stores stores;
  stores.content.chart("app", {"1.0"});
  const auto report = stores.run("1.0", {.tags = {"1.0+7", "1.0_7"}});
  REQUIRE(report);
  CHECK(report->tags == Calls{"1.0_7"});
  for (const auto* bad : {"", "a b", "x/y", "-x", "a:b"}) {
    CAPTURE(bad);
    CHECK(stores.run("1.0", {.tags = {bad}}).error().code() == Errc::invalid_reference);
    CHECK(stores.source.calls().empty());
    CHECK(stores.target.calls().empty());
  }
  CHECK(stores.run("app:1.0").error().code() == Errc::invalid_reference);
}

TEST_CASE("every shape of graph goes over whole and in order") {
  Stores stores;
  auto& content = stores.content;
  const auto shared = content.blob("shared", "shared layer");
  const auto config = content.blob("config", "{}");
  const auto empty = content.blob("empty", "");
  const auto one = content.manifest("one", {.config = config, .layers = {shared, shared, content.blob("l1", "1")}});
  const auto two = content.manifest("two", {.config = config, .layers = {shared, empty}});
  const auto bare = content.manifest("bare", {.config = config});
  const auto inner = content.index("inner", {two, one});
  const auto none = content.index("none", {});
  content.index("root", {one, two, bare, inner, none, one}, {"all"});
  for (const unsigned concurrency : {1U, 2U, 8U}) {
    CAPTURE(concurrency);
    ScriptedStore target("DST");
    const auto report = copy({}, stores.source, "all", target, {.concurrency = concurrency});
    REQUIRE(report);
    CHECK(report->blobs_copied == 4);
    CHECK(report->blobs_present == 0);
    CHECK(report->manifests == 6);
    CHECK(target.count("push_blob") == 4);
    CHECK(target.count("push_manifest") == 6);
    CHECK(target.calls().back() == "push_manifest " + report->root.digest.string() + " all");
    CHECK(target.held().fetch_manifest({}, "all").value().bytes ==
          stores.source.held().fetch_manifest({}, "all").value().bytes);
  }
}

TEST_CASE("blobs that the target has are counted apart, and never read") {
  Stores stores;
  stores.content.chart("app", {"1.0"});
  const std::string layer = "archive of app";
  REQUIRE(stores.target.held().push_blob({}, describe(media_type::helm_chart, layer), MemoryBlob(layer)));
  const auto report = stores.run("1.0");
  REQUIRE(report);
  CHECK(report->blobs_copied == 1);
  CHECK(report->blobs_present == 1);
  CHECK(stores.source.calls() == Calls{"fetch_manifest 1.0", "fetch app-config"});
}

TEST_CASE("content that the parent carries is not fetched") {
  Stores stores;
  auto config = stores.content.blob("config", "{}", media_type::empty);
  config.data = "{}";
  auto child = stores.content.manifest("child", {.config = config});
  child.data = stores.source.held().fetch_manifest({}, child.digest.string()).value().bytes;
  stores.content.index("root", {child}, {"1"});
  REQUIRE(stores.run("1"));
  CHECK(stores.source.calls() == Calls{"fetch_manifest 1"});
  CHECK(stores.target.calls() == Calls{"resolve 1", "push_blob config", "push_manifest child", "push_manifest root 1"});
}

TEST_CASE("a blob is mounted where the target can, and pushed where it cannot") {
  Stores stores;
  stores.content.chart("app", {"1.0"});
  const std::string layer = "archive of app";
  stores.target.strict = false;
  stores.target.mountable_from = "charts/app";
  stores.target.mountable = {describe({}, layer).digest};
  const auto report = stores.run("1.0", {.mount_from = "charts/app"});
  REQUIRE(report);
  CHECK(report->blobs_copied == 1);
  CHECK(report->blobs_present == 1);
  CHECK(stores.target.calls() == Calls{"resolve 1.0", "mount app-config from charts/app", "push_blob app-config",
                                       "mount app-layer from charts/app", "push_manifest app 1.0"});
}

TEST_CASE("what a target says to have and has not got is sent once more") {
  Stores stores;
  stores.content.chart("app", {"1.0"});
  const std::string layer = "archive of app";
  stores.target.mountable_from = "charts/app";
  stores.target.mountable = {describe({}, layer).digest};
  std::size_t completed = 0;
  std::size_t known = 0;
  stores.context.on_progress = [&](const Progress& step) { completed = step.completed, known = step.known; };
  const auto report = stores.run("1.0", {.mount_from = "charts/app"});
  REQUIRE(report);
  CHECK(stores.target.calls() == Calls{"resolve 1.0", "mount app-config from charts/app", "push_blob app-config",
                                       "mount app-layer from charts/app", "push_manifest app 1.0",
                                       "push_blob app-layer", "push_manifest app 1.0"});
  CHECK(report->blobs_copied == 2);
  CHECK(report->blobs_present == 0);
  CHECK(report->bytes == report->root.size + std::string("{\"name\":\"app\"}archive of app").size());
  CHECK(completed == known);
  // Once, and not without end.
  stores.target.script = [&](const std::string& call) -> std::optional<Error> {
    if (!call.starts_with("push_manifest")) return std::nullopt;
    return Error(Errc::protocol_error, "it lacks a blob").with({.lacking = {describe({}, layer).digest.string()}});
  };
  stores.content.manifest(
      "other", {.config = stores.content.blob("config", "{}"), .layers = {describe(media_type::helm_chart, layer)}},
      {"2.0"});
  const auto refused = stores.run("2.0");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text() == "it lacks a blob");
  CHECK(stores.target.count("push_manifest") == 2);
  CHECK(stores.target.count("push_blob app-layer") == 2);
  CHECK(stores.target.count("push_blob config") == 1);
  // What is said to be missing and does not belong to it is not looked for.
  stores.target.script = [&](const std::string& call) -> std::optional<Error> {
    if (!call.starts_with("push_manifest")) return std::nullopt;
    return Error(Errc::protocol_error, "it lacks a blob").with({.lacking = {digest_of("x").string()}});
  };
  CHECK_FALSE(stores.run("2.0"));
  CHECK(stores.target.count("push_manifest") == 1);
}

TEST_CASE("manifests that a target has taken and has not got are sent once more, with what they lack") {
  Stores stores;
  const auto child = stores.content.chart("child", {});
  const auto root = stores.content.index("root", {child, stores.content.chart("other", {})}, {"1"});
  const auto layer = describe({}, "archive of child").digest.string();
  const auto lost = [](const std::string& digest) {
    return Error(Errc::protocol_error, "it lacks something").with({.lacking = {digest}});
  };
  unsigned roots = 0;
  unsigned children = 0;
  stores.target.script = [&](const std::string& call) -> std::optional<Error> {
    if (call == "push_manifest root 1" && ++roots == 1) return lost(child.digest.string());
    if (call == "push_manifest child" && ++children == 2) return lost(layer);
    return std::nullopt;
  };
  const auto report = stores.run("1");
  REQUIRE(report);
  const auto calls = stores.target.calls();
  const auto first = std::find(calls.begin(), calls.end(), "push_manifest root 1");
  CHECK(Calls(first, calls.end()) == Calls{"push_manifest root 1", "push_manifest child", "push_blob child-layer",
                                           "push_manifest child", "push_manifest root 1"});
  CHECK(report->manifests == 3);
  CHECK(report->blobs_copied == 4);
  CHECK(report->root == root);
}

TEST_CASE("a layer that need not be distributed goes over where the source has it, and is left out where not") {
  Stores stores;
  stores.target.strict = false;
  auto missing = describe("application/vnd.oci.image.layer.nondistributable.v1.tar", "elsewhere");
  missing.urls = {"https://elsewhere.example/layer"};
  auto there = stores.content.blob("there", "here all the same");
  there.urls = {"https://elsewhere.example/other"};
  const auto config = stores.content.blob("config", "{}");
  stores.content.manifest("image", {.config = config, .layers = {missing, there}}, {"1"});
  const auto report = stores.run("1");
  REQUIRE(report);
  CHECK(report->blobs_copied == 2);
  CHECK(report->manifests == 1);

  auto needed = describe("application/x", "nowhere");
  stores.content.manifest("broken", {.config = config, .layers = {needed}}, {"2"});
  const auto broken = stores.run("2");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code() == Errc::not_found);
  CHECK(stores.target.held().resolve({}, "2").error().code() == Errc::not_found);
}

TEST_CASE("an error is framed once, by the side that failed") {
  struct Case {
    std::string call;  // the call that fails
    bool at_source;
    std::string message;
  };
  Stores names;
  const auto chart = names.content.chart("app", {"1.0"});
  const auto layer = describe({}, "archive of app").digest.string();
  const Case cases[] = {
      {"resolve 1.0", false, "copying 1.0 to DST: boom"},
      {"fetch_manifest 1.0", true, "copying 1.0 from SRC: boom"},
      {"fetch app-layer", true, "copying " + layer + " from SRC: boom"},
      {"push_blob app-layer", false, "copying " + layer + " to DST: boom"},
      {"push_manifest app 1.0", false, "copying " + chart.digest.string() + " to DST: boom"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.call);
    Stores stores;
    stores.content.chart("app", {"1.0"});
    (row.at_source ? stores.source : stores.target).script = [&](const std::string& call) -> std::optional<Error> {
      if (call != row.call) return std::nullopt;
      return Error(Errc::unreachable, "boom");
    };
    const auto report = stores.run("1.0");
    REQUIRE_FALSE(report);
    CHECK(report.error().code() == Errc::unreachable);
    CHECK(report.error().message() == row.message);
    CHECK(stores.target.held().resolve({}, "1.0").error().code() == Errc::not_found);
  }
}

TEST_CASE("a store that hands out other content than was asked for is caught") {
  // A source without any checks of its own.
  class Liar final : public ReadStore {
   public:
    explicit Liar(MemoryStore& truth) : truth_(truth) {}
    Result<Descriptor> resolve(const Context& context, std::string_view selector) override {
      return truth_.resolve(context, selector);
    }
    Result<StoredManifest> fetch_manifest(const Context& context, std::string_view selector) override {
      auto manifest = truth_.fetch_manifest(context, selector);
      if (manifest && selector != "1") {
        manifest->bytes += ' ';
        manifest->descriptor = describe(manifest->descriptor.media_type, manifest->bytes);
      }
      return manifest;
    }
    Result<std::unique_ptr<Reader>> fetch(const Context& context, const Descriptor& descriptor,
                                          std::uint64_t) override {
      return MemoryBlob(std::string(descriptor.size, '?')).open(context, 0);
    }
    Result<bool> exists(const Context&, const Descriptor&) override { return true; }
    std::string name() const override { return "LIAR"; }

   private:
    MemoryStore& truth_;
  };
  Stores stores;
  const auto chart = stores.content.chart("app", {"1"});
  stores.content.index("root", {chart}, {"index"});
  Liar liar(stores.source.held());
  for (const auto* selector : {"1", "index"}) {
    CAPTURE(selector);
    const auto report = copy({}, liar, selector, stores.target);
    REQUIRE_FALSE(report);
    CHECK(report.error().code() == Errc::verification_failed);
  }
  CHECK(copy({}, liar, chart.digest.string(), stores.target).error().code() == Errc::verification_failed);
  CHECK(stores.target.count("push_manifest") == 0);
}
