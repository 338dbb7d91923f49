// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/chart/by_reference.h>
#include <portolan/chart/report.h>
#include <portolan/chart/show.h>
#include <portolan/store/layout_store.h>
#include <portolan/store/memory_store.h>
#include <portolan/store/recording_store.h>

#include "archive/helm_archive.h"
#include "chart_files.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::chart;
using portolan::test::put_file;
using portolan::test::TemporaryDirectory;

namespace {

/// One memory store for every repository.
class MemoryStores final : public StoreProvider {
 public:
  Result<std::shared_ptr<Store>> open(const Context&, const Reference& reference) override {
    auto& store = stores_[reference.repository_only().string()];
    if (!store) store = std::make_shared<MemoryStore>(reference.repository_only().string());
    return std::shared_ptr<Store>(store);
  }
  Result<void> commit(const Context&) override { return ++commits, Result<void>(); }
  int commits = 0;

 private:
  std::map<std::string, std::shared_ptr<MemoryStore>> stores_;
};

Package make(const std::string& version, const std::string& more = "", const std::string& name = "app") {
  TemporaryDirectory dir;
  put_file(dir / "x/Chart.yaml", "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n" + more);
  put_file(dir / "x/values.yaml", "a: 1\n");
  return chart::package(dir / "x").value();
}

Reference reference_to(const std::string& text) { return Reference::parse(text).value(); }

}  // namespace

TEST_CASE("a pushed chart comes back byte for byte, under its version's tag") {
  MemoryStores stores;
  const auto package = make("1.0.0+b.1");
  const auto pushed = push({}, package, stores, reference_to("oci://r.test/charts")).value();
  CHECK(pushed.reference.string() == "oci://r.test/charts/app:1.0.0_b.1");
  CHECK(pushed.report.root.digest == package.manifest().digest());
  CHECK(pushed.report.blobs_copied == 2);
  for (const std::string request : {"", "1.0.0+b.1", "^1"}) {
    CAPTURE(request);
    const auto pulled = pull({}, stores, reference_to("oci://r.test/charts/app"), {.version = request}).value();
    CHECK(pulled.package.archive() == package.archive());
    CHECK(pulled.package.manifest().bytes() == package.manifest().bytes());
    CHECK(pulled.package.file_name() == "app-1.0.0+b.1.tgz");
  }
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:1.0.0+b.1")).has_value());
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app@" + package.manifest().digest().string())).has_value());
}

TEST_CASE("a version that is there keeps its content unless it is to be replaced") {
  MemoryStores stores;
  const auto target = reference_to("oci://r.test/charts");
  const auto first = make("1.0.0");
  const auto other = make("1.0.0", "description: other\n");
  REQUIRE(push({}, first, stores, target));
  CHECK(push({}, first, stores, target).value().report.outcome == CopyReport::Outcome::unchanged);
  const auto refused = push({}, other, stores, target);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::conflict);
  CHECK(push({}, first, stores, target, Naming::append_name, {.if_exists = IfExists::fail}).error().code() ==
        Errc::conflict);
  REQUIRE(push({}, other, stores, target, Naming::append_name, {.if_exists = IfExists::replace}));
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:1.0.0")).value().package.metadata().description ==
        "other");
}

TEST_CASE("further tags move to the new chart, while the version's tag is guarded") {
  MemoryStores stores;
  const auto target = reference_to("oci://r.test/charts");
  const PushOptions options{.tags = {"1", "latest"}};
  REQUIRE(push({}, make("1.0.0"), stores, target, Naming::append_name, options));
  const auto second = push({}, make("1.1.0"), stores, target, Naming::append_name, options).value();
  CHECK(second.report.tags == std::vector<std::string>{"1.1.0", "1", "latest"});
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:latest")).value().package.metadata().version == "1.1.0");
}

TEST_CASE("a whole reference must name the chart and its version") {
  struct Row {
    const char* reference;
    bool good;
  };
  const Row rows[] = {{"oci://r.test/charts/app", true},        {"oci://r.test/charts/app:1.0.0", true},
                      {"oci://r.test/charts/app:stable", true}, {"oci://r.test/charts/other", false},
                      {"oci://r.test/charts/app:1.0.1", false}, {"oci-layout:dir:1.0.0", true}};
  for (const auto& row : rows) {
    CAPTURE(row.reference);
    MemoryStores stores;
    const auto pushed = push({}, make("1.0.0"), stores, reference_to(row.reference), Naming::whole_reference);
    REQUIRE(pushed.has_value() == row.good);
    if (!pushed) CHECK(pushed.error().code() == Errc::invalid_argument);
  }
  MemoryStores stores;
  CHECK(push({}, make("1.0.0"), stores, reference_to("oci://r.test/charts:1.0.0")).error().code() ==
        Errc::invalid_argument);
  CHECK_FALSE(push({}, make("1.0.0", "", "Upper"), stores, reference_to("oci://r.test/charts")));
}

