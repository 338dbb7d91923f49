// SPDX-License-Identifier: Apache-2.0
// Archives that are only read: packed by gzip, or written by `docker save`.
#include <doctest/doctest.h>

#include <portolan/copy/copy.h>
#include <portolan/store/layout_check.h>
#include <portolan/store/layout_store.h>

#include <cstdio>
#include <functional>

#include "archive/tar_writer.h"
#include "base/file.h"
#include "content.h"
#include "packed.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::test;
namespace archive = portolan::internal::archive;

namespace fs = std::filesystem;

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

std::string tar(const Files& files) {
  std::string bytes;
  archive::TarWriter writer([&](std::string_view piece) {
    bytes += piece;
    return Result<void>();
  });
  for (const auto& [name, body] : files) REQUIRE(writer.add(name, {}, body));
  REQUIRE(writer.finish());
  return bytes;
}

Result<std::shared_ptr<Store>> open(LocalStores& stores, const fs::path& file, const std::string& path) {
  return stores.open({}, Reference::parse("oci-archive:" + file.string() + (path.empty() ? "" : "//" + path)).value());
}

/// One image of two layers, the second packed by gzip, under two tags.
struct Docker {
  std::string first = tar({{"a.txt", "a"}});
  std::string second = tar({{"b.txt", "b"}});
  std::string second_packed = packed(second);
  std::string config = R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[")" +
                       digest_of(first).string() + R"(",")" + digest_of(second).string() + R"("]}})";
  std::string manifest =
      R"([{"Config":"c.json","RepoTags":["team/app:1.0","localhost:5000/team/app:2.0"],"Layers":["1/layer.tar","2.tar.gz"]}])";

  Files files() const {
    return {{"1/layer.tar", first}, {"2.tar.gz", second_packed}, {"c.json", config}, {"manifest.json", manifest}};
  }
};

}  // namespace

TEST_CASE("an archive that gzip has packed is read, and not written") {
  TemporaryDirectory dir;
  const Chart chart("app");
  {
    LocalStores stores;
    REQUIRE(put(*open(stores, dir / "a.tar", "app").value(), chart, {"1.0"}));
    REQUIRE(stores.commit({}));
  }
  REQUIRE(internal::write_file(dir / "a.tgz", packed(internal::read_file(dir / "a.tar", 1 << 20).value())));
  LocalStores stores;
  const auto store = open(stores, dir / "a.tgz", "app").value();
  check_holds(*store, "1.0", chart);
  const auto before = internal::read_file(dir / "a.tgz", 1 << 20).value();
  CHECK(put(*store, Chart("other"), {"2.0"}).error().code() == Errc::unsupported);
  CHECK(internal::read_file(dir / "a.tgz", 1 << 20).value() == before);
  CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 2);
}

