// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <portolan/copy/copy.h>
#include <portolan/store/layout_store.h>
#include <portolan/store/memory_store.h>

#include <thread>

#include "archive/tar_writer.h"
#include "base/file.h"
#include "content.h"
#include "oci/layout_index.h"
#include "store/tar_index.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::test;
using namespace portolan::internal;
using portolan::internal::oci::LayoutIndex;

namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

Reference layout(const fs::path& path, const std::string& repository = {}) {
  return Reference::parse("oci-layout:" + path.string() + (repository.empty() ? "" : "//" + repository)).value();
}
Reference archive_of(const fs::path& path, const std::string& repository = {}) {
  return Reference::parse("oci-archive:" + path.string() + (repository.empty() ? "" : "//" + repository)).value();
}

std::string bytes_of(const fs::path& path) { return read_file(path, 100 << 20).value(); }

// The members in the order of the file.
Names members(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto index = store::index_tar(file, path).value();
  std::map<std::uint64_t, std::string> by_place;
  for (const auto& [name, at] : index) by_place.emplace(at.offset, name);
  Names names;
  for (const auto& [place, name] : by_place) names.push_back(name);
  return names;
}

std::size_t entries(const fs::path& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
}

void write_tar(const fs::path& path, const std::vector<std::pair<std::string, std::string>>& files) {
  std::string bytes;
  archive::TarWriter writer([&](std::string_view piece) {
    bytes += piece;
    return Result<void>();
  });
  for (const auto& [name, body] : files) REQUIRE(writer.add(name, {.seconds = 1'700'000'000}, body));
  REQUIRE(writer.finish());
  REQUIRE(write_file(path, bytes));
}

// The files of a layout with one chart, as another program's archive might hold them: any order, `./` before them.
std::vector<std::pair<std::string, std::string>> foreign_files(const Chart& chart, const std::string& name) {
  LayoutIndex index;
  index.set(name, chart.manifest.descriptor());
  const auto blob = [](const Digest& digest) { return "./blobs/sha256/" + std::string(digest.encoded()); };
  return {{"./", ""},
          {blob(chart.manifest.layers()[0].digest), chart.layer},
          {blob(chart.digest()), chart.manifest.bytes()},
          {"./index.json", index.serialise()},
          {"./manifest.json", "[]"},
          {"./blobs/", ""},
          {blob(chart.manifest.config().digest), chart.config},
          {"./oci-layout", R"({"imageLayoutVersion":"1.0.0"})"}};
}

}  // namespace

TEST_CASE("one layout is opened once, by whatever name, and written by commit()") {
  TemporaryDirectory dir;
  fs::create_directories(dir / "real");
  fs::create_symlink(dir / "real", dir / "link");
  LocalStores stores;
  const auto a = stores.open({}, layout(dir / "real/l", "a")).value();
  const auto b = stores.open({}, layout(dir / "link/./l", "b")).value();
  REQUIRE(put(*a, Chart("one"), {"1"}));
  REQUIRE(put(*b, Chart("two"), {"2"}));
  const auto again = stores.open({}, layout(dir / "link/l", "a")).value();
  check_holds(*again, "1", Chart("one"));
  const auto seen = Layout::open(dir / "real/l").value();
  CHECK(seen->repositories({}).value().empty());
  REQUIRE(stores.commit({}));
  CHECK(seen->repositories({}).value() == Names{"a", "b"});
  check_holds(*seen->repository("a"), "1", Chart("one"));
}

TEST_CASE("commit() writes every layout, and tells of the one that fails") {
  TemporaryDirectory dir;
  LocalStores stores;
  for (const auto* name : {"x", "y", "z"}) {
    REQUIRE(put(*stores.open({}, layout(dir / name, "a")).value(), Chart(name), {"1"}));
  }
  REQUIRE(put(*Layout::open(dir / "y").value()->repository("a"), Chart("other"), {"1"}));
  CHECK(stores.commit({}).error().code() == Errc::conflict);
  check_holds(*Layout::open(dir / "x").value()->repository("a"), "1", Chart("x"));
  check_holds(*Layout::open(dir / "y").value()->repository("a"), "1", Chart("other"));
  check_holds(*Layout::open(dir / "z").value()->repository("a"), "1", Chart("z"));
  CHECK(stores.commit({}));
}

TEST_CASE("stores outlive their provider") {
  TemporaryDirectory dir;
  std::shared_ptr<Store> store;
  {
    LocalStores stores;
    store = stores.open({}, layout(dir / "l")).value();
  }
  CHECK(put(*store, Chart("one"), {"1"}));
  check_holds(*store, "1", Chart("one"));
}

TEST_CASE("a registry is out of reach") {
  LocalStores stores;
  const auto store = stores.open({}, Reference::parse("oci://registry.example/app").value());
  REQUIRE_FALSE(store);
  CHECK(store.error().code() == Errc::unsupported);
}

TEST_CASE("many threads may open one layout at once") {
  TemporaryDirectory dir;
  LocalStores stores;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto store = stores.open({}, layout(dir / "l", "a")).value();
        CHECK(put(*store, Chart(std::to_string(i)), {std::to_string(i)}));
      });
    }
  }
  REQUIRE(stores.commit({}));
  CHECK(tags_of(*Layout::open(dir / "l").value()->repository("a")).size() == 8);
}

