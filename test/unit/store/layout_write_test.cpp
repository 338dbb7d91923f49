// SPDX-License-Identifier: Apache-2.0
// What a layout looks like on disk after it was written.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <portolan/copy/copy.h>
#include <portolan/store/layout_store.h>
#include <portolan/store/memory_store.h>

#include <map>
#include <set>

#include "base/file.h"
#include "content.h"
#include "oci/layout_index.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::test;
using portolan::internal::read_file;
using portolan::internal::write_file;
using portolan::internal::oci::LayoutIndex;

namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

constexpr auto on_commit = Layout::IndexWrites::on_commit;

std::string text(const fs::path& path) { return read_file(path, 1 << 20).value(); }

LayoutIndex index_of(const fs::path& layout) { return LayoutIndex::parse(text(layout / "index.json")).value(); }

// The names of all entries; the digest stands for an untagged one's name.
Names entries_of(const fs::path& layout) {
  Names names;
  const auto index = index_of(layout);
  for (const auto& entry : index.entries()) {
    names.push_back(entry.name.empty() ? entry.descriptor.digest.string() : entry.name);
  }
  return names;
}

std::set<std::string> files_below(const fs::path& directory) {
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files.insert(entry.path().lexically_relative(directory).string());
  }
  return files;
}

std::string blob_file(const Digest& digest) { return "blobs/sha256/" + std::string(digest.encoded()); }

}  // namespace

TEST_CASE("opening a layout that is not there writes nothing") {
  TemporaryDirectory dir;
  for (const auto writes : {Layout::IndexWrites::immediate, on_commit}) {
    const auto layout = Layout::open(dir / "new/layout", writes);
    REQUIRE(layout);
    CHECK((*layout)->directory() == dir / "new/layout");
    CHECK((*layout)->repositories({}).value().empty());
    CHECK((*layout)->repository("a")->resolve({}, "1").error().code() == Errc::not_found);
    CHECK((*layout)->commit({}));
    CHECK(fs::is_empty(dir.path()));
  }
}

