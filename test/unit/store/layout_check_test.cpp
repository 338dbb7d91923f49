// SPDX-License-Identifier: Apache-2.0
// What a look through a layout finds, and what is taken away as garbage.
#include <doctest/doctest.h>

#include <portolan/copy/copy.h>
#include <portolan/store/layout_check.h>
#include <portolan/store/layout_gc.h>
#include <portolan/store/layout_store.h>
#include <portolan/store/memory_store.h>

#include <functional>

#include "base/file.h"
#include "content.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::test;
using portolan::internal::read_file;
using portolan::internal::write_in_place;

namespace fs = std::filesystem;

namespace {

/// A layout with a chart under a tag, a signature of it, and an index of two more charts.
struct Filled {
  TemporaryDirectory dir;
  fs::path path = dir / "layout";
  Reference reference = Reference::parse("oci-layout:" + path.string()).value();
  Chart chart{"app"};
  Chart signature{"signature", chart.manifest.descriptor(), "application/sig"};
  Chart one{"one"};
  Chart two{"two"};
  Index index = Index::make({.manifests = {one.manifest.descriptor(), two.manifest.descriptor()}});

  Filled() {
    const auto store = repository();
    REQUIRE(put(*store, chart, {"1.0"}));
    REQUIRE(put(*store, signature, {}));
    REQUIRE(put(*store, one, {}));
    REQUIRE(put(*store, two, {}));
    const std::string tags[] = {"both"};
    REQUIRE(store->push_manifest({}, index.descriptor(), index.bytes(), tags, IfExists::same));
  }
  std::shared_ptr<Store> repository() const { return Layout::open(path).value()->repository("charts/app"); }
  static std::string name(const Digest& digest) { return "blobs/sha256/" + std::string(digest.encoded()); }
  fs::path file(const Digest& digest) const { return path / name(digest); }
  void write(const Digest& digest, const std::string& bytes) const {
    fs::permissions(file(digest), fs::perms::owner_write, fs::perm_options::add);
    REQUIRE(write_in_place(file(digest), bytes));
  }
  std::string bytes(const Digest& digest) const { return read_file(file(digest), 1 << 20).value(); }
};

const LayoutGcOptions at_once{.min_age = {}};

using Kind = LayoutProblem::Kind;
using Status = LayoutCheck::Status;

}  // namespace

TEST_CASE("a layout in which everything is as it should be is whole") {
  const Filled filled;
  const auto check = check_layout({}, filled.reference);
  REQUIRE(check);
  CHECK(check->status() == Status::whole);
  CHECK(check->manifests == 5);
  CHECK(check->blobs == 8);
  CHECK(check->notes.empty());
}

TEST_CASE("what is missing or changed is named, with who needs it") {
  const Chart stray("stray");
  struct Row {
    const char* what;
    std::function<void(const Filled&)> damage;
    Status status;
    Kind kind;
    std::function<std::string(const Filled&)> digest;
    std::function<std::string(const Filled&)> needed_by;
  };
  const auto layer = [](const Filled& filled) { return filled.chart.manifest.layers()[0].digest.string(); };
  const auto manifest = [](const Filled& filled) { return filled.chart.digest().string(); };
  const auto child = [](const Filled& filled) { return filled.two.digest().string(); };
  const auto name = [](const Filled&) { return std::string("charts/app:1.0"); };
  const auto index = [](const Filled& filled) { return filled.index.digest().string(); };
  const Row rows[] = {
      {"a layer is gone", [](const Filled& f) { fs::remove(f.file(f.chart.manifest.layers()[0].digest)); },
       Status::incomplete, Kind::missing, layer, manifest},
      {"a layer is cut", [](const Filled& f) { f.write(f.chart.manifest.layers()[0].digest, "a"); }, Status::damaged,
       Kind::changed, layer, manifest},
      {"a layer has another byte",
       [](const Filled& f) {
         auto bytes = f.chart.layer;
         bytes[0] ^= 1;
         f.write(f.chart.manifest.layers()[0].digest, bytes);
       },
       Status::damaged, Kind::changed, layer, manifest},
      {"a manifest is gone", [](const Filled& f) { fs::remove(f.file(f.chart.digest())); }, Status::incomplete,
       Kind::missing, manifest, name},
      {"a manifest has another byte",
       [](const Filled& f) {
         auto bytes = f.bytes(f.chart.digest());
         bytes[0] = ' ';
         f.write(f.chart.digest(), bytes);
       },
       Status::damaged, Kind::changed, manifest, name},
      {"a child of an index is gone", [](const Filled& f) { fs::remove(f.file(f.two.digest())); }, Status::incomplete,
       Kind::missing, child, index},
      {"a folder stands in the place of a layer",
       [](const Filled& f) {
         fs::remove(f.file(f.chart.manifest.layers()[0].digest));
         fs::create_directory(f.file(f.chart.manifest.layers()[0].digest));
       },
       Status::damaged, Kind::unreadable, layer, manifest},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const Filled filled;
    row.damage(filled);
    const auto check = check_layout({}, filled.reference);
    REQUIRE(check);
    CHECK(check->status() == row.status);
    REQUIRE(check->problems.size() == 1);
    const auto& problem = check->problems[0];
    CHECK(problem.kind == row.kind);
    CHECK(problem.digest.string() == row.digest(filled));
    CHECK(problem.needed_by == row.needed_by(filled));
    CHECK_FALSE(problem.why.empty());
  }
}