TEST_CASE("an archive appears whole by commit(), and nothing stays beside it") {
  TemporaryDirectory dir;
  {
    LocalStores stores;
    const auto store = stores.open({}, archive_of(dir / "a.tar", "app")).value();
    CHECK(store->name() == "oci-archive:" + (dir / "a.tar").string() + "//app");
    CHECK(entries(dir.path()) == 0);
    REQUIRE(put(*store, Chart("one"), {"1"}));
    check_holds(*store, "1", Chart("one"));
    CHECK_FALSE(fs::exists(dir / "a.tar"));
    REQUIRE(stores.commit({}));
    check_holds(*store, "1", Chart("one"));
    REQUIRE(put(*store, Chart("two"), {"2"}));
    REQUIRE(stores.commit({}));
    check_holds(*store, "1", Chart("one"));
    check_holds(*store, "2", Chart("two"));
  }
  CHECK(entries(dir.path()) == 1);
  LocalStores stores;
  const auto store = stores.open({}, archive_of(dir / "a.tar", "app")).value();
  CHECK(tags_of(*store) == Names{"1", "2"});
  check_holds(*store, "2", Chart("two"));
  check_holds(*store, Chart("one").digest().string(), Chart("one"));
}

TEST_CASE("an archive that is not committed is not there") {
  TemporaryDirectory dir;
  {
    LocalStores stores;
    REQUIRE(put(*stores.open({}, archive_of(dir / "a.tar", "app")).value(), Chart("one"), {"1"}));
  }
  CHECK(entries(dir.path()) == 0);
}

TEST_CASE("equal content makes equal archives: oci-layout, index.json, then the blobs by name, all of them in 1970") {
  TemporaryDirectory dir;
  const Chart chart("one");
  const auto write = [&](const fs::path& path, const std::vector<std::string>& order) {
    LocalStores stores;
    const auto store = stores.open({}, archive_of(path, "app")).value();
    const std::string sha512 = "content";
    const Descriptor blob{.digest = digest_of(sha512, Digest::Algorithm::sha512), .size = sha512.size()};
    for (const auto& step : order) {
      if (step == "chart") REQUIRE(put(*store, chart, {"1"}));
      if (step == "sha512") REQUIRE(store->push_blob({}, blob, MemoryBlob(sha512)));
      if (step == "commit") REQUIRE(stores.commit({}));
    }
    REQUIRE(stores.commit({}));
  };
  write(dir / "a.tar", {"chart", "sha512"});
  write(dir / "b.tar", {"sha512", "chart"});
  CHECK(bytes_of(dir / "a.tar") == bytes_of(dir / "b.tar"));
  const auto names = members(dir / "a.tar");
  REQUIRE(names.size() == 6);
  CHECK(names[0] == "oci-layout");
  CHECK(names[1] == "index.json");
  CHECK(std::is_sorted(names.begin() + 2, names.end()));
  CHECK(names[5].starts_with("blobs/sha512/"));
  const auto bytes = bytes_of(dir / "a.tar");
  CHECK(bytes.substr(100, 8) == std::string("0000644\0", 8));
  CHECK(bytes.substr(108, 8) == std::string("0000000\0", 8));
  CHECK(bytes.substr(136, 12) == std::string("00000000000\0", 12));
  struct stat status {};
  REQUIRE(::stat((dir / "a.tar").c_str(), &status) == 0);
  CHECK((status.st_mode & 0400) != 0);
}

TEST_CASE("an archive of another program is read, and kept when something is added") {
  TemporaryDirectory dir;
  write_tar(dir / "a.tar", foreign_files(Chart("one"), "app:1"));
  const auto before = bytes_of(dir / "a.tar");
  {
    LocalStores stores;
    const auto store = stores.open({}, archive_of(dir / "a.tar", "app")).value();
    check_holds(*store, "1", Chart("one"));
    CHECK(store->push_blob({}, Chart("one").manifest.config(), MemoryBlob("unread")).value() == PushOutcome::present);
    auto reader = store->fetch({}, Chart("one").manifest.config(), 2).value();
    CHECK(read_all(*reader, 100).value() == Chart("one").config.substr(2));
    REQUIRE(stores.commit({}));
    CHECK(bytes_of(dir / "a.tar") == before);
    REQUIRE(put(*store, Chart("two"), {"2"}));
    REQUIRE(stores.commit({}));
  }
  LocalStores stores;
  const auto store = stores.open({}, archive_of(dir / "a.tar", "app")).value();
  check_holds(*store, "1", Chart("one"));
  check_holds(*store, "2", Chart("two"));
  const auto names = members(dir / "a.tar");
  CHECK(names.size() == 2 + 6 + 1);
  CHECK(names.back() == "manifest.json");
}