TEST_CASE("a packed archive that is damaged, or a bomb, is refused") {
  TemporaryDirectory dir;
  const auto whole = packed(tar({{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"}, {"index.json", "{}"}}));
  struct Row {
    const char* what;
    std::string bytes;
    Errc code;
  };
  auto flipped = whole;
  flipped[flipped.size() - 6] ^= 1;
  const Row rows[] = {
      {"cut", whole.substr(0, whole.size() / 2), Errc::corrupt},
      {"a wrong check sum", flipped, Errc::corrupt},
      {"nothing but the mark", "\x1f\x8b", Errc::corrupt},
      {"no archive inside", packed("hello"), Errc::corrupt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    REQUIRE(internal::write_file(dir / "a.tgz", row.bytes));
    LocalStores stores;
    const auto opened = open(stores, dir / "a.tgz", "app");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code() == row.code);
    CHECK(opened.error().message().find("a.tgz") != std::string::npos);
  }
}

TEST_CASE("images that docker save wrote are copied as OCI images, layers as they are") {
  TemporaryDirectory dir;
  const Docker docker;
  REQUIRE(internal::write_file(dir / "image.tar", tar(docker.files())));
  LocalStores stores;
  const auto store = open(stores, dir / "image.tar", "team/app").value();
  CHECK(tags_of(*store) == std::vector<std::string>{"1.0", "2.0"});
  const auto target = Layout::open(dir / "layout").value()->repository("app");
  const auto copied = copy({}, *store, "1.0", *target);
  REQUIRE(copied);
  CHECK(copied->blobs_copied == 3);
  const auto manifest = Manifest::parse(target->fetch_manifest({}, "1.0").value().bytes, media_type::oci_manifest);
  REQUIRE(manifest);
  CHECK(manifest->config().media_type == "application/vnd.oci.image.config.v1+json");
  CHECK(manifest->config().digest == digest_of(docker.config));
  REQUIRE(manifest->layers().size() == 2);
  CHECK(manifest->layers()[0].media_type == "application/vnd.oci.image.layer.v1.tar");
  CHECK(manifest->layers()[0].digest == digest_of(docker.first));
  CHECK(manifest->layers()[1].media_type == "application/vnd.oci.image.layer.v1.tar+gzip");
  CHECK(manifest->layers()[1].digest == digest_of(docker.second_packed));
  CHECK(check_layout({}, Reference::parse("oci-archive:" + (dir / "image.tar").string()).value()).value().status() ==
        LayoutCheck::Status::whole);
  CHECK(store->deleter()->remove({}, "1.0"));
  CHECK(stores.commit({}).error().code() == Errc::unsupported);
}

TEST_CASE("names without a host come before those that lose theirs, and nothing is taken over") {
  TemporaryDirectory dir;
  const Docker docker;
  auto other = docker;
  other.config.insert(1, R"("author":"somebody",)");
  auto files = docker.files();
  files.emplace_back("other.json", other.config);
  files[3].second =
      R"([{"Config":"other.json","RepoTags":["localhost:5000/app:1","localhost:5001/app:2"],"Layers":["1/layer.tar","2.tar.gz"]},)"
      R"({"Config":"c.json","RepoTags":["app:1","localhost:5000/app:2"],"Layers":["1/layer.tar","2.tar.gz"]}])";
  REQUIRE(internal::write_file(dir / "image.tar", tar(files)));
  LocalStores stores;
  const auto store = open(stores, dir / "image.tar", "app").value();
  const auto config = [&](const std::string& tag) {
    const auto stored = store->fetch_manifest({}, tag).value();
    return Manifest::parse(stored.bytes, media_type::oci_manifest).value().config().digest;
  };
  CHECK(config("1") == digest_of(docker.config));
  CHECK(config("2") == digest_of(other.config));
}

TEST_CASE("a layer that docker save wrote as a link to another is found") {
  TemporaryDirectory dir;
  const Docker docker;
  auto files = docker.files();
  files[0].first = "9/layer.tar";
  auto bytes = tar(files);
  // A header like those of the others, for a symbolic link.
  std::string header(512, '\0');
  const std::string name = "1/layer.tar";
  header.replace(0, name.size(), name);
  header.replace(100, 24, std::string("0000777\0000000000\0000000000\0", 24));
  header.replace(124, 24, std::string("00000000000\00000000000000\0", 24));
  header[156] = '2';
  const std::string target = "../9/layer.tar";
  header.replace(157, target.size(), target);
  header.replace(257, 8, std::string("ustar\00000", 8));
  header.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char text[8] = {};
  std::snprintf(text, sizeof text, "%06o", sum);
  header.replace(148, 8, std::string(text, 6) + std::string("\0 ", 2));
  REQUIRE(internal::write_file(dir / "image.tar", header + bytes));
  LocalStores stores;
  const auto store = open(stores, dir / "image.tar", "team/app");
  REQUIRE(store);
  const auto target_store = Layout::open(dir / "layout").value()->repository("app");
  CHECK(copy({}, **store, "1.0", *target_store));
}

TEST_CASE("unpacking an archive ends with the caller's time") {
  TemporaryDirectory dir;
  REQUIRE(internal::write_file(dir / "a.tgz", packed(std::string(64 * 1024 * 1024, '\0'))));
  LocalStores stores;
  Context context;
  context.deadline = std::chrono::milliseconds(0);
  const auto opened = stores.open(context, Reference::parse("oci-archive:" + (dir / "a.tgz").string()).value());
  CHECK(opened.error().code() == Errc::timed_out);
}

TEST_CASE("an image of docker save whose layer is another than the configuration says is not copied") {
  TemporaryDirectory dir;
  Docker docker;
  docker.first[0] ^= 1;
  REQUIRE(internal::write_file(dir / "image.tar", tar(docker.files())));
  LocalStores stores;
  const auto store = open(stores, dir / "image.tar", "team/app").value();
  const auto target = Layout::open(dir / "layout").value()->repository("app");
  CHECK(copy({}, *store, "1.0", *target).error().code() == Errc::verification_failed);
  CHECK(tags_of(*target).empty());
}

TEST_CASE("an archive of docker save that is wrong is refused") {
  TemporaryDirectory dir;
  const std::function<void(Docker&)> rows[] = {
      [](Docker& docker) { docker.manifest = "{}"; },
      [](Docker& docker) { docker.manifest = "[1]"; },
      [](Docker& docker) { docker.manifest = "[{}]"; },
      [](Docker& docker) { docker.manifest = R"([{"Config":1,"Layers":[]}])"; },
      [](Docker& docker) { docker.manifest = R"([{"Config":"c.json","Layers":"x"}])"; },
      [](Docker& docker) { docker.manifest = R"([{"Config":"c.json","Layers":[1]}])"; },
      [](Docker& docker) { docker.manifest = R"([{"Config":"gone.json","Layers":[]}])"; },
      [](Docker& docker) { docker.manifest = R"([{"Config":"c.json","Layers":["gone.tar","2.tar.gz"]}])"; },
      [](Docker& docker) { docker.manifest = R"([{"Config":"c.json","Layers":["1/layer.tar"]}])"; },
      [](Docker& docker) { docker.manifest = R"([{"Config":"../../etc/passwd","Layers":[]}])"; },
  };
  for (const auto& row : rows) {
    Docker docker;
    row(docker);
    CAPTURE(docker.manifest);
    REQUIRE(internal::write_file(dir / "image.tar", tar(docker.files())));
    LocalStores stores;
    const auto opened = open(stores, dir / "image.tar", "team/app");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code() == Errc::corrupt);
    CHECK(opened.error().message().find("manifest.json") != std::string::npos);
  }
}