TEST_CASE("a layout has the files of the specification, and blobs that nobody can write to") {
  TemporaryDirectory dir;
  const Chart chart("app");
  const auto old_mask = ::umask(022);
  REQUIRE(put(*Layout::open(dir / "new/layout").value()->repository("charts/app"), chart, {"1.0"}));
  ::umask(old_mask);
  const auto layout = dir / "new/layout";
  CHECK(files_below(layout) ==
        std::set<std::string>{"oci-layout", "index.json", "index.json.lock", blob_file(chart.digest()),
                              blob_file(chart.manifest.config().digest), blob_file(chart.manifest.layers()[0].digest)});
  CHECK(text(layout / "oci-layout") == R"({"imageLayoutVersion":"1.0.0"})");
  CHECK(text(layout / "index.json") ==
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":)"
        R"("application/vnd.oci.image.manifest.v1+json","digest":")" +
            chart.digest().string() + R"(","size":)" + std::to_string(chart.manifest.bytes().size()) +
            R"(,"annotations":{"org.opencontainers.image.ref.name":"charts/app:1.0"}}]})");
  struct stat status {};
  REQUIRE(::stat((layout / blob_file(chart.digest())).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0444);
  REQUIRE(::stat((layout / "index.json").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);
}

TEST_CASE("the umask takes away what it is there to take away") {
  TemporaryDirectory dir;
  const Chart chart("app");
  const auto old_mask = ::umask(077);
  REQUIRE(put(*Layout::open(dir / "l").value()->repository(""), chart, {"1"}));
  ::umask(old_mask);
  struct stat status {};
  REQUIRE(::stat((dir / "l" / blob_file(chart.digest())).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0400);
}

TEST_CASE("an empty directory and a stopped first write become a layout, nothing else does") {
  struct Case {
    std::string name;
    std::vector<std::string> files;
    std::optional<Errc> error;
  };
  const Case cases[] = {
      {"empty", {}, {}},
      {"stopped early", {"index.json.lock", ".portolan-0123456789abcdef.tmp"}, {}},
      {"stopped late", {"index.json.lock", "index.json", "blobs/sha256/.portolan-0123456789abcdef.tmp"}, {}},
      {"somebody's files", {"notes.txt"}, Errc::invalid_argument},
      {"somebody's files beside pieces", {"index.json", "src/main.c"}, Errc::invalid_argument},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    TemporaryDirectory dir;
    for (const auto& file : row.files) {
      fs::create_directories((dir / file).parent_path());
      REQUIRE(write_file(dir / file, file == "index.json" ? R"({"schemaVersion":2,"manifests":[]})" : ""));
    }
    const auto before = files_below(dir.path());
    auto layout = Layout::open(dir.path());
    CHECK(layout.has_value() == !row.error);
    if (row.error) {
      CHECK(layout.error().code() == *row.error);
      CHECK(layout.error().message() == dir.path().string() + " is neither an OCI image layout nor empty");
      CHECK(files_below(dir.path()) == before);
      continue;
    }
    REQUIRE(put(*(*layout)->repository(""), Chart("app"), {"1"}));
    check_holds(*Layout::open(dir.path()).value()->repository(""), "1", Chart("app"));
  }
}

TEST_CASE("a directory that turned into something else since it was opened is not written to") {
  TemporaryDirectory dir;
  const auto layout = Layout::open(dir / "l").value();
  fs::create_directories(dir / "l/src");
  CHECK(put(*layout->repository(""), Chart("app"), {"1"}).error().code() == Errc::invalid_argument);
  CHECK(files_below(dir.path()).empty());
}

TEST_CASE("index.json is replaced by every push, or once by commit()") {
  TemporaryDirectory dir;
  const auto index = dir / "l/index.json";
  const auto inode = [&] {
    struct stat status {};
    REQUIRE(::stat(index.c_str(), &status) == 0);
    return std::pair(status.st_ino, status.st_ctim.tv_nsec);
  };
  const auto now = Layout::open(dir / "l").value();
  REQUIRE(put(*now->repository("a"), Chart("one"), {"1"}));
  CHECK(entries_of(dir / "l") == Names{"a:1"});

  const auto later = Layout::open(dir / "l", on_commit).value();
  const auto before = inode();
  REQUIRE(put(*later->repository("a"), Chart("two"), {"2", "latest"}));
  REQUIRE(put(*later->repository("b"), Chart("three"), {"3"}));
  REQUIRE(later->repository("a")->deleter()->remove({}, "1"));
  CHECK(inode() == before);
  CHECK(tags_of(*later->repository("a")) == Names{"2", "latest"});
  CHECK(tags_of(*now->repository("a")) == Names{"1"});
  REQUIRE(later->commit({}));
  const auto after = inode();
  CHECK(after != before);
  CHECK(tags_of(*now->repository("a")) == Names{"2", "latest"});
  CHECK(now->repositories({}).value() == Names{"a", "b"});
  REQUIRE(later->commit({}));
  CHECK(inode() == after);
}

TEST_CASE("what is the same is not written again") {
  TemporaryDirectory dir;
  const auto layout = Layout::open(dir / "l").value();
  REQUIRE(put(*layout->repository("a"), Chart("one"), {"1"}));
  struct stat before {};
  struct stat after {};
  REQUIRE(::stat((dir / "l/index.json").c_str(), &before) == 0);
  REQUIRE(put(*layout->repository("a"), Chart("one"), {"1"}));
  REQUIRE(::stat((dir / "l/index.json").c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
}

TEST_CASE("changes that others made meanwhile are merged by commit()") {
  TemporaryDirectory dir;
  const auto first = Layout::open(dir / "l", on_commit).value();
  const auto second = Layout::open(dir / "l", on_commit).value();
  REQUIRE(put(*first->repository("a"), Chart("one"), {"1", "both"}));
  REQUIRE(put(*second->repository("a"), Chart("two"), {"2"}));
  REQUIRE(put(*second->repository("a"), Chart("one"), {"both"}));
  REQUIRE(first->commit({}));
  CHECK(tags_of(*second->repository("a")) == Names{"1", "2", "both"});
  REQUIRE(second->commit({}));
  CHECK(tags_of(*first->repository("a")) == Names{"1", "2", "both"});
}

TEST_CASE("commit() tells of a tag that another process set meanwhile, and writes the rest") {
  struct Case {
    IfExists if_exists;
    bool other_content;
    bool conflict;
  };
  const Case cases[] = {
      {IfExists::same, true, true},  {IfExists::same, false, false},   {IfExists::fail, true, true},
      {IfExists::fail, false, true}, {IfExists::replace, true, false}, {IfExists::replace, false, false},
  };
  for (const auto& row : cases) {
    CAPTURE(static_cast<int>(row.if_exists));
    CAPTURE(row.other_content);
    TemporaryDirectory dir;
    const auto ours = Layout::open(dir / "l", on_commit).value();
    const auto theirs = Layout::open(dir / "l").value();
    const Chart mine("mine");
    const Chart other(row.other_content ? "other" : "mine");
    REQUIRE(put(*ours->repository("a"), mine, {"1"}, row.if_exists));
    REQUIRE(put(*ours->repository("a"), Chart("more"), {"2"}));
    REQUIRE(put(*theirs->repository("a"), other, {"1"}));
    const auto committed = ours->commit({});
    CHECK(committed.has_value() != row.conflict);
    if (row.conflict) {
      CHECK(committed.error().code() == Errc::conflict);
      CHECK(committed.error().details()[0] == Error::Detail("tag", "1"));
    }
    check_holds(*theirs->repository("a"), "1", row.conflict ? other : mine);
    check_holds(*theirs->repository("a"), "2", Chart("more"));
    CHECK(ours->commit({}));
    check_holds(*ours->repository("a"), "1", row.conflict ? other : mine);
  }
}

TEST_CASE("what others wrote into index.json stays as it is") {
  TemporaryDirectory dir;
  REQUIRE(put(*Layout::open(dir / "l").value()->repository(""), Chart("one"), {"1"}));
  const auto digest = Chart("one").digest().string();
  const std::string entry =
      R"({"mediaType":"a/b","size":7,"digest":")" + digest +
      R"(","x-unknown":[1,{"a":2.5}],"annotations":{"z":"1","org.opencontainers.image.ref.name":"old","a":"2"}})";
  const std::string before =
      R"({"x-first":null,"schemaVersion":2,"manifests":[)" + entry + R"(],"annotations":{"k":"v"}})";
  REQUIRE(write_file(dir / "l/index.json", before));
  REQUIRE(put(*Layout::open(dir / "l").value()->repository(""), Chart("two"), {"2"}));
  const auto after = text(dir / "l/index.json");
  CHECK(after.find(R"({"x-first":null,"schemaVersion":2,"manifests":[)" + entry) == 0);
  CHECK(after.ends_with(R"(],"annotations":{"k":"v"}})"));
  CHECK(entries_of(dir / "l") == Names{"old", "2"});
}

TEST_CASE("manifests without a tag are listed, unless they belong to an index") {
  TemporaryDirectory dir;
  for (const auto writes : {Layout::IndexWrites::immediate, on_commit}) {
    const auto path = dir / (writes == on_commit ? "later" : "now");
    const auto layout = Layout::open(path, writes).value();
    MemoryStore source;
    const Chart child("child");
    const Chart alone("alone");
    const Chart signature("signature", child.manifest.descriptor());
    for (const auto* chart : {&child, &alone, &signature}) REQUIRE(put(source, *chart, {}));
    const auto index = Index::make({.manifests = {child.manifest.descriptor(), signature.manifest.descriptor()}});
    REQUIRE(source.push_manifest({}, index.descriptor(), index.bytes(), std::vector<std::string>{"1"}, IfExists::same));
    const auto target = layout->repository("p");
    REQUIRE(copy({}, source, "1", *target));
    REQUIRE(copy({}, source, alone.digest().string(), *target));
    REQUIRE(layout->commit({}));
    const auto entries = entries_of(path);
    CHECK(std::set<std::string>(entries.begin(), entries.end()) ==
          std::set<std::string>{signature.digest().string(), "p:1", alone.digest().string()});
    check_holds(*target, child.digest().string(), child);
    const auto listed = target->referrers_lister()->list_referrers({}, child.digest(), {}).value();
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].digest == signature.digest());
  }
}

