// SPDX-License-Identifier: Apache-2.0
// What becomes of an answer that was packed, or cut out of something, without being asked for it.
#include <doctest/doctest.h>

#include "http/decoded_body.h"
#include "packed.h"
#include "scripted_transport.h"

using namespace portolan;
using portolan::test::answer;
using portolan::test::packed;

namespace {

constexpr int gzip = portolan::test::gzip_bits;
constexpr int zlib = MAX_WBITS;
constexpr int bare = -MAX_WBITS;

/// A body that comes byte by byte.
class Drops final : public Reader {
 public:
  explicit Drops(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(std::span<char> into) override {
    if (at_ == bytes_.size() || into.empty()) return std::size_t{0};
    into[0] = bytes_[at_++];
    return std::size_t{1};
  }

 private:
  const std::string bytes_;
  std::size_t at_ = 0;
};

const std::string json = R"({"schemaVersion":2,"layers":[],"more":")" + std::string(1000, 'x') + "\"}";

}  // namespace

TEST_CASE("what was packed on the way comes as it was before") {
  struct Row {
    const char* encoding;
    std::string body;
    const char* left = "";  ///< the encoding that it still has
  };
  const Row rows[] = {
      {"gzip", packed(json, gzip)},
      {"X-GZip", packed(json, gzip)},
      {"gzip", packed(json.substr(0, 10), gzip) + packed(json.substr(10), gzip)},
      {"deflate", packed(json, zlib)},
      {"deflate", packed(json, zlib, Z_BEST_SPEED)},
      {"deflate", packed(json, bare)},
      {"deflate", packed(json, bare, Z_NO_COMPRESSION)},
      {"gzip, gzip", packed(packed(json, gzip), gzip)},
      {"deflate ,gzip", packed(packed(json, zlib), gzip)},
      {"identity, gzip", packed(json, gzip)},
      {"identity", json},
      {"aws-chunked", json},
      {"aws-chunked,gzip", packed(json, gzip)},
      // It is called what it is not.
      {"gzip", json},
      {"deflate", json},
      {"deflate", packed(json, gzip) + "?"},
      {"gzip, gzip", packed(json, gzip)},
      {"br", json, "br"},
      {"zstd, gzip", packed(json, gzip), "gzip"},
      {"gzip, gzip, gzip, gzip, gzip", json, "gzip"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.encoding);
    for (const bool in_drops : {false, true}) {
      auto response = answer(200, {{"Content-Encoding", row.encoding}, {"Content-Length", "7"}}, row.body);
      if (in_drops) response.body = std::make_unique<Drops>(row.body);
      internal::http::decode_body(response, 0);
      CHECK(internal::http::encoding_of(response.headers) == row.left);
      const auto body = read_all(*response.body, 10'000);
      REQUIRE(body);
      const bool untouched = *row.left != '\0' || row.body.ends_with("?");
      CHECK(*body == (untouched ? row.body : json));
    }
  }
}

TEST_CASE("what has the length that was asked for is taken as it is, whatever it is called") {
  for (const auto* encoding : {"gzip", "deflate", "br", "gzip, br"}) {
    auto response =
        answer(200, {{"Content-Encoding", encoding}, {"Content-Length", std::to_string(json.size())}}, json);
    internal::http::decode_body(response, json.size());
    CHECK(internal::http::encoding_of(response.headers).empty());
    CHECK(read_all(*response.body, 10'000).value() == json);
  }
}

TEST_CASE("what is packed and damaged is said to be") {
  struct Row {
    const char* encoding;
    std::string body;
    const char* says;
  };
  const auto good = packed(json, gzip);
  const auto thin = packed(json, zlib);
  const Row rows[] = {
      {"gzip", good.substr(0, good.size() - 1), "gzip that ends early"},
      {"gzip", good + "more", "damaged gzip"},
      {"gzip", good.substr(0, good.size() - 8) + std::string(8, '\0'), "damaged gzip"},
      {"deflate", packed(json, zlib).substr(0, 20), "deflate that ends early"},
      {"deflate", packed(json, bare).substr(0, 10), "deflate that ends early"},
      {"deflate", thin.substr(0, thin.size() - 4) + std::string(4, '\0'), "damaged deflate"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.says);
    auto response = answer(200, {{"Content-Encoding", row.encoding}}, row.body);
    internal::http::decode_body(response, 0);
    const auto body = read_all(*response.body, 10'000);
    REQUIRE_FALSE(body);
    CHECK(body.error().code() == Errc::corrupt);
    CHECK(body.error().text() == row.says);
  }
}

TEST_CASE("a part that nobody has asked for is taken for the whole where it is that, or says nothing") {
  struct Row {
    http::Headers asked;
    http::Headers told;
    bool whole;
  };
  const Row rows[] = {
      {{}, {}, true},
      {{}, {{"Content-Range", "bytes 0-9/10"}}, true},
      {{}, {{"Content-Range", "bytes 0-8/10"}}, false},
      {{}, {{"Content-Range", "bytes 1-9/10"}}, false},
      {{}, {{"Content-Range", "bytes 0-9/*"}}, false},
      {{}, {{"Content-Range", "bytes 0-0/0"}}, false},
      {{}, {{"Content-Range", "ten"}}, false},
      {{}, {{"Content-Type", "Multipart/ByteRanges; boundary=x"}}, false},
      {{{"Range", "bytes=0-"}}, {{"Content-Range", "bytes 0-9/10"}}, false},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.told.get("Content-Range")));
    auto response = answer(206, row.told, "0123456789");
    internal::http::take_as_whole({.headers = row.asked}, response);
    CHECK(response.status == (row.whole ? 200 : 206));
    CHECK(response.headers.contains("Content-Range") == (!row.whole && row.told.contains("Content-Range")));
  }
}
