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

constexpr auto as_gzip = ArchiveReader::Format::tar_gzip;

std::string little_endian(unsigned long value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xFF);
  return text;
}

unsigned long crc_of(const std::string& text) {
  return crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
}

const std::string plain_header = "\x1f\x8b\x08\0\0\0\0\0\0\xff"s;
std::string flagged(char flags) { return "\x1f\x8b\x08"s + flags + "\0\0\0\0\0\xff"s; }

std::string trailer(const std::string& content) {
  return little_endian(crc_of(content), 4) + little_endian(content.size(), 4);
}

std::string gzip(const std::string& content, const std::string& header = plain_header) {
  return header + deflated(content) + trailer(content);
}

const std::string plain_files = file("c/a", "hello") + last_file;
const std::string tar_of_files = plain_files + end_blocks;
const std::string all_files = "c/a=hello; c/z=last; end";

void check(const std::vector<Row>& rows) { check_listings(rows, as_gzip); }

}  // namespace

TEST_CASE("gzip headers are read as Go reads them") {
  const auto summed = "\x1f\x8b\x08\x1e\0\0\0\0\0\xff"s + "\x02\0ab"s + "n\0"s + "c\0"s;
  check({
      {"plain", gzip(tar_of_files), all_files},
      {"extra, name and comment", gzip(tar_of_files, flagged(4 + 8 + 16) + "\x05\0abcde"s + "name\0"s + "comment\0"s),
       all_files},
      {"a large extra field", gzip(tar_of_files, flagged(4) + "\xff\xff" + std::string(65535, 'e')), all_files},
      {"a check sum of the header", gzip(tar_of_files, summed + little_endian(crc_of(summed) & 0xFFFF, 2)), all_files},
      {"a wrong check sum of the header", gzip(tar_of_files, summed + "xx"), "gzip: invalid header"},
      {"reserved flags", gzip(tar_of_files, flagged('\xE0')), all_files},
      {"a name of 511 bytes", gzip(tar_of_files, flagged(8) + std::string(511, 'n') + '\0'), all_files},
      {"a name of 512 bytes", gzip(tar_of_files, flagged(8) + std::string(512, 'n') + '\0'), "gzip: invalid header"},
      {"a comment of 512 bytes", gzip(tar_of_files, flagged(16) + std::string(512, 'n') + '\0'),
       "gzip: invalid header"},
      {"other magic", gzip(tar_of_files, "\x1f\x8c\x08\0\0\0\0\0\0\xff"s), "gzip: invalid header"},
      {"another method", gzip(tar_of_files, "\x1f\x8b\x07\0\0\0\0\0\0\xff"s), "gzip: invalid header"},
      {"a tar archive", tar_of_files, "gzip: invalid header"},
      {"nothing", "", "EOF"},
      {"a cut in the header", plain_header.substr(0, 9), "unexpected EOF"},
      {"a cut in the extra field", flagged(4) + "\x05\0ab"s, "unexpected EOF"},
      {"a cut in the name", flagged(8) + "name", "unexpected EOF"},
      {"a header alone", plain_header, "unexpected EOF"},
  });
}

TEST_CASE("what follows the end of the archive does not matter, but what is missed before it does") {
  const auto wrong = little_endian(1, 4) + little_endian(tar_of_files.size(), 4);
  const auto raw = plain_header + deflated(tar_of_files);
  const auto open_end = plain_header + deflated(plain_files);
  check({
      {"a wrong check sum", raw + wrong, all_files},
      {"no trailer", raw, all_files},
      {"a cut in the trailer", raw + "abc", all_files},
      {"no end of the DEFLATE stream", raw.substr(0, raw.size() - 5), all_files},
      {"garbage behind it", gzip(tar_of_files) + "garbage", all_files},
      {"no end marker", gzip(plain_files), all_files},
      {"no end marker, a wrong check sum", open_end + wrong, "c/a=hello; c/z=last; gzip: invalid checksum"},
      {"no end marker, a wrong size", open_end + little_endian(crc_of(plain_files), 4) + little_endian(1, 4),
       "c/a=hello; c/z=last; gzip: invalid checksum"},
      {"no end marker, no trailer", open_end, "c/a=hello; c/z=last; unexpected EOF"},
      {"no end marker, garbage", gzip(plain_files) + "garbage!!!", "c/a=hello; c/z=last; gzip: invalid header"},
      {"no end marker, one byte", gzip(plain_files) + "\x1f", "c/a=hello; c/z=last; unexpected EOF"},
      {"no end marker, zeros", gzip(plain_files) + std::string(512, '\0'), "c/a=hello; c/z=last; gzip: invalid header"},
  });
}

TEST_CASE("concatenated members are one stream") {
  check({
      {"a cut between archive members", gzip(tar_of_files.substr(0, 1024)) + gzip(tar_of_files.substr(1024)),
       all_files},
      {"a cut in a header", gzip(tar_of_files.substr(0, 100)) + gzip(tar_of_files.substr(100)), all_files},
      {"an empty member before", gzip("") + gzip(tar_of_files), all_files},
      {"an empty member behind", gzip(plain_files) + gzip(""), all_files},
      {"two archives, the first without end", gzip(plain_files) + gzip(plain_files),
       "c/a=hello; c/z=last; " + all_files},
      {"two archives", gzip(tar_of_files) + gzip(tar_of_files), all_files},
      {"a wrong check sum in between",
       plain_header + deflated(tar_of_files.substr(0, 1024)) + little_endian(0, 8) + gzip(tar_of_files.substr(1024)),
       "c/a=hello; gzip: invalid checksum"},
  });
}

TEST_CASE("corrupt and truncated data are told apart, after what could be read") {
  const auto reserved_block = unhex("06");
  const auto far_back = unhex("030200");  // a match that reaches before the start
  auto stored =
      "\x01"s + little_endian(tar_of_files.size(), 2) + little_endian(~tar_of_files.size() & 0xFFFF, 2) + tar_of_files;
  auto wrong_length = stored;
  wrong_length[3] = static_cast<char>(wrong_length[3] ^ 1);
  check({
      {"a block of no type", plain_header + reserved_block, "flate: corrupt input before offset 1"},
      {"a match from nowhere", plain_header + far_back, "flate: corrupt input before offset 2"},
      {"a stored block", plain_header + stored + trailer(tar_of_files), all_files},
      {"a stored block with a wrong length", plain_header + wrong_length, "flate: corrupt input before offset 5"},
      {"a cut in a stored block", plain_header + stored.substr(0, 5 + 512 + 3), "c/a: unexpected EOF"},
      {"corruption in a later block", plain_header + "\0"s + stored.substr(1) + reserved_block, all_files},
      {"corruption behind a member", plain_header + "\0\0\x04\xff\xfb"s + tar_of_files.substr(0, 1024) + reserved_block,
       "c/a=hello; flate: corrupt input before offset 1030"},
  });
}

TEST_CASE("the compressed input's own errors pass through") {
  const auto open = [](std::string content) {
    return ArchiveReader::open(std::make_unique<PieceReader>(std::move(content), 1000, Error(Errc::timed_out, "late")),
                               as_gzip);
  };
  CHECK(open("").error().code() == Errc::timed_out);
  CHECK(open("\x1f\x8b").error().code() == Errc::timed_out);
  auto archive = open(plain_header + deflated(plain_files));
  REQUIRE(archive);
  CHECK(listing(*archive) == "c/a=hello; c/z=last; late");
  CHECK(archive->next().error().code() == Errc::timed_out);
}