TEST_CASE("an entry that another program made for an index's child is left alone") {
  TemporaryDirectory dir;
  for (const auto writes : {Layout::IndexWrites::immediate, on_commit}) {
    const auto path = dir / (writes == on_commit ? "later" : "now");
    const Chart child("child");
    {
      const auto other = Layout::open(path).value();
      REQUIRE(put(*other->repository(""), child, {}));
    }
    const auto layout = Layout::open(path, writes).value();
    REQUIRE(put(*layout->repository("p"), child, {}));
    const auto index = Index::make({.manifests = {child.manifest.descriptor()}});
    REQUIRE(layout->repository("p")->push_manifest({}, index.descriptor(), index.bytes(), std::vector<std::string>{"1"},
                                                   IfExists::same));
    REQUIRE(layout->commit({}));
    CHECK(entries_of(path) == Names{child.digest().string(), "p:1"});
  }
}

TEST_CASE("a tag that moves leaves what it named reachable") {
  TemporaryDirectory dir;
  const auto layout = Layout::open(dir / "l").value();
  const auto repository = layout->repository("a");
  REQUIRE(put(*repository, Chart("one"), {"1"}));
  REQUIRE(put(*repository, Chart("two"), {"1"}, IfExists::replace));
  check_holds(*repository, "1", Chart("two"));
  check_holds(*repository, Chart("one").digest().string(), Chart("one"));
  const auto index = index_of(dir / "l");
  CHECK(index.entries().size() == 2);
  CHECK(index.find("a:1")->descriptor.digest == Chart("two").digest());
}