TEST_CASE("a chart that is not the one that the reference names is not handed out") {
  MemoryStores stores;
  auto store = stores.open({}, reference_to("oci://r.test/charts/app")).value();
  REQUIRE(push({}, make("1.0.0", "", "other"), *store, {.tag = "1.0.0"}));
  REQUIRE(push({}, make("2.0.0"), *store, {.tag = "2.0.1"}));
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:1.0.0")).error().code() == Errc::verification_failed);
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:2.0.1")).error().code() == Errc::verification_failed);
}

TEST_CASE("tag, digest and version must agree") {
  MemoryStores stores;
  const auto target = reference_to("oci://r.test/charts");
  const auto one = make("1.0.0");
  const auto two = make("2.0.0");
  REQUIRE(push({}, one, stores, target));
  REQUIRE(push({}, two, stores, target));
  const std::string app = "oci://r.test/charts/app";
  CHECK(pull({}, stores, reference_to(app + ":1.0.0@" + one.manifest().digest().string())));
  CHECK(pull({}, stores, reference_to(app + ":1.0.0@" + two.manifest().digest().string())).error().code() ==
        Errc::verification_failed);
  CHECK(pull({}, stores, reference_to(app + ":1.0.0"), {.version = "2.0.0"}).error().code() == Errc::invalid_argument);
  CHECK(pull({}, stores, reference_to(app + ":3.0.0")).error().code() == Errc::not_found);
  CHECK(pull({}, stores, reference_to(app), {.version = ">=3"}).error().code() == Errc::not_found);
}

TEST_CASE("versions are listed newest first, pre-releases where asked for, other tags never") {
  MemoryStores stores;
  auto store = stores.open({}, reference_to("oci://r.test/charts/app")).value();
  for (const std::string version : {"1.2.0", "1.10.0", "2.0.0-rc.1", "1.0.0+b"})
    REQUIRE(push({}, make(version), *store));
  REQUIRE(push({}, make("1.10.0"), *store, {.tags = {"latest", "v9.9.9"}}));
  const auto listed = [&](const VersionsOptions& options) {
    std::string text;
    const auto entries = versions({}, *store, options).value();
    for (const auto& entry : entries) text += entry.version.string() + " ";
    return text;
  };
  CHECK(listed({}) == "1.10.0 1.2.0 1.0.0+b ");
  CHECK(listed({.prereleases = Prereleases::include}) == "2.0.0-rc.1 1.10.0 1.2.0 1.0.0+b ");
  CHECK(listed({.range = "<1.5"}) == "1.2.0 1.0.0+b ");
  CHECK(listed({.range = ">5"}) == "");
  CHECK(versions({}, *store, {.range = "!!"}).error().code() == Errc::invalid_reference);
  const auto detailed = versions({}, *store, {.range = "1.2.0", .details = Details::manifests}).value();
  CHECK(detailed.at(0).digest == make("1.2.0").manifest().digest().string());
}

TEST_CASE("the details of versions leave out what is listed and not there, aloud") {
  TemporaryDirectory dir;
  const auto layout = Layout::open(dir / "layout").value();
  const auto store = layout->repository("app");
  const auto lost = make("2.0.0");
  REQUIRE(push({}, make("1.0.0"), *store));
  REQUIRE(push({}, lost, *store));
  std::filesystem::remove(dir / "layout/blobs/sha256" / lost.manifest().digest().encoded());
  std::string told;
  Context context;
  context.on_log = [&](LogLevel level, std::string_view line) {
    if (level == LogLevel::warning) told += line;
  };
  const auto entries = versions(context, *store, {.details = Details::manifests});
  REQUIRE(entries);
  REQUIRE(entries->size() == 1);
  CHECK(entries->front().tag == "1.0.0");
  CHECK(told.starts_with("2.0.0 is listed, and not there: "));
}

