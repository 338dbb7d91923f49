// SPDX-License-Identifier: Apache-2.0
// Layouts that other programs wrote, and damaged ones.
#include <doctest/doctest.h>

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <portolan/store/layout_store.h>

#include <fstream>

#include "base/file.h"
#include "child_process.h"
#include "content.h"
#include "skip.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::test;
using portolan::internal::write_file;

namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

std::string entry(const Chart& chart, const std::string& name, const std::string& more = {}) {
  std::string text = R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
                     chart.digest().string() + R"(","size":)" + std::to_string(chart.manifest.bytes().size());
  if (!name.empty()) text += R"(,"annotations":{"org.opencontainers.image.ref.name":")" + name + "\"}";
  return text + more + "}";
}

std::string index(const Names& entries) {
  std::string text = R"({"schemaVersion":2,"manifests":[)";
  for (std::size_t i = 0; i < entries.size(); ++i) text += (i == 0 ? "" : ",") + entries[i];
  return text + "]}";
}

fs::path blob_file(const Digest& digest) { return fs::path("blobs/sha256") / std::string(digest.encoded()); }

// A layout that holds the charts' blobs and that index.json.
void make(const fs::path& layout, const std::vector<Chart>& charts, const std::string& index_json) {
  fs::create_directories(layout / "blobs/sha256");
  REQUIRE(write_file(layout / "oci-layout", R"({"imageLayoutVersion": "1.0.0"})"));
  REQUIRE(write_file(layout / "index.json", index_json));
  for (const auto& chart : charts) {
    REQUIRE(write_file(layout / blob_file(chart.digest()), chart.manifest.bytes()));
    REQUIRE(write_file(layout / blob_file(chart.manifest.config().digest), chart.config));
    REQUIRE(write_file(layout / blob_file(chart.manifest.layers()[0].digest), chart.layer));
  }
}

std::shared_ptr<Store> open(const fs::path& layout, const std::string& path = {}) {
  return Layout::open(layout).value()->repository(path);
}

}  // namespace

TEST_CASE("the names that other programs write are understood") {
  const Chart chart("app");
  const Chart other("other");
  struct Case {
    std::string path;
    std::string tag;
    Names names;  // of `chart`, and last the one of `other`
    bool found;
    bool listed;
  };
  const Case cases[] = {
      // skopeo copy … oci:DIR:1.0, oras push --oci-layout DIR:1.0
      {"", "1.0", {"1.0", "2.0"}, true, true},
      {"", "1.1", {"1.0", "2.0"}, false, false},
      // oras --oci-layout-path DIR charts/app:1.0
      {"charts/app", "1.0", {"charts/app:1.0", "charts/app:2.0"}, true, true},
      {"", "1.0", {"charts/app:1.0", "charts/app:2.0"}, true, false},
      {"charts", "1.0", {"charts/app:1.0", "x:2.0"}, false, false},
      // A repository inside another one is not taken for it.
      {"app", "1.0", {"charts/app:1.0", "x:2.0"}, false, false},
      // Full references: docker, regclient, containerd.
      {"library/app", "1.0", {"docker.io/library/app:1.0", "docker.io/library/app:2.0"}, true, true},
      {"library/app", "1.0", {"localhost:5000/library/app:1.0", "x"}, true, true},
      {"docker.io/library/app", "1.0", {"docker.io/library/app:1.0", "x"}, true, true},
      {"app", "1.0", {"docker.io/library/app:1.0", "x"}, false, false},
      {"", "1.0", {"localhost:5000/library/app:1.0", "localhost:5000/library/app"}, true, false},
      {"", "localhost:5000/library/app", {"localhost:5000/library/app", "x"}, true, false},
      // The exact name wins.
      {"", "1.0", {"1.0", "other:1.0"}, true, true},
      {"library/app", "1.0", {"library/app:1.0", "docker.io/library/app:1.0"}, true, true},
      // Two that could be meant.
      {"", "1.0", {"a:1.0", "b:1.0"}, false, false},
      {"library/app", "1.0", {"docker.io/library/app:1.0", "quay.io/library/app:1.0"}, false, true},
      {"", "1.0", {"a:1.0", "b:1.0", "x"}, true, false},
  };
  for (const auto& row : cases) {
    CAPTURE(row.path);
    CAPTURE(row.tag);
    CAPTURE(row.names[0]);
    TemporaryDirectory dir;
    Names entries;
    for (std::size_t i = 0; i + 1 < row.names.size(); ++i) entries.push_back(entry(chart, row.names[i]));
    entries.push_back(entry(other, row.names.back()));
    make(dir.path(), {chart, other}, index(entries));
    const auto store = open(dir.path(), row.path);
    const auto found = store->resolve({}, row.tag);
    CHECK(found.has_value() == row.found);
    if (found) check_holds(*store, row.tag, chart);
    if (!found) CHECK(found.error().code() == Errc::not_found);
    const auto tags = tags_of(*store);
    CHECK((std::find(tags.begin(), tags.end(), row.tag) != tags.end()) == row.listed);
  }
}