TEST_CASE("repositories share blobs, and keep their tags apart") {
  TemporaryDirectory dir;
  const auto layout = Layout::open(dir / "l").value();
  const Chart chart("app");
  REQUIRE(put(*layout->repository("a"), chart, {"1"}));
  const auto b = layout->repository("b");
  CHECK(b->push_blob({}, chart.manifest.config(), MemoryBlob(chart.config)).value() == PushOutcome::present);
  CHECK(b->resolve({}, "1").error().code() == Errc::not_found);
  REQUIRE(put(*b, Chart("other"), {"1"}));
  REQUIRE(put(*layout->repository("b/c"), chart, {"1", "2"}));
  check_holds(*layout->repository("a"), "1", chart);
  check_holds(*b, "1", Chart("other"));
  CHECK(tags_of(*b) == Names{"1"});
  CHECK(layout->repositories({}).value() == Names{"a", "b", "b/c"});
  REQUIRE(b->deleter()->remove({}, Chart("other").digest().string()));
  REQUIRE(layout->repository("a")->deleter()->remove({}, chart.digest().string()));
  CHECK(tags_of(*layout->repository("b/c")) == Names{"1", "2"});
}

TEST_CASE("a file of another size in a blob's place is replaced") {
  TemporaryDirectory dir;
  const Chart chart("app");
  REQUIRE(put(*Layout::open(dir / "l").value()->repository(""), chart, {"1"}));
  const auto file = dir / "l" / blob_file(chart.manifest.layers()[0].digest);
  REQUIRE(write_file(file, "half"));
  const auto layout = Layout::open(dir / "l").value();
  CHECK(layout->repository("")->fetch({}, chart.manifest.layers()[0]).error().code() == Errc::verification_failed);
  CHECK(layout->repository("")->push_blob({}, chart.manifest.layers()[0], MemoryBlob(chart.layer)).value() ==
        PushOutcome::stored);
  check_holds(*layout->repository(""), "1", chart);
}

