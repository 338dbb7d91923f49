// SPDX-License-Identifier: Apache-2.0
// Running a copy again gives a layout back what it has lost.
#include <doctest/doctest.h>

#include <portolan/copy/copy.h>
#include <portolan/store/layout_store.h>

#include <functional>

#include "base/file.h"
#include "scripted_store.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::test;
using portolan::internal::read_file;

namespace fs = std::filesystem;

namespace {

/// An index of two manifests with a layer each at the source, and a layout that got it.
struct Copied {
  ScriptedStore source{"source"};
  ScriptedStore nowhere{"nowhere"};  // for the labels
  Content content{source, nowhere};
  Descriptor layer = content.blob("layer", std::string(300'000, 'l'));
  Descriptor other = content.blob("other", "other");
  Descriptor amd64 = content.manifest("amd64", {.config = layer, .layers = {layer}});
  Descriptor arm64 = content.manifest("arm64", {.config = other, .layers = {other}});
  Descriptor index = content.index("index", {amd64, arm64}, {"1.0"});
  TemporaryDirectory dir;
  fs::path layout = dir / "layout";
  std::string index_json;

  Copied() {
    source.remote = true;
    REQUIRE(run());
    index_json = text("index.json");
    source.forget_calls();
  }

  Result<CopyReport> run(const CopyOptions& options = {}) {
    auto target = Layout::open(layout).value()->repository("app");
    return copy({}, source, "1.0", *target, options);
  }
  std::string text(const fs::path& file) const { return read_file(layout / file, 1 << 20).value(); }
  fs::path file(const Descriptor& blob) const { return layout / "blobs/sha256" / blob.digest.encoded(); }
  /// Puts other bytes in the place of a blob's; `age` is how long ago, by the file's time.
  void damage(const Descriptor& blob, const std::string& bytes, std::chrono::hours age = {}) const {
    fs::permissions(file(blob), fs::perms::owner_write, fs::perm_options::add);
    REQUIRE(internal::write_in_place(file(blob), bytes));
    fs::last_write_time(file(blob), fs::file_time_type::clock::now() - age + std::chrono::seconds(2));
  }
  void check_whole() const {
    for (const auto& blob : {layer, other, amd64, arm64, index}) {
      const auto bytes = read_file(file(blob), 1 << 20);
      REQUIRE(bytes);
      CHECK(digest_of(*bytes) == blob.digest);
    }
    CHECK(text("index.json") == index_json);
  }
};

}  // namespace

TEST_CASE("what a layout has lost, or what has been changed there, is copied again") {
  struct Row {
    const char* what;
    std::function<void(Copied&)> damage;
    std::vector<std::string> fetched;
  };
  const Row rows[] = {
      {"a layer is gone", [](Copied& copied) { fs::remove(copied.file(copied.layer)); }, {"fetch layer"}},
      {"a layer is cut", [](Copied& copied) { copied.damage(copied.layer, "l"); }, {"fetch layer"}},
      {"a layer has other bytes",
       [](Copied& copied) { copied.damage(copied.layer, std::string(300'000, 'x')); },
       {"fetch layer"}},
      {"a manifest is gone", [](Copied& copied) { fs::remove(copied.file(copied.arm64)); }, {}},
      {"a manifest has other bytes",
       [](Copied& copied) { copied.damage(copied.arm64, std::string(copied.arm64.size, '{')); },
       {}},
      {"two are gone",
       [](Copied& copied) {
         fs::remove(copied.file(copied.layer));
         fs::remove(copied.file(copied.other));
       },
       {"fetch layer", "fetch other"}},
      {"the index is gone", [](Copied& copied) { fs::remove(copied.file(copied.index)); }, {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Copied copied;
    row.damage(copied);
    const auto report = copied.run();
    REQUIRE(report);
    CHECK(report->outcome == CopyReport::Outcome::copied);
    CHECK(report->blobs_copied == row.fetched.size());
    for (const auto& call : row.fetched) CHECK(copied.source.count(call) == 1);
    CHECK(copied.source.count("fetch l") + copied.source.count("fetch o") == row.fetched.size());
    copied.check_whole();
    copied.source.forget_calls();
    CHECK(copied.run().value().outcome == CopyReport::Outcome::unchanged);
    CHECK(copied.source.calls() == std::vector<std::string>{"resolve 1.0"});
  }
}

TEST_CASE("bytes that changed while nobody looked are found where that is asked for") {
  Copied copied;
  copied.damage(copied.layer, std::string(300'000, 'x'), std::chrono::hours(1));
  CHECK(copied.run().value().outcome == CopyReport::Outcome::unchanged);
  CHECK(copied.run({.prove_existing = true}).value().blobs_copied == 1);
  copied.check_whole();
}