TEST_CASE("what nothing leads to is told, and taken away") {
  Filled filled;
  const std::string text = "nobody's";
  const auto stray = describe("application/x", text);
  REQUIRE(filled.repository()->push_blob({}, stray, MemoryBlob(text)));
  REQUIRE(filled.repository()->deleter()->remove({}, "1.0"));
  REQUIRE(write_in_place(filled.path / "blobs/sha256/.portolan-0123456789abcdef.tmp", "half"));
  REQUIRE(write_in_place(filled.path / "blobs/sha256/.portolan-abc.partial", "half"));
  REQUIRE(write_in_place(filled.path / "blobs/sha256/README", "somebody's"));
  REQUIRE(write_in_place(filled.path / "notes.txt", "somebody's"));

  const auto check = check_layout({}, filled.reference);
  REQUIRE(check);
  CHECK(check->status() == Status::whole);
  std::vector<std::string> notes;
  for (const auto& note : check->notes) notes.push_back(note.file);
  // The signature has the chart as its subject, so that stays.
  std::vector<std::string> expected = {"blobs/sha256/.portolan-0123456789abcdef.tmp",
                                       "blobs/sha256/.portolan-abc.partial", Filled::name(stray.digest)};
  CHECK(notes == expected);

  SUBCASE("a dry run removes nothing") {
    const auto gone = collect_layout_garbage({}, filled.reference, {.dry_run = true, .min_age = {}});
    REQUIRE(gone);
    CHECK(gone->removed.size() == 3);
    CHECK(fs::exists(filled.file(stray.digest)));
  }
  SUBCASE("without a dry run") {
    const auto gone = collect_layout_garbage({}, filled.reference, at_once);
    REQUIRE(gone);
    std::vector<std::string> removed;
    for (const auto& [file, size] : gone->removed) removed.push_back(file);
    CHECK(removed == expected);
    CHECK(gone->bytes == 4 + 4 + text.size());
    CHECK(check_layout({}, filled.reference).value().notes.empty());
    CHECK(fs::exists(filled.path / "notes.txt"));
    CHECK(fs::exists(filled.path / "blobs/sha256/README"));
    check_holds(*filled.repository(), filled.chart.digest().string(), filled.chart);
    CHECK(collect_layout_garbage({}, filled.reference, at_once).value().removed.empty());
  }
}

TEST_CASE("a deleted manifest goes with all that it alone needs; one that lost its tag stays") {
  Filled filled;
  REQUIRE(filled.repository()->deleter()->remove({}, "1.0"));
  CHECK(collect_layout_garbage({}, filled.reference, at_once).value().removed.empty());
  REQUIRE(filled.repository()->deleter()->remove({}, filled.index.digest().string()));
  const auto gone = collect_layout_garbage({}, filled.reference, at_once);
  REQUIRE(gone);
  CHECK(gone->removed.size() == 1 + 2 * 3);
  CHECK(check_layout({}, filled.reference).value().status() == Status::whole);
  check_holds(*filled.repository(), filled.chart.digest().string(), filled.chart);
}

TEST_CASE("what has just been written stays, as others write without a lock") {
  Filled filled;
  const std::string text = "nobody's";
  const auto stray = describe("application/x", text);
  REQUIRE(filled.repository()->push_blob({}, stray, MemoryBlob(text)));
  auto gone = collect_layout_garbage({}, filled.reference);
  REQUIRE(gone);
  CHECK(gone->removed.empty());
  CHECK(gone->fresh == 1);
  fs::last_write_time(filled.file(stray.digest), fs::file_time_type::clock::now() - std::chrono::hours(2));
  gone = collect_layout_garbage({}, filled.reference);
  REQUIRE(gone);
  CHECK(gone->removed.size() == 1);
  CHECK(gone->fresh == 0);
}