TEST_CASE("a manifest whose bytes are damaged is written again by the next push of it") {
  TemporaryDirectory dir;
  const Chart chart("app");
  REQUIRE(put(*Layout::open(dir / "l").value()->repository(""), chart, {"1"}));
  REQUIRE(write_file(dir / "l" / blob_file(chart.digest()), std::string(chart.manifest.bytes().size(), '?')));
  const auto repository = Layout::open(dir / "l").value()->repository("");
  CHECK(repository->fetch_manifest({}, "1").error().code() == Errc::verification_failed);
  REQUIRE(put(*repository, chart, {"1"}));
  check_holds(*repository, "1", chart);
}

TEST_CASE("what killed processes left is taken away by the first write of the next one, once it is old") {
  TemporaryDirectory dir;
  REQUIRE(put(*Layout::open(dir / "l").value()->repository(""), Chart("one"), {"1"}));
  const Names old = {"l/.portolan-0123456789abcdef.tmp", "l/blobs/sha256/.portolan-0123456789abcdef.tmp"};
  for (const auto& name : old) {
    REQUIRE(write_file(dir / name, "half"));
    fs::last_write_time(dir / name, fs::file_time_type::clock::now() - std::chrono::hours(48));
  }
  const auto fresh = dir / "l/blobs/sha256/.portolan-fedcba9876543210.tmp";
  REQUIRE(write_file(fresh, "being written"));
  const auto layout = Layout::open(dir / "l").value();
  check_holds(*layout->repository(""), "1", Chart("one"));
  for (const auto& name : old) CHECK(fs::exists(dir / name));
  REQUIRE(put(*layout->repository(""), Chart("two"), {"2"}));
  for (const auto& name : old) CHECK_FALSE(fs::exists(dir / name));
  CHECK(fs::exists(fresh));
}

TEST_CASE("nothing is written through a symbolic link") {
  for (const auto* link : {"l/blobs", "l/blobs/sha256", "l/index.json", "l/index.json.lock"}) {
    CAPTURE(link);
    TemporaryDirectory dir;
    REQUIRE(put(*Layout::open(dir / "l").value()->repository(""), Chart("one"), {"1"}));
    fs::create_directories(dir / "elsewhere");
    fs::rename(dir / link, dir / "elsewhere/it");
    fs::create_symlink(dir / "elsewhere/it", dir / link);
    const auto before = files_below(dir / "elsewhere");
    const auto layout = Layout::open(dir / "l").value();
    check_holds(*layout->repository(""), "1", Chart("one"));
    CHECK_FALSE(put(*layout->repository(""), Chart("two"), {"2"}));
    CHECK(files_below(dir / "elsewhere") == before);
    CHECK(fs::is_symlink(dir / link));
    CHECK(tags_of(*layout->repository("")) == Names{"1"});
  }
}

TEST_CASE("a link in a blob's place is replaced, and what it leads to is left alone") {
  TemporaryDirectory dir;
  REQUIRE(put(*Layout::open(dir / "l").value()->repository(""), Chart("one"), {"1"}));
  const Chart chart("two");
  REQUIRE(write_file(dir / "precious", "precious"));
  const auto file = dir / "l" / blob_file(chart.manifest.config().digest);
  fs::create_symlink(dir / "precious", file);
  REQUIRE(put(*Layout::open(dir / "l").value()->repository(""), chart, {"2"}));
  CHECK_FALSE(fs::is_symlink(file));
  CHECK(text(dir / "precious") == "precious");
}

TEST_CASE("a layout goes on where it was opened when the working directory changes") {
  TemporaryDirectory dir;
  const auto old = fs::current_path();
  fs::current_path(dir.path());
  const auto layout = Layout::open("l").value();
  fs::create_directories(dir / "other");
  fs::current_path(dir / "other");
  const auto put_there = put(*layout->repository("a"), Chart("one"), {"1"});
  fs::current_path(old);
  REQUIRE(put_there);
  CHECK(layout->repository("a")->name() == "oci-layout:l//a");
  CHECK(entries_of(dir / "l") == Names{"a:1"});
}
