// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_writer.h"

#include <doctest/doctest.h>

#include <portolan/base/digest.h>

#include <string>

using namespace portolan;
using namespace portolan::internal::archive;

namespace {

/// Everything written, and the sizes of its pieces.
struct Written {
  std::string bytes;
  std::string pieces;
  TarWriter::Sink sink() {
    return [this](std::string_view piece) -> Result<void> {
      bytes += piece;
      if (!pieces.empty()) pieces += ' ';
      pieces += std::to_string(piece.size());
      return {};
    };
  }
};

/// A member whose content is zeros, or only its header where the content would be large, and what archive/tar of
/// Go 1.26 writes for it.
struct Row {
  std::string what;
  std::string name;
  Time modified;
  std::uint64_t size;
  const char* pieces;
  const char* sha256;
};

constexpr std::uint64_t large_size = 1 << 20;

const Row table[] = {
    {"a plain name",
     "c/a",
     {1700000000, 0},
     0,
     "512 512 512",
     "cde53a45f00a5b5264f2774a4e33caac2da9a08edb5940a646c4946a5d2e074f"},
    {"one byte",
     "c/a",
     {1700000000, 0},
     1,
     "512 1 511 512 512",
     "9e164d49c601064c1a27cf0059d12e810ab917fc2e9cf8a256c0a18ac9dd6091"},
    {"a whole block",
     "c/a",
     {1700000000, 0},
     512,
     "512 512 512 512",
     "2f82f78de7e56ae43cf25ba4d50854f0e8de6c8c6564a9f160cc2b55640fb742"},
    {"a fraction that is rounded down",
     "c/a",
     {1700000000, 499999999},
     513,
     "512 513 511 512 512",
     "a5b35a46143b3f7b08fb1ffb3238d56a88a5ddaa4346c791667156dd29b4ca5b"},
    {"a fraction that is rounded up",
     "c/a",
     {1700000000, 500000000},
     700,
     "512 700 324 512 512",
     "e1dc4d1a231404706bba1abce51ef9493a39a58525f7837b53ebd0f1ccb91bfe"},
    {"the last second of USTAR",
     "c/a",
     {8589934591, 499999999},
     0,
     "512 512 512",
     "5af7d92a11dbdb9a34478985a77817fa117798fdff1f441eb3be566b62c422a0"},
    {"the first second beyond USTAR",
     "c/a",
     {8589934591, 500000000},
     0,
     "512 20 492 512 512 512",
     "5400d471070d91e8a69104542c23eec0b51f33c9f36376447a7eb6bdc340ed99"},
    {"before 1970",
     "c/a",
     {-1, 0},
     3,
     "512 12 500 512 3 509 512 512",
     "137786588ac62898227a6de64bde730d6c430c33a7cdca5411d469561539c24e"},
    {"half a second before 1970",
     "c/a",
     {-1, 500000000},
     3,
     "512 3 509 512 512",
     "0a4e571767a6d7f164348ebc68a5c8a814f0ad3a1a6ffd9bd0a8fbbe305f926b"},
    {"Go's zero time",
     "c/a",
     {-62135596800, 0},
     3,
     "512 3 509 512 512",
     "0a4e571767a6d7f164348ebc68a5c8a814f0ad3a1a6ffd9bd0a8fbbe305f926b"},
    {"the far future",
     "c/a",
     {4611686018427387904, 0},
     3,
     "512 29 483 512 3 509 512 512",
     "53287a7f4c11597f43a07109787c22ff74a9cda60ccff1adf9dea85f061e5446"},
    {"a name that just fits",
     std::string(100, 'n'),
     {0, 0},
     1,
     "512 1 511 512 512",
     "ca9a6e8a4c0a35ab284862d977750afbb458269e819867355fc11745ccb44b6b"},
    {"a name that cannot be split",
     std::string(101, 'n'),
     {0, 0},
     1,
     "512 111 401 512 1 511 512 512",
     "48ce610350aa3080fd748ec91ac9c3bd5e18ae0e80105a4c16f63ebb178f787c"},
    {"the longest name that can be split",
     std::string(155, 'p') + "/" + std::string(100, 'n'),
     {0, 0},
     1,
     "512 1 511 512 512",
     "e5f68ed73e25e6bcc181f4a10e999aa7bce73a705e41120ede72f03bb757cfce"},
    {"a prefix that is too long",
     std::string(156, 'p') + "/" + std::string(100, 'n'),
     {0, 0},
     1,
     "512 267 245 512 1 511 512 512",
     "609ee34ff8abce6e2f006d7542d5f55542c00973cfaef59d29fb7bf3608dae0d"},
    {"a last part that is too long",
     std::string(155, 'p') + "/" + std::string(101, 'n'),
     {0, 0},
     1,
     "512 267 245 512 1 511 512 512",
     "079deb394853aaf281f852b2da78891c505429a49c9c740a638d897cdf46cd39"},
    {"the last slash of several",
     "a/b/" + std::string(98, 'n'),
     {0, 0},
     1,
     "512 1 511 512 512",
     "9cee8abf76b0c0aa9c28c38086da5d748d648d676124287152b4e8360f3f9f65"},
    {"only a leading slash",
     "/" + std::string(100, 'n'),
     {0, 0},
     1,
     "512 111 401 512 1 511 512 512",
     "d6dfcbb22810f0d5c26f1faab02d45f3fec14daea406e959afe6c84382a7a982"},
    {"a name that could be split, and a time that does not fit",
     std::string(60, 'p') + "/" + std::string(60, 'n'),
     {-7, 0},
     1,
     "512 143 369 512 1 511 512 512",
     "5a55901eda7075be8dfe7b28ea962464b315bbf1c3d8c1e6eedd1f3148ae6505"},
    {"not ASCII",
     "c/\xC3\xA9/\xC3\xBC.txt",
     {1, 0},
     1,
     "512 20 492 512 1 511 512 512",
     "4e6bbd116db97982ded5a7bc16f00ab49c427f7a1beed13e772e8b28565707fd"},
    {"nothing left of directory and name",
     "\xC3\xA9/\xC3\xBC",
     {1, 0},
     1,
     "512 14 498 512 1 511 512 512",
     "02f8d4f50c7fca1276f531df7b0730acac7287adfbee8eea87a836de4edb1dd7"},
    {"not UTF-8",
     "c/\xFF",
     {1, 0},
     1,
     "512 12 500 512 1 511 512 512",
     "a673284a521286f5907e1e36778f6a77d7a7195d73722a783f89b7b680ed95a7"},
    {"a cut behind a slash",
     std::string(99, 'd') + "/\xC3\xA9" + std::string(20, 'e'),
     {1, 0},
     1,
     "512 132 380 512 1 511 512 512",
     "53e2f35f237b9611452c43e32f9501ca9539b387b6f004606662456dd5113bce"},
    {"a cut behind several slashes",
     std::string(97, 'd') + "///" + std::string(120, 'e'),
     {1, 0},
     1,
     "512 230 282 512 1 511 512 512",
     "241623c4ab5abe029c03e8ae02a3ee95aec68542f5684e463a466899390d3117"},
    {"a name that is not clean",
     "c/../d/./" + std::string(120, 'e'),
     {1, 0},
     1,
     "512 139 373 512 1 511 512 512",
     "9012c3da028f97f8856e006ac8e2f8940590ef08278972836c588fa353e7ae1e"},
    {"a name that leads out",
     "../../" + std::string(120, 'e'),
     {1, 0},
     1,
     "512 136 376 512 1 511 512 512",
     "1468c25ee6fbde3a659ea1c22f838a7acf5c9b0e18f90f430a98d7eee19b8894"},
    {"a directory's name",
     "c/dir/",
     {1, 0},
     0,
     "512 512 512",
     "5629c6fb15f2f95b988e78ee2e81bb82bc1b83ec2cd4b6910a28c785a01fa3fe"},
    {"an equals sign and a line feed",
     "c/a=b\n\xC3\xA9",
     {1, 0},
     1,
     "512 17 495 512 1 511 512 512",
     "2014e60b262e38e788bf4a0899d6573bdb9e9d6c48cd6715b61a4d9d0a90f2de"},
    {"the largest size of USTAR",
     "c/a",
     {0, 0},
     8589934591,
     "512",
     "27a547becfd1c61ee491ec9f02f622bed6c1cc61532a697646b734a30981a293"},
    {"a size beyond USTAR",
     "c/a",
     {0, 0},
     8589934592,
     "512 19 493 512",
     "87e8c49be5864111a96a806f14c8cbc9d8f6a23b2afb3c972c07a7ea86099d31"},
    {"a record whose length grows by its own digits",
     std::string(91, 'n') + "\xC3\xA9",
     {0, 0},
     0,
     "512 103 409 512 512 512",
     "be8801f8d0b650bec2a89f86d3f754e3b5b697b957a4d7961f399d1f005162c4"},
    {"a record just below",
     "\xC3\xA9" + std::string(89, 'n'),
     {0, 0},
     0,
     "512 101 411 512 512 512",
     "a567137d71847de0dc4c9c2fdc1538d6ead9b03bbfc1dcee4809dc3f3c9856dc"},
};

}  // namespace