TEST_CASE("a Reader goes on with the archive that it was opened on") {
  TemporaryDirectory dir;
  write_tar(dir / "a.tar", foreign_files(Chart("one"), "app:1"));
  LocalStores stores;
  const auto store = stores.open({}, archive_of(dir / "a.tar", "app")).value();
  auto reader = store->fetch({}, Chart("one").manifest.layers()[0]).value();
  REQUIRE(put(*store, Chart("two"), {"2"}));
  REQUIRE(stores.commit({}));
  CHECK(read_all(*reader, 100).value() == Chart("one").layer);
}

TEST_CASE("an archive that somebody else changed meanwhile is not overwritten") {
  for (const bool there_before : {true, false}) {
    TemporaryDirectory dir;
    if (there_before) write_tar(dir / "a.tar", foreign_files(Chart("one"), "app:1"));
    LocalStores stores;
    const auto store = stores.open({}, archive_of(dir / "a.tar", "app")).value();
    REQUIRE(put(*store, Chart("two"), {"2"}));
    write_tar(dir / "a.tar", foreign_files(Chart("three"), "app:3"));
    const auto theirs = bytes_of(dir / "a.tar");
    CHECK(stores.commit({}).error().code() == Errc::conflict);
    CHECK(bytes_of(dir / "a.tar") == theirs);
  }
}

TEST_CASE("what is no archive of a layout is told of") {
  TemporaryDirectory dir;
  const auto without = [](const std::string& name) {
    auto files = foreign_files(Chart("one"), "app:1");
    std::erase_if(files, [&](const auto& file) { return file.first == name; });
    return files;
  };
  auto version = without("./oci-layout");
  version.emplace_back("oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
  auto index = without("./index.json");
  index.emplace_back("index.json", "{damaged");
  write_tar(dir / "no-layout.tar", without("./oci-layout"));
  write_tar(dir / "no-index.tar", without("./index.json"));
  write_tar(dir / "version.tar", version);
  write_tar(dir / "index.tar", index);
  REQUIRE(write_file(dir / "empty.tar", ""));
  REQUIRE(write_file(dir / "text.tar", std::string(2000, 'x')));
  REQUIRE(write_file(dir / "gzip.tar", "\x1f\x8b" + std::string(2000, 'x')));
  write_tar(dir / "whole.tar", foreign_files(Chart("one"), "app:1"));
  REQUIRE(write_file(dir / "cut.tar", bytes_of(dir / "whole.tar").substr(0, 3000)));
  struct Case {
    std::string name;
    Errc code;
  };
  const Case cases[] = {
      {"no-layout.tar", Errc::corrupt}, {"no-index.tar", Errc::corrupt}, {"version.tar", Errc::corrupt},
      {"index.tar", Errc::corrupt},     {"empty.tar", Errc::corrupt},    {"text.tar", Errc::corrupt},
      {"gzip.tar", Errc::corrupt},      {"cut.tar", Errc::corrupt},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    LocalStores stores;
    const auto store = stores.open({}, archive_of(dir / row.name));
    REQUIRE_FALSE(store);
    CHECK(store.error().code() == row.code);
    CHECK(store.error().message().find(row.name) != std::string::npos);
  }
  LocalStores stores;
  CHECK(stores.open({}, archive_of(dir.path())).error().code() == Errc::invalid_argument);
  const auto nowhere = stores.open({}, archive_of(dir / "missing/a.tar")).value();
  CHECK(put(*nowhere, Chart("one"), {"1"}).error().code() == Errc::no_such_file);
}

TEST_CASE("a gap in an archive is told of when it is needed") {
  TemporaryDirectory dir;
  auto files = foreign_files(Chart("one"), "app:1");
  std::erase_if(files, [](const auto& file) { return file.second == Chart("one").layer; });
  write_tar(dir / "a.tar", files);
  LocalStores stores;
  const auto store = stores.open({}, archive_of(dir / "a.tar", "app")).value();
  CHECK(store->fetch_manifest({}, "1"));
  CHECK(store->fetch({}, Chart("one").manifest.layers()[0]).error().code() == Errc::not_found);
  MemoryStore target;
  CHECK(copy({}, *store, "1", target).error().code() == Errc::not_found);
}

TEST_CASE("layouts and archives hold the same after a copy to and fro") {
  TemporaryDirectory dir;
  LocalStores stores;
  const Chart chart("app");
  const auto from = stores.open({}, layout(dir / "l", "a")).value();
  REQUIRE(put(*from, chart, {"1"}));
  REQUIRE(put(*from, Chart("signature", chart.manifest.descriptor()), {}));
  const auto over = stores.open({}, archive_of(dir / "a.tar", "b")).value();
  const auto back = stores.open({}, layout(dir / "m", "c")).value();
  const CopyOptions all{.referrers = Referrers::all};
  REQUIRE(copy({}, *from, "1", *over, all));
  REQUIRE(stores.commit({}));
  REQUIRE(copy({}, *over, "1", *back, all));
  REQUIRE(stores.commit({}));
  const auto read = Layout::open(dir / "m").value()->repository("c");
  check_holds(*read, "1", chart);
  CHECK(read->referrers_lister()->list_referrers({}, chart.digest(), {}).value().size() == 1);
}