TEST_CASE("the details of versions leave out what a config does not tell, aloud") {
  struct Row {
    std::string config;
    std::uint64_t size;
    bool stored;
    std::string told;  // after the digest
  };
  const std::string large(max_file_size + 1, ' ');
  const Row rows[] = {
      {large, large.size(), true, " has " + std::to_string(large.size()) + " bytes; a chart's may have "},
      {"{}", 2, false, ""},
      {"no metadata", 11, true, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.size);
    MemoryStore store;
    const auto good = make("1.0.0", "appVersion: v7\n");
    REQUIRE(push({}, good, store));
    const auto described = describe(media_type::helm_config, row.config);
    if (row.stored) REQUIRE(store.push_blob({}, described, MemoryBlob(row.config)));
    const auto manifest = Manifest::make({.config = described});
    const std::string tag = "2.0.0";
    REQUIRE(store.push_manifest({}, manifest.descriptor(), manifest.bytes(), {&tag, 1}, IfExists::same));
    std::string told;
    Context context;
    context.on_log = [&](LogLevel level, std::string_view line) {
      if (level == LogLevel::warning) told += line;
    };
    const auto entries = versions(context, store, {.details = Details::manifests});
    REQUIRE(entries);
    REQUIRE(entries->size() == 2);
    CHECK(entries->front().tag == tag);
    CHECK(entries->front().digest == manifest.digest().string());
    CHECK(entries->front().app_version.empty());
    CHECK(entries->back().app_version == "v7");
    CHECK(told.starts_with("2.0.0 does not tell its app version: "));
    CHECK(told.find(row.told) != std::string::npos);
  }
}

TEST_CASE("an index is followed to the one chart in it") {
  MemoryStores stores;
  auto store = stores.open({}, reference_to("oci://r.test/charts/app")).value();
  const auto package = make("1.0.0");
  REQUIRE(push({}, package, *store));
  const auto push_index = [&](std::vector<Descriptor> manifests) {
    const auto index = Index::make({.manifests = std::move(manifests)});
    const std::string tag = "1.0.0";
    return store->push_manifest({}, index.descriptor(), index.bytes(), {&tag, 1}, IfExists::replace);
  };
  REQUIRE(push_index({package.manifest().descriptor()}));
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:1.0.0")).value().package.archive() == package.archive());
  // One for each platform, and the same for all.
  REQUIRE(push_index({package.manifest().descriptor(), package.manifest().descriptor()}));
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:1.0.0")).value().package.archive() == package.archive());
  // In another index, and beside what is not there.
  const auto inner = Index::make({.manifests = {package.manifest().descriptor()}});
  REQUIRE(store->push_manifest({}, inner.descriptor(), inner.bytes(), {}, IfExists::replace));
  const auto lost = make("1.0.0", "description: lost\n").manifest().descriptor();
  REQUIRE(push_index({lost, inner.descriptor()}));
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:1.0.0")).value().package.archive() == package.archive());
  REQUIRE(push_index({lost}));
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:1.0.0")).error().code() == Errc::not_found);
  const auto second = make("1.0.0", "description: second\n");
  REQUIRE(push({}, second, *store, {.tag = "x"}));
  REQUIRE(push_index({package.manifest().descriptor(), second.manifest().descriptor()}));
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:1.0.0")).error().code() == Errc::invalid_chart);
}

TEST_CASE("what is no chart is not pulled") {
  MemoryStores stores;
  auto store = stores.open({}, reference_to("oci://r.test/charts/app")).value();
  const auto config = describe("application/vnd.oci.image.config.v1+json", "{}");
  REQUIRE(store->push_blob({}, config, MemoryBlob("{}")));
  const auto image = Manifest::make({.config = config});
  const std::string tag = "1.0.0";
  REQUIRE(store->push_manifest({}, image.descriptor(), image.bytes(), {&tag, 1}, IfExists::same));
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:1.0.0")).error().code() == Errc::invalid_chart);
}