TEST_CASE("members are framed as by Go, piece by piece") {
  for (const auto& row : table) {
    CAPTURE(row.what);
    Written written;
    TarWriter tar(written.sink());
    if (row.size < large_size) {
      REQUIRE(tar.add(row.name, row.modified, std::string(row.size, '\0')));
      REQUIRE(tar.finish());
    } else {
      REQUIRE(tar.begin(row.name, row.modified, row.size));
    }
    CHECK(written.pieces == row.pieces);
    CHECK(digest_of(written.bytes).encoded() == row.sha256);
  }
}

TEST_CASE("a body may come in pieces, and is padded before the next header") {
  Written written;
  TarWriter tar(written.sink());
  REQUIRE(tar.begin("c/a", {}, 700));
  REQUIRE(tar.body(std::string(300, 'a')));
  REQUIRE(tar.body(""));
  REQUIRE(tar.body(std::string(400, 'b')));
  REQUIRE(tar.add("c/b", {}, ""));
  REQUIRE(tar.finish());
  CHECK(written.pieces == "512 300 400 324 512 512 512");
}

TEST_CASE("a body has the size that its header says") {
  Written written;
  TarWriter tar(written.sink());
  REQUIRE(tar.begin("c/a", {}, 3));
  CHECK(tar.body("abcd").error().code() == Errc::invalid_argument);
  REQUIRE(tar.body("ab"));
  CHECK(tar.begin("c/b", {}, 0).error().code() == Errc::invalid_argument);
  CHECK(tar.finish().error().code() == Errc::invalid_argument);
  REQUIRE(tar.body("c"));
  CHECK(tar.finish());
}

TEST_CASE("names that no header can hold are refused with Go's words") {
  struct Refused {
    std::string name;
    std::string body;
    std::string message;
  };
  const Refused rows[] = {
      {std::string("a\0b", 3), "", "archive/tar: cannot encode header: invalid PAX record: \"path = a\\x00b\""},
      {"c/dir/", "x", "archive/tar: write too long"},
      {std::string((1 << 20) - 13, 'n'), "", "archive/tar: header field too long"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.message);
    Written written;
    TarWriter tar(written.sink());
    const auto added = tar.add(row.name, {}, row.body);
    REQUIRE_FALSE(added);
    CHECK(added.error().code() == Errc::invalid_chart);
    CHECK(added.error().message() == row.message);
    CHECK(written.bytes.empty());
  }
  Written written;
  CHECK(TarWriter(written.sink()).add(std::string((1 << 20) - 14, 'n'), {}, ""));
}

TEST_CASE("the sink's error ends the writing") {
  int calls = 0;
  TarWriter tar([&](std::string_view) -> Result<void> {
    if (++calls == 2) return Error(Errc::no_space, "full");
    return {};
  });
  CHECK(tar.add("c/a", {}, "abc").error().code() == Errc::no_space);
  CHECK(calls == 2);
}
