// SPDX-License-Identifier: Apache-2.0
#include "repository_support.h"

using namespace portolan;
using namespace portolan::test;

TEST_CASE("a blob that breaks off is read to its end, one that is wrong is refused") {
  const std::string content(100'000, 'x');
  const auto blob = describe("application/x", content);
  MemoryRegistry registry;
  registry.blobs["app@" + blob.digest.string()] = content;
  int times = 0;
  registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
    if (++times > 1) return std::nullopt;
    CHECK(asked.headers.get("Accept-Encoding") == "identity");
    class Half final : public Reader {
     public:
      Result<std::size_t> read(std::span<char> into) override {
        if (left_ == 0) return broken();
        const auto n = std::min(into.size(), left_);
        std::fill_n(into.begin(), n, 'x');
        left_ -= n;
        return n;
      }
      std::size_t left_ = 50'000;
    };
    return http::Response{.status = 200, .body = std::make_unique<Half>()};
  };
  const auto store = open(registry);
  auto reader = store->fetch({}, blob);
  REQUIRE(reader);
  CHECK(read_all(**reader, 1 << 20).value() == content);
  CHECK(registry.transport()->asked()[1].headers.get("Range") == "bytes=50000-");
  registry.blobs["app@" + blob.digest.string()] = std::string(100'000, 'y');
  reader = store->fetch({}, blob);
  REQUIRE(reader);
  CHECK(read_all(**reader, 1 << 20).error().code() == Errc::verification_failed);
  registry.blobs["app@" + blob.digest.string()] = "short";
  CHECK(store->fetch({}, blob).error().code() == Errc::verification_failed);
  auto inlined = blob;
  inlined.data = content;
  CHECK(read_all(**store->fetch({}, inlined), 1 << 20).value() == content);
}

TEST_CASE("a length beside a transfer encoding is not looked at") {
  const std::string content(1000, 'x');
  const auto blob = describe("application/x", content);
  MemoryRegistry registry;
  put(registry);
  registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
    const bool head = asked.method == http::Method::head;
    const bool is_manifest = asked.url.find("/manifests/") != std::string::npos;
    if (head && is_manifest) return std::nullopt;
    return answer(200, {{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}, is_manifest ? bytes : content);
  };
  const auto store = open(registry);
  auto reader = store->fetch({}, blob);
  REQUIRE(reader);
  CHECK(read_all(**reader, 2000).value() == content);
  CHECK(store->fetch_manifest({}, manifest.digest.string()).value().bytes == bytes);
}

TEST_CASE("a part of a blob that was not asked for is taken where it begins, and else asked for once more") {
  struct Row {
    http::Headers told;
    std::string body;
    Lines ranges;  // of all requests
  };
  const std::string content = "0123456789";
  const auto blob = describe("application/x", content);
  const Row rows[] = {
      {{{"Content-Range", "bytes 0-9/10"}}, content, {""}},
      {{{"Content-Range", "bytes 0-9/*"}}, content, {""}},
      {{{"Content-Range", "bytes 0-3/10"}, {"Content-Length", "4"}}, "0123", {"", "bytes=4-"}},
      {{{"Content-Range", "bytes 6-9/10"}}, "6789", {"", ""}},
      {{{"Content-Range", "bytes 0-9/10"}, {"Content-Encoding", "gzip"}}, "packed", {"", ""}},
      {{{"Content-Type", "multipart/byteranges; boundary=x"}}, "--x", {"", ""}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    MemoryRegistry registry;
    registry.blobs["app@" + blob.digest.string()] = content;
    registry.misbehave = [&](const Asked&) -> Misbehaviour {
      if (registry.requests() != 1) return std::nullopt;
      return answer(206, row.told, row.body);
    };
    auto reader = open(registry)->fetch({}, blob);
    REQUIRE(reader);
    CHECK(read_all(**reader, 100).value() == content);
    Lines ranges;
    for (const auto& asked : registry.transport()->asked()) ranges.emplace_back(asked.headers.get("Range"));
    CHECK(ranges == row.ranges);
  }
}

TEST_CASE("a blob that carries the name of an encoding is taken as it is where that changes nothing") {
  const std::string content = "0123456789";
  const auto blob = describe("application/x", content);
  for (const auto* encoding : {"aws-chunked", "utf-8", "identity", "br"}) {
    CAPTURE(encoding);
    MemoryRegistry registry;
    registry.misbehave = [&](const Asked&) -> Misbehaviour {
      return answer(200, {{"Content-Encoding", encoding}}, content);
    };
    auto reader = open(registry)->fetch({}, blob);
    const bool packed = std::string_view(encoding) == "br";
    REQUIRE(reader.has_value() == !packed);
    if (reader) CHECK(read_all(**reader, 100).value() == content);
    if (packed) CHECK(reader.error().text().ends_with("with content that was packed on the way (br)"));
  }
}

TEST_CASE("a blob without content is still what its digest says") {
  MemoryRegistry registry;
  const auto store = open(registry);
  auto empty = store->fetch({}, describe("application/x", ""));
  REQUIRE(empty);
  CHECK(read_all(**empty, 10).value().empty());
  auto wrong = describe("application/x", "something");
  wrong.size = 0;
  auto reader = store->fetch({}, wrong);
  REQUIRE(reader);
  CHECK(read_all(**reader, 10).error().code() == Errc::verification_failed);
  CHECK(store->push_blob({}, wrong, MemoryBlob("something")).error().code() == Errc::verification_failed);
  CHECK(registry.requests() == 0);
  // The end of a blob of any size is nothing, and costs nothing.
  wrong.size = std::uint64_t{1} << 50;
  auto end = store->fetch({}, wrong, wrong.size);
  REQUIRE(end);
  CHECK(read_all(**end, 10).value().empty());
  CHECK(registry.requests() == 0);
}