TEST_CASE("what may be a manifest of a kind that nobody here knows keeps what it names") {
  const std::string blob = "its blob";
  const auto digest = digest_of(blob);
  const std::string artifact = R"({"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[{"digest":")" +
                               digest.string() + R"(","size":8}]})";
  const auto put_both = [&](Store& store, std::string_view type) {
    REQUIRE(store.push_blob({}, describe("application/x", blob), MemoryBlob(blob)));
    auto descriptor = describe(type, artifact);
    REQUIRE(store.push_blob({}, descriptor, MemoryBlob(artifact)));
    return descriptor;
  };
  SUBCASE("in an index") {
    Filled filled;
    auto store = filled.repository();
    const auto child = put_both(*store, "application/vnd.oci.artifact.manifest.v1+json");
    const auto index = Index::make({.manifests = {child}});
    const std::string tags[] = {"odd"};
    REQUIRE(store->push_manifest({}, index.descriptor(), index.bytes(), tags, IfExists::same));
    store.reset();  // whoever has pushed may go on
    CHECK(collect_layout_garbage({}, filled.reference, at_once).value().removed.empty());
    CHECK(fs::exists(filled.file(digest)));
  }
  SUBCASE("among layers") {
    Filled filled;
    auto store = filled.repository();
    const auto layer = put_both(*store, media_type::oci_manifest);
    const auto manifest = Manifest::make({.config = filled.chart.manifest.config(), .layers = {layer}});
    const std::string tags[] = {"odd"};
    REQUIRE(store->push_manifest({}, manifest.descriptor(), manifest.bytes(), tags, IfExists::same));
    store.reset();  // whoever has pushed may go on
    CHECK(collect_layout_garbage({}, filled.reference, at_once).value().removed.empty());
    CHECK(fs::exists(filled.file(digest)));
  }
}

TEST_CASE("blobs that other layouts may share are not cleaned") {
  Filled filled;
  REQUIRE(filled.repository()->deleter()->remove({}, filled.index.digest().string()));
  fs::rename(filled.path / "blobs", filled.dir / "shared");
  fs::create_directory_symlink(filled.dir / "shared", filled.path / "blobs");
  CHECK(collect_layout_garbage({}, filled.reference, at_once).error().code() == Errc::unsupported);
  CHECK(fs::exists(filled.file(filled.one.digest())));
}

TEST_CASE("nothing is taken away where index.json names a manifest that is missing") {
  Filled filled;
  fs::remove(filled.file(filled.chart.digest()));
  CHECK(collect_layout_garbage({}, filled.reference, at_once).error().code() == Errc::corrupt);
  CHECK(fs::exists(filled.file(filled.chart.manifest.layers()[0].digest)));
}

TEST_CASE("a manifest that was deleted and is copied again is no garbage") {
  Filled filled;
  MemoryStore source("source");
  REQUIRE(put(source, filled.one, {"1"}));
  const auto digest = filled.one.digest().string();
  const auto copied = [&] { return copy({}, source, digest, *filled.repository()).value().outcome; };
  CHECK(copied() == CopyReport::Outcome::unchanged);
  REQUIRE(filled.repository()->deleter()->remove({}, filled.index.digest().string()));
  REQUIRE(filled.repository()->deleter()->remove({}, digest));
  CHECK(copied() == CopyReport::Outcome::unchanged);
  CHECK(collect_layout_garbage({}, filled.reference, at_once).value().removed.size() == 1 + 3);
  check_holds(*filled.repository(), digest, filled.one);
}

TEST_CASE("nothing is taken away while somebody writes") {
  Filled filled;
  const auto layout = Layout::open(filled.path, Layout::IndexWrites::on_commit).value();
  const Chart late("late");
  REQUIRE(put(*layout->repository("charts/app"), late, {"2.0"}));
  CHECK(collect_layout_garbage({}, filled.reference, at_once).error().code() == Errc::conflict);
  REQUIRE(layout->commit({}));
  // The object may live on.
  CHECK(collect_layout_garbage({}, filled.reference, at_once));
  check_holds(*filled.repository(), "2.0", late);
}

TEST_CASE("nothing is taken away where it cannot be known what is needed") {
  Filled filled;
  filled.write(filled.index.digest(), std::string(filled.index.bytes().size(), 'x'));
  const auto gone = collect_layout_garbage({}, filled.reference, at_once);
  CHECK(gone.error().code() == Errc::corrupt);
  CHECK(fs::exists(filled.file(filled.one.digest())));
}

TEST_CASE("an archive is looked through like a directory, and not cleaned") {
  Filled filled;
  const auto reference = Reference::parse("oci-archive:" + (filled.dir / "layout.tar").string()).value();
  LocalStores stores;
  const auto target = stores.open({}, Reference::parse(reference.string() + "//charts/app").value()).value();
  REQUIRE(copy({}, *filled.repository(), "1.0", *target));
  REQUIRE(stores.commit({}));
  const auto check = check_layout({}, reference);
  REQUIRE(check);
  CHECK(check->status() == Status::whole);
  CHECK(check->manifests == 1);
  CHECK(check->blobs == 2);
  CHECK(collect_layout_garbage({}, reference).error().code() == Errc::unsupported);
}

TEST_CASE("what is no whole layout is refused") {
  const Filled filled;
  struct Row {
    std::string text;
    Errc code;
  };
  const Row rows[] = {{"oci://registry.example/app", Errc::invalid_argument},
                      {"oci-layout:" + filled.path.string() + "//charts/app", Errc::invalid_argument},
                      {"oci-layout:" + (filled.dir / "nothing").string(), Errc::not_found}};
  for (const auto& row : rows) {
    const auto& text = row.text;
    const auto code = row.code;
    CAPTURE(text);
    const auto reference = Reference::parse(text).value();
    CHECK(check_layout({}, reference).error().code() == code);
    CHECK(collect_layout_garbage({}, reference).error().code() == code);
  }
}
