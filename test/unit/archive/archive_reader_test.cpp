// SPDX-License-Identifier: Apache-2.0
// Every row was read by archive/tar of Go 1.26 with the same result; only for those of the limits the words differ.
#include "archive/archive_reader.h"

#include <doctest/doctest.h>

#include <clocale>

#include "tar_support.h"

using namespace portolan;
using namespace portolan::test;
using internal::archive::ArchiveReader;
using internal::archive::Member;

namespace {

constexpr auto as_tar = ArchiveReader::Format::tar;
const std::string invalid_header = "archive/tar: invalid tar header";
const std::string last_and_end = "c/z=last; end";

void check(const std::vector<Row>& rows) { check_listings(rows, as_tar); }

std::string with_size_field(const std::string& field, const std::string& body = "12345") {
  return header({.name = "c/b", .raw = {{124, field}}}) + padded(body) + last_file + end_blocks;
}

Result<Member> first_member(const std::string& archive) {
  auto reader = ArchiveReader::open(std::make_unique<PieceReader>(archive, 1000), as_tar).value();
  auto member = reader.next();
  if (!member) return member.error();
  return member->value();
}

}  // namespace

TEST_CASE("an archive ends at its end marker, or where a block could begin") {
  const auto a = file("c/a", "hello");
  check({
      {"two zero blocks", a + end_blocks, "c/a=hello; end"},
      {"one zero block", a + std::string(512, '\0'), "c/a=hello; end"},
      {"no zero block", a, "c/a=hello; end"},
      {"nothing", "", "end"},
      {"only the marker", end_blocks, "end"},
      {"garbage behind the marker", a + end_blocks + "garbage", "c/a=hello; end"},
      {"members behind the marker", a + end_blocks + last_file, "c/a=hello; end"},
      {"a member behind one zero block", a + std::string(512, '\0') + last_file, "c/a=hello; " + invalid_header},
      {"a cut in the padding", a.substr(0, 512 + 5), "c/a=hello; end"},
      {"a cut in a body", a.substr(0, 512 + 3), "c/a: unexpected EOF"},
      {"a cut before a body", a.substr(0, 512), "c/a: unexpected EOF"},
      {"a cut in a header", a + a.substr(0, 300), "c/a=hello; unexpected EOF"},
      {"a cut in a zero block", a + std::string(300, '\0'), "c/a=hello; unexpected EOF"},
      {"a cut in the second zero block", a + std::string(700, '\0'), "c/a=hello; unexpected EOF"},
      {"text", std::string(600, 'x'), invalid_header},
      {"short text", "text", "unexpected EOF"},
      {"a wrong check sum", a + std::string(file("c/b", "")).replace(0, 1, "d") + end_blocks,
       "c/a=hello; " + invalid_header},
  });
}

TEST_CASE("members are files, directories or neither, by type, and by mode") {
  check({
      {"NUL is a file's type too", member({.type = '\0', .magic = v7_magic}, "old") + end_blocks, "c/a=old; end"},
      {"NUL and a slash", header({.name = "c/d/", .type = '\0', .magic = v7_magic}) + last_file,
       "c/d/ directory; " + last_and_end},
      {"0 and a slash", member({.name = "c/d/"}, "abc") + last_file, "c/d/=abc; " + last_and_end},
      {"5", header({.name = "c/d", .type = '5'}) + last_file, "c/d directory; " + last_and_end},
      {"5 with a size has no content", header({.name = "c/d", .type = '5', .size = 700}) + last_file,
       "c/d directory; " + last_and_end},
      {"a directory's mode", member({.mode = 040644}, "abc") + last_file, "c/a directory; " + last_and_end},
      {"other modes", member({.mode = 0120644}, "abc") + last_file, "c/a=abc; " + last_and_end},
      {"1", header({.type = '1'}) + last_file, "c/a other 0; " + last_and_end},
      {"2", header({.type = '2'}) + last_file, "c/a other 0; " + last_and_end},
      {"3", header({.type = '3'}) + last_file, "c/a other 0; " + last_and_end},
      {"4", header({.type = '4'}) + last_file, "c/a other 0; " + last_and_end},
      {"6", header({.type = '6'}) + last_file, "c/a other 0; " + last_and_end},
      {"a link with a size has no content", header({.type = '2', .size = 700}) + last_file,
       "c/a other 700; " + last_and_end},
      {"7", member({.type = '7'}, "abc") + last_file, "c/a=abc; " + last_and_end},
      {"unknown types are files", member({.type = 'V'}, "abc") + member({.type = '!'}, "") + last_file,
       "c/a=abc; c/a=; " + last_and_end},
  });
}