TEST_CASE("of several entries with one name the last is the newest: crane appends") {
  TemporaryDirectory dir;
  make(dir.path(), {Chart("old"), Chart("new")},
       index({entry(Chart("old"), "1"), entry(Chart("new"), "1"), entry(Chart("old"), "2")}));
  const auto store = open(dir.path());
  check_holds(*store, "1", Chart("new"));
  CHECK(tags_of(*store) == Names{"1", "2"});
  REQUIRE(put(*store, Chart("newer"), {"1"}, IfExists::replace));
  check_holds(*open(dir.path()), "1", Chart("newer"));
}

TEST_CASE("a manifest that no entry names is found by its digest, its type being in its body") {
  TemporaryDirectory dir;
  const Chart chart("child");
  make(dir.path(), {chart}, index({}));
  const auto store = open(dir.path(), "any");
  check_holds(*store, chart.digest().string(), chart);
  // A layer is no manifest, wherever it is.
  CHECK(store->resolve({}, chart.manifest.layers()[0].digest.string()).error().code() == Errc::not_found);
  CHECK(store->fetch_manifest({}, chart.manifest.config().digest.string()).error().code() == Errc::not_found);
}

TEST_CASE("referrers are found by their subject, and by the fallback tag that regclient writes") {
  const Chart chart("app");
  const Chart scanned("scanned", chart.manifest.descriptor(), "a/scanned");
  const Chart fallen("fallen", chart.manifest.descriptor(), "a/fallen");
  const Chart gone("gone", chart.manifest.descriptor(), "a/gone");
  auto listed = fallen.manifest.descriptor();
  listed.artifact_type = "a/fallen";
  const auto list = Index::make({.manifests = {listed, gone.manifest.descriptor()}});
  const auto tag = "sha256-" + std::string(chart.digest().encoded());
  for (const std::string prefix : {"", "p:"}) {
    TemporaryDirectory dir;
    const auto list_entry = R"({"mediaType":"application/vnd.oci.image.index.v1+json","digest":")" +
                            list.digest().string() + R"(","size":)" + std::to_string(list.bytes().size()) +
                            R"(,"annotations":{"org.opencontainers.image.ref.name":")" + prefix + tag + "\"}}";
    make(dir.path(), {chart, scanned, fallen},
         index({entry(chart, "1"), entry(scanned, ""), list_entry, entry(gone, "")}));
    REQUIRE(write_file(dir / blob_file(list.digest()), list.bytes()));
    const auto store = open(dir.path(), "p");
    auto found = store->referrers_lister()->list_referrers({}, chart.digest(), {}).value();
    REQUIRE(found.size() == 2);
    CHECK(found[0].digest == std::min(scanned.digest(), fallen.digest()));
    CHECK(found[1].digest == std::max(scanned.digest(), fallen.digest()));
    found = store->referrers_lister()->list_referrers({}, chart.digest(), "a/fallen").value();
    REQUIRE(found.size() == 1);
    CHECK(found[0].digest == fallen.digest());
  }
}

TEST_CASE("a sparse layout is fine until what is missing is needed") {
  TemporaryDirectory dir;
  const Chart chart("app");
  make(dir.path(), {chart, Chart("other")}, index({entry(chart, "1"), entry(Chart("missing"), "2")}));
  fs::remove(dir / blob_file(chart.manifest.layers()[0].digest));
  const auto store = open(dir.path());
  CHECK(tags_of(*store) == Names{"1", "2"});
  CHECK(store->fetch_manifest({}, "1"));
  const auto layer = store->fetch({}, chart.manifest.layers()[0]);
  REQUIRE_FALSE(layer);
  CHECK(layer.error().code() == Errc::not_found);
  CHECK(layer.error().message().find(chart.manifest.layers()[0].digest.string()) != std::string::npos);
  const auto manifest = store->fetch_manifest({}, "2");
  REQUIRE_FALSE(manifest);
  CHECK(manifest.error().code() == Errc::not_found);
  CHECK(manifest.error().message().find(Chart("missing").digest().string()) != std::string::npos);
  REQUIRE(put(*store, Chart("missing"), {"2"}));
  check_holds(*store, "2", Chart("missing"));
}

