// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/copy/copy.h>

#include "scripted_store.h"

using namespace portolan;
using portolan::test::Content;
using portolan::test::ScriptedStore;

namespace {

using Calls = std::vector<std::string>;
const CopyOptions with_referrers{.referrers = Referrers::all, .concurrency = 1};

struct Stores {
  ScriptedStore source{"SRC"};
  ScriptedStore target{"DST"};
  Content content{source, target};
  Descriptor empty = content.blob("empty", "{}", media_type::empty);

  Descriptor attach(const std::string& label, const Descriptor& subject) {
    return content.manifest(label, {.artifact_type = "application/" + label, .config = empty, .subject = subject});
  }
  Result<CopyReport> run(std::string_view selector, const CopyOptions& options = with_referrers) {
    source.forget_calls();
    target.forget_calls();
    return copy({}, source, selector, target, options);
  }
};

}  // namespace

TEST_CASE("referrers stay where they are unless they are asked for") {
  Stores stores;
  stores.attach("signature", stores.content.chart("app", {"1"}));
  REQUIRE(stores.run("1", {.concurrency = 1}));
  CHECK(stores.source.count("list_referrers") == 0);
  CHECK(stores.target.count("push_manifest") == 1);
}

TEST_CASE("a subject goes before its referrers, and the tag after all of them") {
  Stores stores;
  const auto chart = stores.content.chart("app", {"1"});
  const auto signature = stores.attach("signature", chart);
  stores.attach("countersignature", signature);
  stores.attach("sbom", chart);
  const auto report = stores.run("1");
  REQUIRE(report);
  CHECK(report->manifests == 4);
  CHECK(report->blobs_copied == 3);
  const auto& target = stores.target;
  CHECK(target.position("push_manifest app") < target.position("push_manifest signature"));
  CHECK(target.position("push_manifest app") < target.position("push_manifest sbom"));
  CHECK(target.position("push_manifest signature") < target.position("push_manifest countersignature"));
  CHECK(target.calls().back() == "push_manifest app 1");
  CHECK(stores.target.held().referrers_lister()->list_referrers({}, chart.digest, {}).value().size() == 2);
}

TEST_CASE("a manifest without referrers is written once") {
  Stores stores;
  stores.content.chart("app", {"1"});
  REQUIRE(stores.run("1"));
  CHECK(stores.target.count("push_manifest") == 1);
}

TEST_CASE("referrers of an index's manifests go along") {
  Stores stores;
  const auto chart = stores.content.chart("app", {});
  stores.attach("signature", chart);
  stores.content.index("root", {chart}, {"1"});
  const auto report = stores.run("1");
  REQUIRE(report);
  CHECK(report->manifests == 3);
  CHECK(stores.target.count("push_manifest root") == 1);
  CHECK(stores.target.position("push_manifest app") < stores.target.position("push_manifest signature"));
  CHECK(stores.target.calls().back() == "push_manifest root 1");
}

TEST_CASE("a copy that is run again brings the referrers that came since, and nothing else") {
  Stores stores;
  const auto chart = stores.content.chart("app", {"1"});
  const auto signature = stores.attach("signature", chart);
  REQUIRE(stores.run("1"));

  const auto unchanged = stores.run("1");
  REQUIRE(unchanged);
  CHECK(unchanged->outcome == CopyReport::Outcome::unchanged);
  CHECK(stores.target.count("push") == 0);

  stores.attach("late", chart);
  stores.attach("countersignature", signature);
  const auto report = stores.run("1");
  REQUIRE(report);
  CHECK(report->outcome == CopyReport::Outcome::copied);
  CHECK(report->manifests == 2);
  CHECK(stores.target.count("push_manifest") == 2);
  CHECK(stores.target.count("push_manifest late") == 1);
  CHECK(stores.target.count("push_manifest countersignature") == 1);
  CHECK(stores.source.count("fetch app") == 0);
}

TEST_CASE("referrers of what an index holds are looked for where the index is unchanged") {
  Stores stores;
  const auto chart = stores.content.chart("app", {});
  stores.content.index("root", {chart}, {"1"});
  REQUIRE(stores.run("1"));
  stores.attach("signature", chart);
  const auto report = stores.run("1");
  REQUIRE(report);
  CHECK(report->manifests == 1);
  CHECK(stores.target.count("push_manifest") == 1);
  CHECK(stores.target.count("push_manifest signature") == 1);
}

TEST_CASE("referrers of referrers are followed to max_referrer_depth") {
  Stores stores;
  auto subject = stores.content.chart("app", {"1"});
  for (unsigned depth = 1; depth <= max_referrer_depth + 2; ++depth) {
    subject = stores.attach("r" + std::to_string(depth), subject);
  }
  const auto report = stores.run("1");
  REQUIRE(report);
  CHECK(report->manifests == 1 + max_referrer_depth);
  CHECK(stores.target.count("push_manifest r8") == 1);
  CHECK(stores.target.count("push_manifest r9") == 0);
}

TEST_CASE("a referrer that is also a child of the index goes over once") {
  Stores stores;
  const auto chart = stores.content.chart("app", {});
  const auto signature = stores.attach("signature", chart);
  stores.content.index("root", {signature, chart}, {"1"});
  for (const unsigned concurrency : {1U, 4U}) {
    ScriptedStore target("DST");
    const auto report = copy({}, stores.source, "1", target, {.referrers = Referrers::all, .concurrency = concurrency});
    REQUIRE(report);
    CHECK(report->manifests == 3);
    CHECK(target.count("push_manifest") == 3);
  }
}

TEST_CASE("a stopped copy leaves no tag, whatever it was doing") {
  Stores stores;
  const auto chart = stores.content.chart("app", {"1"});
  stores.attach("signature", chart);
  REQUIRE(stores.run("1"));
  const auto calls = stores.target.calls().size();
  for (std::size_t fail_at = 0; fail_at < calls; ++fail_at) {
    CAPTURE(fail_at);
    ScriptedStore target("DST");
    std::size_t number = 0;
    target.script = [&](const std::string&) -> std::optional<Error> {
      if (number++ != fail_at) return std::nullopt;
      return Error(Errc::io_error, "boom");
    };
    CHECK(copy({}, stores.source, "1", target, with_referrers).error().code() == Errc::io_error);
    CHECK(target.held().resolve({}, "1").error().code() == Errc::not_found);
    target.script = nullptr;
    REQUIRE(copy({}, stores.source, "1", target, with_referrers));
    CHECK(target.held().resolve({}, "1").value().digest == chart.digest);
    CHECK(target.held().referrers_lister()->list_referrers({}, chart.digest, {}).value().size() == 1);
  }
}
