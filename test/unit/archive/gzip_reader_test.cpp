// SPDX-License-Identifier: Apache-2.0
// Every row was read by compress/gzip and archive/tar of Go 1.26 with the same result.
#include "archive/gzip_reader.h"

#include <doctest/doctest.h>

#include <zlib.h>

#include "deflate_support.h"
#include "tar_support.h"

using namespace portolan;
using namespace portolan::test;
using internal::archive::ArchiveReader;

namespace {

constexpr auto kGzip = ArchiveReader::Format::tar_gzip;

std::string little_endian(unsigned long value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xFF);
  return text;
}

unsigned long crc_of(const std::string& text) {
  return crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
}

const std::string kPlainHeader = "\x1f\x8b\x08\0\0\0\0\0\0\xff"s;
std::string flagged(char flags) { return "\x1f\x8b\x08"s + flags + "\0\0\0\0\0\xff"s; }

std::string trailer(const std::string& content) {
  return little_endian(crc_of(content), 4) + little_endian(content.size(), 4);
}

std::string gzip(const std::string& content, const std::string& header = kPlainHeader) {
  return header + deflated(content) + trailer(content);
}

const std::string kFiles = file("c/a", "hello") + kLast;
const std::string kTar = kFiles + kEnd;
const std::string kAll = "c/a=hello; c/z=last; end";

struct Row {
  std::string what;
  std::string archive;
  std::string expected;
};

void check(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(listing(row.archive, kGzip) == row.expected);
    CHECK(listing(row.archive, kGzip, 1) == row.expected);
  }
}

}  // namespace

TEST_CASE("gzip headers are read as Go reads them") {
  const auto summed = "\x1f\x8b\x08\x1e\0\0\0\0\0\xff"s + "\x02\0ab"s + "n\0"s + "c\0"s;
  check({
      {"plain", gzip(kTar), kAll},
      {"extra, name and comment", gzip(kTar, flagged(4 + 8 + 16) + "\x05\0abcde"s + "name\0"s + "comment\0"s), kAll},
      {"a large extra field", gzip(kTar, flagged(4) + "\xff\xff" + std::string(65535, 'e')), kAll},
      {"a check sum of the header", gzip(kTar, summed + little_endian(crc_of(summed) & 0xFFFF, 2)), kAll},
      {"a wrong check sum of the header", gzip(kTar, summed + "xx"), "gzip: invalid header"},
      {"reserved flags", gzip(kTar, flagged('\xE0')), kAll},
      {"a name of 511 bytes", gzip(kTar, flagged(8) + std::string(511, 'n') + '\0'), kAll},
      {"a name of 512 bytes", gzip(kTar, flagged(8) + std::string(512, 'n') + '\0'), "gzip: invalid header"},
      {"a comment of 512 bytes", gzip(kTar, flagged(16) + std::string(512, 'n') + '\0'), "gzip: invalid header"},
      {"other magic", gzip(kTar, "\x1f\x8c\x08\0\0\0\0\0\0\xff"s), "gzip: invalid header"},
      {"another method", gzip(kTar, "\x1f\x8b\x07\0\0\0\0\0\0\xff"s), "gzip: invalid header"},
      {"a tar archive", kTar, "gzip: invalid header"},
      {"nothing", "", "EOF"},
      {"a cut in the header", kPlainHeader.substr(0, 9), "unexpected EOF"},
      {"a cut in the extra field", flagged(4) + "\x05\0ab"s, "unexpected EOF"},
      {"a cut in the name", flagged(8) + "name", "unexpected EOF"},
      {"a header alone", kPlainHeader, "unexpected EOF"},
  });
}