TEST_CASE("names are the raw bytes of the header, the prefix before them") {
  check({
      {"prefix", member({.name = "n", .prefix = "c/p"}, "x") + last_file, "c/p/n=x; " + last_and_end},
      {"prefix with a slash", member({.name = "n", .prefix = "c/p/"}, "x") + last_file, "c/p//n=x; " + last_and_end},
      {"prefix alone", member({.name = "", .prefix = "c/p"}, "x") + last_file, "c/p/=x; " + last_and_end},
      {"full fields", member({.name = std::string(100, 'n'), .prefix = std::string(155, 'p')}, "x") + last_file,
       std::string(155, 'p') + "/" + std::string(100, 'n') + "=x; " + last_and_end},
      {"no prefix in the oldest format", member({.name = "n", .magic = v7_magic, .prefix = "c/p"}, "x") + last_file,
       "n=x; " + last_and_end},
      {"GNU has times there", member({.name = "n", .magic = gnu_magic, .prefix = "00000000000\0"s}, "x") + last_file,
       "n=x; " + last_and_end},
      {"GNU with a prefix, as old Go wrote it",
       member({.name = "n", .magic = gnu_magic, .prefix = "c/p"}, "x") + last_file, "c/p/n=x; " + last_and_end},
      {"star's prefix is shorter",
       member({.name = "n", .prefix = "c/p", .raw = {{476, octal(1, 12)}, {488, octal(2, 12)}, {508, "tar\0"s}}}, "x") +
           last_file,
       "c/p/n=x; " + last_and_end},
      {"star with a time that is none", member({.raw = {{476, "zzz"}, {508, "tar\0"s}}}, "x"), invalid_header},
      {"what follows a NUL", member({.name = "c/a\0hidden"s}, "x") + last_file, "c/a=x; " + last_and_end},
      {"no name", member({.name = ""}, "x") + last_file, "=x; " + last_and_end},
      {"bytes that are not UTF-8", member({.name = "c/\xE9"}, "x") + last_file, "c/\xE9=x; " + last_and_end},
      {"another version of ustar", member({.name = "n", .magic = "ustar\0"s + "99", .prefix = "c"}, "x") + last_file,
       "c/n=x; " + last_and_end},
  });
}