TEST_CASE("missing folders and unknown files are no errors") {
  TemporaryDirectory dir;
  make(dir.path(), {}, index({}));
  fs::remove_all(dir / "blobs");
  REQUIRE(write_file(dir / "manifest.json", "[]"));
  fs::create_directories(dir / "ingest/x");
  const auto store = open(dir.path());
  CHECK(tags_of(*store).empty());
  CHECK_FALSE(store->exists({}, Chart("app").manifest.config()).value());
  CHECK(store->resolve({}, Chart("app").digest().string()).error().code() == Errc::not_found);
  REQUIRE(put(*store, Chart("app"), {"1"}));
  check_holds(*store, "1", Chart("app"));
  CHECK(fs::exists(dir / "manifest.json"));
}

TEST_CASE("a damaged layout is told of by the file that is damaged") {
  struct Case {
    std::string file;
    std::string content;
    Errc code;
  };
  const auto digest = Chart("app").digest().string();
  const Case cases[] = {
      {"oci-layout", "", Errc::corrupt},
      {"oci-layout", "{}", Errc::corrupt},
      {"oci-layout", "[]", Errc::corrupt},
      {"oci-layout", R"({"imageLayoutVersion":1})", Errc::corrupt},
      {"oci-layout", R"({"imageLayoutVersion":"2.0.0"})", Errc::corrupt},
      {"oci-layout", R"({"imageLayoutVersion":"10.0.0"})", Errc::corrupt},
      {"oci-layout", std::string(100'000, ' '), Errc::limit_exceeded},
      {"index.json", "", Errc::corrupt},
      {"index.json", "{", Errc::corrupt},
      {"index.json", "[]", Errc::corrupt},
      {"index.json", R"({"schemaVersion":2,"manifests":{}})", Errc::corrupt},
      {"index.json", R"({"schemaVersion":2,"manifests":[{"digest":"x"}]})", Errc::corrupt},
      {"index.json", R"({"schemaVersion":2,"manifests":[],"manifests":[]})", Errc::corrupt},
      {"index.json", R"({"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":")" + digest + R"(","size":-1}]})",
       Errc::corrupt},
      {"index.json", std::string(1000, '[') + std::string(1000, ']'), Errc::corrupt},
  };
  for (const auto& row : cases) {
    CAPTURE(row.file);
    CAPTURE(row.content.substr(0, 80));
    TemporaryDirectory dir;
    make(dir.path(), {Chart("app")}, index({entry(Chart("app"), "1")}));
    REQUIRE(open(dir.path()));
    REQUIRE(write_file(dir / row.file, row.content));
    const auto layout = Layout::open(dir.path());
    REQUIRE_FALSE(layout);
    if (row.content.size() < 1000) CHECK(layout.error().code() == row.code);
    CHECK(layout.error().message().find(row.file) != std::string::npos);
    CHECK(layout.error().message().find(dir.path().string()) != std::string::npos);
  }
}

TEST_CASE("an index.json that was damaged while the layout was open is not overwritten") {
  TemporaryDirectory dir;
  make(dir.path(), {}, index({}));
  for (const auto writes : {Layout::IndexWrites::immediate, Layout::IndexWrites::on_commit}) {
    REQUIRE(write_file(dir / "index.json", index({})));
    const auto layout = Layout::open(dir.path(), writes).value();
    REQUIRE(put(*layout->repository(""), Chart("app"), {"1"}));
    REQUIRE(write_file(dir / "index.json", "{damaged"));
    const auto pushed = put(*layout->repository(""), Chart("two"), {"2"});
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().code() == Errc::corrupt);
    if (writes == Layout::IndexWrites::on_commit) CHECK(layout->commit({}).error().code() == Errc::corrupt);
    CHECK(internal::read_file(dir / "index.json", 100).value() == "{damaged");
  }
}

TEST_CASE("blobs whose bytes are damaged fail to verify, and folders in their place are told of") {
  TemporaryDirectory dir;
  const Chart chart("app");
  make(dir.path(), {chart}, index({entry(chart, "1")}));
  const auto layer = chart.manifest.layers()[0];
  REQUIRE(write_file(dir / blob_file(layer.digest), std::string(chart.layer.size(), '?')));
  const auto store = open(dir.path());
  auto reader = store->fetch({}, layer);
  REQUIRE(reader);
  CHECK(read_all(**reader, 1000).error().code() == Errc::verification_failed);
  REQUIRE(write_file(dir / blob_file(chart.digest()), std::string(chart.manifest.bytes().size(), '?')));
  CHECK(store->fetch_manifest({}, "1").error().code() == Errc::verification_failed);
  fs::remove(dir / blob_file(layer.digest));
  fs::create_directory(dir / blob_file(layer.digest));
  CHECK(store->fetch({}, layer).error().code() == Errc::io_error);
  CHECK(store->push_blob({}, layer, MemoryBlob(chart.layer)).error().code() == Errc::io_error);
}

TEST_CASE("a file is no layout") {
  TemporaryDirectory dir;
  REQUIRE(write_file(dir / "file", "x"));
  CHECK(Layout::open(dir / "file").error().code() == Errc::invalid_argument);
  CHECK_FALSE(put(*Layout::open(dir / "file/below").value()->repository(""), Chart("app"), {"1"}));
}

TEST_CASE("a layout that may only be read is read, and says so when it is written") {
  TemporaryDirectory dir;
  fs::permissions(dir.path(), fs::perms(0755));
  const Chart chart("app");
  make(dir / "l", {chart}, index({entry(chart, "1")}));
  for (const auto* folder : {"l", "l/blobs", "l/blobs/sha256"}) fs::permissions(dir / folder, fs::perms(0555));
  const int code = in_child([&] {
    // To root nothing is forbidden.
    if (::getuid() == 0 && ::setuid(65534) != 0) return 1;
    const auto layout = Layout::open(dir / "l");
    if (!layout) return 2;
    const auto store = (*layout)->repository("");
    if (!store->fetch_manifest({}, "1")) return 3;
    const auto blob = store->push_blob({}, describe({}, "new"), MemoryBlob("new"));
    if (blob || blob.error().code() != Errc::permission_denied) return 4;
    const auto tag = put(*store, chart, {"2"});
    if (tag || tag.error().code() != Errc::permission_denied) return 5;
    return 0;
  });
  for (const auto* folder : {"l", "l/blobs", "l/blobs/sha256"}) fs::permissions(dir / folder, fs::perms(0755));
  CHECK(code == 0);
}

TEST_CASE("a full disk is told of, and leaves nothing behind") {
  TemporaryDirectory dir;
  const int code = in_child([&] {
    // A small file system that only this child sees.
    const auto map = "0 " + std::to_string(::getuid()) + " 1";
    const bool mine = ::unshare(CLONE_NEWNS) == 0 || (::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
                                                      std::ofstream("/proc/self/uid_map") << map << std::flush);
    if (!mine || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", dir.path().c_str(), "tmpfs", 0, "size=256k") != 0) {
      return 77;
    }
    const auto layout = Layout::open(dir / "l").value();
    const auto store = layout->repository("");
    if (!put(*store, Chart("app"), {"1"})) return 1;
    const std::string large(1'000'000, 'x');
    const auto pushed = store->push_blob({}, describe({}, large), MemoryBlob(large));
    if (pushed || pushed.error().code() != Errc::no_space) return 2;
    for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
      if (entry.path().filename().string().ends_with(".tmp")) return 3;
    }
    if (store->exists({}, describe({}, large)).value()) return 4;
    if (!put(*store, Chart("two"), {"2"})) return 5;
    return 0;
  });
  if (code == 77) SKIP("no file system can be mounted here");
  CHECK(code == 0);
}

TEST_CASE("a file that grows beyond what a process may write is told of, and leaves nothing behind") {
  TemporaryDirectory dir;
  const int code = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 10'000, .rlim_max = 10'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    const auto store = Layout::open(dir / "l").value()->repository("");
    const std::string large(100'000, 'x');
    const auto pushed = store->push_blob({}, describe({}, large), MemoryBlob(large));
    if (pushed || pushed.error().code() != Errc::io_error) return 2;
    return fs::is_empty(dir / "l/blobs/sha256") ? 0 : 3;
  });
  CHECK(code == 0);
}