TEST_CASE("what follows the end of the archive does not matter, but what is missed before it does") {
  const auto wrong = little_endian(1, 4) + little_endian(kTar.size(), 4);
  const auto raw = kPlainHeader + deflated(kTar);
  const auto open_end = kPlainHeader + deflated(kFiles);
  check({
      {"a wrong check sum", raw + wrong, kAll},
      {"no trailer", raw, kAll},
      {"a cut in the trailer", raw + "abc", kAll},
      {"no end of the DEFLATE stream", raw.substr(0, raw.size() - 5), kAll},
      {"garbage behind it", gzip(kTar) + "garbage", kAll},
      {"no end marker", gzip(kFiles), kAll},
      {"no end marker, a wrong check sum", open_end + wrong, "c/a=hello; c/z=last; gzip: invalid checksum"},
      {"no end marker, a wrong size", open_end + little_endian(crc_of(kFiles), 4) + little_endian(1, 4),
       "c/a=hello; c/z=last; gzip: invalid checksum"},
      {"no end marker, no trailer", open_end, "c/a=hello; c/z=last; unexpected EOF"},
      {"no end marker, garbage", gzip(kFiles) + "garbage!!!", "c/a=hello; c/z=last; gzip: invalid header"},
      {"no end marker, one byte", gzip(kFiles) + "\x1f", "c/a=hello; c/z=last; unexpected EOF"},
      {"no end marker, zeros", gzip(kFiles) + std::string(512, '\0'), "c/a=hello; c/z=last; gzip: invalid header"},
  });
}

TEST_CASE("concatenated members are one stream") {
  check({
      {"a cut between archive members", gzip(kTar.substr(0, 1024)) + gzip(kTar.substr(1024)), kAll},
      {"a cut in a header", gzip(kTar.substr(0, 100)) + gzip(kTar.substr(100)), kAll},
      {"an empty member before", gzip("") + gzip(kTar), kAll},
      {"an empty member behind", gzip(kFiles) + gzip(""), kAll},
      {"two archives, the first without end", gzip(kFiles) + gzip(kFiles), "c/a=hello; c/z=last; " + kAll},
      {"two archives", gzip(kTar) + gzip(kTar), kAll},
      {"a wrong check sum in between",
       kPlainHeader + deflated(kTar.substr(0, 1024)) + little_endian(0, 8) + gzip(kTar.substr(1024)),
       "c/a=hello; gzip: invalid checksum"},
  });
}

TEST_CASE("corrupt and truncated data are told apart, after what could be read") {
  const auto reserved_block = unhex("06");
  const auto far_back = unhex("030200");  // a match that reaches before the start
  auto stored = "\x01"s + little_endian(kTar.size(), 2) + little_endian(~kTar.size() & 0xFFFF, 2) + kTar;
  auto wrong_length = stored;
  wrong_length[3] = static_cast<char>(wrong_length[3] ^ 1);
  check({
      {"a block of no type", kPlainHeader + reserved_block, "flate: corrupt input before offset 1"},
      {"a match from nowhere", kPlainHeader + far_back, "flate: corrupt input before offset 2"},
      {"a stored block", kPlainHeader + stored + trailer(kTar), kAll},
      {"a stored block with a wrong length", kPlainHeader + wrong_length, "flate: corrupt input before offset 5"},
      {"a cut in a stored block", kPlainHeader + stored.substr(0, 5 + 512 + 3), "c/a: unexpected EOF"},
      {"corruption in a later block", kPlainHeader + "\0"s + stored.substr(1) + reserved_block, kAll},
      {"corruption behind a member", kPlainHeader + "\0\0\x04\xff\xfb"s + kTar.substr(0, 1024) + reserved_block,
       "c/a=hello; flate: corrupt input before offset 1030"},
  });
}

TEST_CASE("the compressed input's own errors pass through") {
  const auto open = [](std::string content) {
    return ArchiveReader::open(std::make_unique<PieceReader>(std::move(content), 1000, Error(Errc::timed_out, "late")),
                               kGzip);
  };
  CHECK(open("").error().code() == Errc::timed_out);
  CHECK(open("\x1f\x8b").error().code() == Errc::timed_out);
  auto archive = open(kPlainHeader + deflated(kFiles));
  REQUIRE(archive);
  CHECK(listing(*archive) == "c/a=hello; c/z=last; late");
  CHECK(archive->next().error().code() == Errc::timed_out);
}