TEST_CASE("a chart whose archive is said to be empty is not what its digest says") {
  MemoryStore store;
  const auto package = make("1.0.0");
  const auto config = describe(media_type::helm_config, "{}");
  auto archive = describe(media_type::helm_chart, package.archive());
  REQUIRE(store.push_blob({}, config, MemoryBlob(std::string("{}"))));
  REQUIRE(store.push_blob({}, archive, MemoryBlob(std::string(package.archive()))));
  archive.size = 0;
  const auto manifest = Manifest::make({.config = config, .layers = {archive}});
  const std::string tags[] = {"1.0.0"};
  REQUIRE(store.push_manifest({}, manifest.descriptor(), manifest.bytes(), tags, IfExists::replace));
  CHECK(pull({}, store, "1.0.0").error().code() == Errc::verification_failed);
}

TEST_CASE("provenance is fetched where asked for, and missed where required") {
  MemoryStores stores;
  TemporaryDirectory dir;
  const auto path = make("1.0.0").write_to(dir.path()).value();
  put_file(path.string() + ".prov", "signed");
  REQUIRE(push({}, read_package({}, path).value(), stores, reference_to("oci://r.test/charts")));
  REQUIRE(push({}, make("2.0.0"), stores, reference_to("oci://r.test/charts")));
  const auto app = reference_to("oci://r.test/charts/app");
  CHECK(pull({}, stores, app, {.version = "1.0.0", .provenance = Provenance::required}).value().package.provenance() ==
        "signed");
  CHECK_FALSE(pull({}, stores, app, {.version = "1.0.0"}).value().package.provenance());
  CHECK(pull({}, stores, app, {.version = "2.0.0", .provenance = Provenance::if_present}));
  CHECK(pull({}, stores, app, {.version = "2.0.0", .provenance = Provenance::required}).error().code() ==
        Errc::not_found);
}

TEST_CASE("copying versions copies each with its tag, and goes on after one that fails") {
  MemoryStores stores;
  const auto from = reference_to("oci://r.test/charts/app");
  const auto to = reference_to("oci://s.test/mirror/app");
  for (const std::string version : {"1.0.0", "1.1.0", "2.0.0"}) {
    REQUIRE(push({}, make(version), stores, reference_to("oci://r.test/charts")));
  }
  REQUIRE(push({}, make("1.1.0", "description: drift\n"), stores, reference_to("oci://s.test/mirror")));
  const auto items = copy_versions({}, stores, from, to, {.range = "^1"}).value();
  REQUIRE(items.size() == 2);
  CHECK(items[0].report.has_value());
  REQUIRE(items[1].error.has_value());
  CHECK(items[1].error->code() == Errc::conflict);
  CHECK(pull({}, stores, reference_to("oci://s.test/mirror/app:1.0.0")));
}

TEST_CASE("a dry run finds what a push would find, and changes nothing") {
  MemoryStores stores;
  RecordingStores recording(stores);
  const auto target = reference_to("oci://r.test/charts");
  const auto report = push({}, make("1.0.0"), recording, target).value().report;
  CHECK(report.outcome == CopyReport::Outcome::copied);
  CHECK(report.blobs_copied == 2);
  CHECK(pull({}, stores, reference_to("oci://r.test/charts/app:1.0.0")).error().code() == Errc::not_found);
  REQUIRE(push({}, make("1.0.0"), stores, target));
  CHECK(push({}, make("1.0.0", "description: other\n"), recording, target).error().code() == Errc::conflict);
}

TEST_CASE("the parts of a chart are shown as Helm shows them") {
  TemporaryDirectory dir;
  put_file(dir / "x/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n");
  put_file(dir / "x/values.yaml", "a: 1\n");
  put_file(dir / "x/ReadMe.MD", "# X\n");
  put_file(dir / "x/crds/a.YAML", "kind: A\n");
  put_file(dir / "x/crds/b.json", "---\nkind: B");
  put_file(dir / "x/crds/c.txt", "no crd");
  put_file(dir / "x/charts/kid/Chart.yaml", "name: kid\nversion: 1.0.0\n");
  put_file(dir / "x/charts/kid/crds/k.yml", "kind: K\n");
  const auto chart = load(dir / "x").value();
  const std::string metadata = "apiVersion: v2\nname: x\nversion: 1.0.0\n\n";
  const std::string crds = "---\nkind: A\n\n---\nkind: B\n---\nkind: K\n\n";
  CHECK(show_chart(chart).value() == metadata);
  CHECK(show_values(chart) == "a: 1\n\n");
  CHECK(show_readme(chart) == "# X\n\n");
  CHECK(show_crds(chart) == crds);
  CHECK(show_all(chart).value() == metadata + "---\na: 1\n\n---\n# X\n\n" + crds);
}