TEST_CASE("names do not depend on the locale") {
  const auto archive = pax({{"path", "c/e\xCC\x81"}}) + file("c/a", "x") + member({.name = "c/\xC3\xA9"}, "y") +
                       pax({{"path", "c/\xFF"}}) + file("c/a", "z") + end_blocks;
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const std::string locale : {"C", "C.UTF-8", "POSIX"}) {
    if (std::setlocale(LC_ALL, locale.c_str()) == nullptr) continue;
    CAPTURE(locale);
    CHECK(listing(archive, as_tar) == "c/e\xCC\x81=x; c/\xC3\xA9=y; c/\xFF=z; end");
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("numbers are octal, with blanks and NULs around them, or in base 256") {
  check({
      {"blanks", with_size_field("         5  "), "c/b=12345; " + last_and_end},
      {"no end", with_size_field("000000000005"), "c/b=12345; " + last_and_end},
      {"NULs before", with_size_field("\0\0\0\0"s + "00000005"), "c/b=12345; " + last_and_end},
      {"anything behind a NUL", with_size_field("5\0junkjunkju"s), "c/b=12345; " + last_and_end},
      {"NULs", with_size_field(std::string(12, '\0'), ""), "c/b=; " + last_and_end},
      {"blanks alone", with_size_field(std::string(12, ' '), ""), "c/b=; " + last_and_end},
      {"base 256", with_size_field("\x80"s + std::string(10, '\0') + "\x05"), "c/b=12345; " + last_and_end},
      {"base 256, negative", with_size_field(std::string(12, '\xFF')), invalid_header},
      {"base 256, too large", with_size_field("\x80"s + std::string(11, '\xFF')), invalid_header},
      {"the largest size", with_size_field("\x80\0\0\0\x7F"s + std::string(7, '\xFF')), "c/b: unexpected EOF"},
      {"a sign", with_size_field("-0000000005\0"s), invalid_header},
      {"a plus sign", with_size_field("+0000000005\0"s), invalid_header},
      {"no octal digit", with_size_field("00000000008\0"s), invalid_header},
      {"a letter", with_size_field("00000000005x"), invalid_header},
      {"a blank inside", with_size_field("0000 0000005"), invalid_header},
      {"mode", header({.raw = {{100, "junk"}}}), invalid_header},
      {"uid", header({.raw = {{108, "junk"}}}), invalid_header},
      {"gid", header({.raw = {{116, "junk"}}}), invalid_header},
      {"mtime", header({.raw = {{136, "junk"}}}), invalid_header},
      {"device", header({.raw = {{329, "junk"}}}), invalid_header},
      {"device in the oldest format", header({.magic = v7_magic, .raw = {{329, "junk"}}}) + last_file,
       "c/a=; " + last_and_end},
  });
}

TEST_CASE("PAX headers replace name, size and time of the next member") {
  const auto q = file("c/q", "x") + last_file;
  check({
      {"path", pax({{"path", "c/\xC3\xA9"}}) + q, "c/\xC3\xA9=x; " + last_and_end},
      {"an empty value", pax({{"path", ""}}) + q, "c/q=x; " + last_and_end},
      {"the last of two", pax({{"path", "c/1"}, {"path", "c/2"}}) + q, "c/2=x; " + last_and_end},
      {"an empty one takes back", pax({{"path", "c/1"}, {"path", ""}}) + q, "c/q=x; " + last_and_end},
      {"two headers, the last counts", pax({{"path", "c/1"}}) + pax({{"comment", "2"}}) + q, "c/q=x; " + last_and_end},
      {"a slash makes no directory", pax({{"path", "c/d/"}}) + q, "c/d/=x; " + last_and_end},
      {"a slash with the oldest type", pax({{"path", "c/d/"}}) + header({.type = '\0'}) + last_file,
       "c/d/ directory; " + last_and_end},
      {"size", pax({{"size", "5"}}) + header({}) + padded("12345") + last_file, "c/a=12345; " + last_and_end},
      {"size with a sign", pax({{"size", "+5"}}) + header({}) + padded("12345") + last_file,
       "c/a=12345; " + last_and_end},
      {"a negative size", pax({{"size", "-5"}}) + q, invalid_header},
      {"a size that is none", pax({{"size", "5x"}}) + q, invalid_header},
      {"a size of 2^63", pax({{"size", "9223372036854775808"}}) + q, invalid_header},
      {"unknown keys", pax({{"SCHILY.xattr.user.a", "a\0b"s}, {"comment", std::string(5000, 'v')}}) + q,
       "c/q=x; " + last_and_end},
      {"a NUL in a path", pax({{"path", "c/a\0b"s}}) + q, invalid_header},
      {"a NUL in a key", pax({{"a\0b"s, "v"}}) + q, invalid_header},
      {"a NUL in an owner", pax({{"uname", "a\0b"s}}) + q, invalid_header},
      {"no key", pax({{"", "v"}}) + q, invalid_header},
      {"times that are none", pax({{"atime", "x"}}) + q, invalid_header},
      {"owners that are no numbers", pax({{"uid", "1.5"}}) + q, invalid_header},
      {"a wrong value that is taken back", pax({{"uid", "x"}, {"uid", "1"}}) + q, "c/q=x; " + last_and_end},
      {"nothing behind it", pax({{"path", "c/1"}}) + end_blocks, "end"},
      {"not even an end", pax({{"path", "c/1"}}), "end"},
      {"a cut in it", header({.type = 'x', .size = 100}) + "11 path=c/1\n", "unexpected EOF"},
      {"global", pax({{"comment", "0123"}, {"path", "c/1"}}, 'g') + q, "c/q=x; " + last_and_end},
      {"global with a strange value", pax({{"mtime", "x"}}, 'g') + q, "c/q=x; " + last_and_end},
      {"global and malformed", member({.type = 'g'}, "junk") + q, invalid_header},
      {"global in between", pax({{"path", "c/1"}}) + pax({{"comment", "1"}}, 'g') + q, "c/q=x; " + last_and_end},
  });
}

TEST_CASE("PAX records must be well-formed") {
  const auto q = file("c/q", "x") + last_file;
  struct Record {
    std::string text;
    std::string name;  // empty: refused
  };
  const Record records[] = {
      {"", "c/q"},
      {"12 path=c/1\n", "c/1"},
      {"+12 path=c/\n", "c/"},
      {"00018 path=c/1234\n", "c/1234"},
      {"11 path=c/1\n", ""},
      {"12 path=c/1\n\n", ""},
      {"junk", ""},
      {"6 a=1\n7 b=2\n", ""},
      {"6 a=1", ""},
      {"6 a=1\n\n", ""},
      {"6 a=1\n\0\0"s, ""},
      {"0 a=1\n", ""},
      {"-6 a=1\n", ""},
      {" 6 a=1\n", ""},
      {"6\ta=1\n", ""},
      {"5 ab\n", ""},
      {"4 =\n", ""},
      {"6", ""},
      {"99999999999999999999 path=c/1\n", ""},
      {"18446744073709551627 path=c/1\n", ""},
  };
  for (const auto& record : records) {
    CAPTURE(record.text);
    CHECK(listing(raw_pax(record.text) + q, as_tar) ==
          (record.name.empty() ? invalid_header : record.name + "=x; " + last_and_end));
  }
}

TEST_CASE("PAX times have fractions, which count downwards before 1970") {
  struct Value {
    std::string text;
    std::int64_t seconds;
    std::uint32_t nanoseconds;
  };
  const Value values[] = {
      {"1.5", 1, 500'000'000},
      {"7", 7, 0},
      {"1.", 1, 0},
      {"0.123456789123", 0, 123'456'789},
      {"-1", -1, 0},
      {"-1.5", -2, 500'000'000},
      {"-0.5", -1, 500'000'000},
      {"+1.5", 1, 500'000'000},
      {"00001.5", 1, 500'000'000},
      {"9223372036854775807", INT64_MAX, 0},
      {"", 1'700'000'000, 0},
  };
  for (const auto& value : values) {
    CAPTURE(value.text);
    const auto member = first_member(pax({{"mtime", value.text}}) + last_file).value();
    CHECK(member.modified.seconds == value.seconds);
    CHECK(member.modified.nanoseconds == value.nanoseconds);
  }
  for (const std::string wrong : {"x", ".5", "1.x", "1.5x", "1e3", " 1", "1.-5", "1.+5", "1_0", "0x10", "-", "+",
                                  "1..5", "9223372036854775808"}) {
    CAPTURE(wrong);
    CHECK(first_member(pax({{"mtime", wrong}}) + last_file).error().message() == invalid_header);
  }
}

TEST_CASE("header times may be negative, or far") {
  CHECK(first_member(header({.raw = {{136, std::string(12, '\xFF')}}})).value().modified.seconds == -1);
  CHECK(first_member(header({.raw = {{136, "\x80"s + std::string(6, '\0') + "\x01\0\0\0\0"s}}}))
            .value()
            .modified.seconds == std::int64_t{1} << 32);
  CHECK(first_member(header({.raw = {{136, std::string(12, '\0')}}})).value().modified.seconds == 0);
}

TEST_CASE("GNU's long names replace the name, also one from a PAX header") {
  const auto q = member({.name = "c/q", .magic = gnu_magic}, "x") + last_file;
  const auto name = "c/" + std::string(200, 'n');
  check({
      {"with NUL", gnu_long(name + '\0') + q, name + "=x; " + last_and_end},
      {"without NUL", gnu_long(name) + q, name + "=x; " + last_and_end},
      {"what follows a NUL", gnu_long("c/1\0junk"s) + q, "c/1=x; " + last_and_end},
      {"empty", gnu_long("") + q, "c/q=x; " + last_and_end},
      {"the last of two", gnu_long("c/1") + gnu_long("c/2") + q, "c/2=x; " + last_and_end},
      {"a directory's", gnu_long("c/d/") + header({.type = '\0', .magic = gnu_magic}) + last_file,
       "c/d/ directory; " + last_and_end},
      {"with a link's", gnu_long("c/1") + gnu_long("c/2", 'K') + header({.type = '1', .magic = gnu_magic}) + last_file,
       "c/1 other 0; " + last_and_end},
      {"before PAX", gnu_long("c/1") + pax({{"path", "c/2"}}) + q, "c/1=x; " + last_and_end},
      {"behind PAX", pax({{"path", "c/2"}}) + gnu_long("c/1") + q, "c/1=x; " + last_and_end},
      {"nothing behind it", gnu_long("c/1") + end_blocks, "end"},
  });
}

TEST_CASE("headers that promise too much are refused before it is read") {
  const std::string too_long = "archive/tar: header field too long";
  const auto comment = [](std::size_t size) {
    auto body = std::to_string(size) + " comment=";
    body.resize(size - 1, 'v');
    return body + "\n";
  };
  check({
      {"a PAX header of 1 GiB", header({.type = 'x', .size = 1 << 30}), too_long},
      {"a long name of 1 GiB", header({.type = 'L', .size = 1 << 30}), too_long},
      {"a long link of 1 GiB", header({.type = 'K', .size = 1 << 30}), too_long},
      {"a PAX header at the limit", raw_pax(comment(1 << 20)) + last_file, last_and_end},
      {"a PAX header above it", raw_pax(comment((1 << 20) + 1)) + last_file, too_long},
      {"a file that is not there", header({.size = 077777777777}), "c/a: unexpected EOF"},
  });
  std::string many;
  for (int i = 0; i < 1000; ++i) many += pax({{"comment", "x"}});
  CHECK(listing(many + last_file, as_tar) == last_and_end);
  auto archive =
      ArchiveReader::open(std::make_unique<PieceReader>(many + pax({{"comment", "x"}}) + last_file, 4096), as_tar);
  CHECK(archive->next().error().code() == Errc::limit_exceeded);
}

TEST_CASE("a member's content need not be read to its end") {
  const auto archive = file("c/a", std::string(3000, 'a')) + file("c/b", "bbb") + last_file + end_blocks;
  auto reader = ArchiveReader::open(std::make_unique<PieceReader>(archive, 100), as_tar).value();
  char few[10];
  CHECK(reader.next().value()->name == "c/a");
  CHECK(reader.read(few).value() > 0);
  CHECK(reader.next().value()->name == "c/b");
  CHECK(listing(reader) == last_and_end);
  CHECK(reader.read(few).value() == 0);
  CHECK_FALSE(reader.next().value().has_value());
}

TEST_CASE("an error stays, and the input's own errors pass through") {
  const auto broken = [](std::string content) {
    return ArchiveReader::open(
               std::make_unique<PieceReader>(std::move(content), 1000, Error(Errc::cancelled, "stopped")), as_tar)
        .value();
  };
  char few[10];
  auto in_body = broken(header({.size = 5}));
  REQUIRE(in_body.next());
  CHECK(in_body.read(few).error().code() == Errc::cancelled);
  CHECK(in_body.read(few).error().code() == Errc::cancelled);
  CHECK(in_body.next().error().code() == Errc::cancelled);
  CHECK(broken("").next().error().code() == Errc::cancelled);
  auto behind_end = broken(last_file + end_blocks);
  CHECK(listing(behind_end) == last_and_end);

  auto invalid =
      ArchiveReader::open(std::make_unique<PieceReader>(std::string(512, 'x') + last_file, 1000), as_tar).value();
  CHECK(invalid.next().error().code() == Errc::invalid_chart);
  CHECK(invalid.next().error().message() == invalid_header);
}
