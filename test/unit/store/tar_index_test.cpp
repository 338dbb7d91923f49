// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fcntl.h>

#include <array>
#include <functional>

#include "archive/tar_writer.h"
#include "store/tar_index.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::internal;
using namespace portolan::internal::store;
using portolan::test::TemporaryDirectory;

namespace {

std::string octal(std::uint64_t value, int digits) {
  std::string text(static_cast<std::size_t>(digits), '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 3) {
    *digit = static_cast<char>('0' + (value & 7));
  }
  return text;
}

struct Header {
  std::string name;
  char type = '0';
  std::string size = octal(0, 11);
  std::string magic = std::string("ustar\0", 6) + "00";
  std::string prefix{};

  std::string block() const {
    std::string block(512, '\0');
    block.replace(0, name.size(), name);
    block.replace(124, size.size(), size);
    block[156] = type;
    block.replace(257, magic.size(), magic);
    block.replace(345, prefix.size(), prefix);
    block.replace(148, 8, "        ");
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    block.replace(148, 8, octal(sum, 6) + std::string("\0 ", 2));
    return block;
  }
};

std::string padded(std::string body) {
  body.resize((body.size() + 511) / 512 * 512);
  return body;
}

std::string member(Header header, const std::string& body) {
  header.size = octal(body.size(), 11);
  return header.block() + padded(body);
}

std::string record(const std::string& key, const std::string& value) {
  auto size = key.size() + value.size() + 3;
  size += std::to_string(size + 2).size();
  return std::to_string(size) + " " + key + "=" + value + "\n";
}

const std::string end(1024, '\0');

Result<TarIndex> index_of(const std::string& bytes) {
  TemporaryDirectory dir;
  REQUIRE(write_file(dir / "a.tar", bytes));
  const FileDescriptor file(::open((dir / "a.tar").c_str(), O_RDONLY | O_CLOEXEC));
  return index_tar(file, "a.tar");
}

// Names and contents, as the index finds them.
std::string contents(const std::string& bytes) {
  const auto index = index_of(bytes);
  if (!index) return "error: " + index.error().message();
  std::string all;
  for (const auto& [name, at] : *index) all += name + "=" + bytes.substr(at.offset, at.size) + ";";
  return all;
}

}  // namespace

TEST_CASE("members are found by name, whatever dialect names them") {
  const std::string long_name = "blobs/sha512/" + std::string(128, 'a');
  struct Case {
    std::string bytes;
    std::string contents;
  };
  const Case cases[] = {
      {"", ""},
      {end, ""},
      {member({"b"}, "two") + member({"a"}, "one") + end, "a=one;b=two;"},
      {member({"./a"}, "one") + member({"././b"}, "two"), "a=one;b=two;"},
      {member({"a"}, "old") + member({"a"}, "new") + end, "a=new;"},
      {member({"a"}, std::string(512, 'x')) + member({"b"}, "") + end, "a=" + std::string(512, 'x') + ";b=;"},
      {member({"a"}, "one") + end + member({"b"}, "behind the end"), "a=one;"},
      // Other kinds of members have no content that counts.
      {member({"dir/", '5'}, "") + member({"link", '2'}, "") + member({"a", '7'}, "one"), "a=one;"},
      {member({"a", '\0'}, "one"), "a=one;"},
      // ustar's prefix; GNU keeps other things there.
      {member({.name = "name", .prefix = "some/folder"}, "x"), "some/folder/name=x;"},
      {member({.name = "name", .magic = std::string("ustar  \0", 8), .prefix = "12345"}, "x"), "name=x;"},
      {member({.name = "old", .magic = ""}, "x"), "old=x;"},
      // PAX and GNU long names, each for the next member alone.
      {member({"x", 'x'}, record("path", long_name)) + member({"short"}, "1") + member({"b"}, "2"),
       "b=2;" + long_name + "=1;"},
      {member({"x", 'x'}, record("mtime", "1.5") + record("path", "p")) + member({"short"}, "1"), "p=1;"},
      {member({"x", 'x'}, record("size", "3")) + Header{"a"}.block() + padded("one"), "a=one;"},
      {member({"L", 'L'}, long_name + '\0') + member({"short"}, "1"), long_name + "=1;"},
      {member({"g", 'g'}, record("path", "ignored")) + member({"a"}, "1"), "a=1;"},
      {member({"K", 'K'}, "long link") + member({"a"}, "1"), "a=1;"},
      // A size in base 256.
      {Header{.name = "a", .size = "\x80" + std::string(10, '\0') + '\x03'}.block() + padded("one"), "a=one;"},
      {Header{.name = "a", .size = "     3 "}.block() + padded("one"), "a=one;"},
  };
  for (const auto& row : cases) CHECK(contents(row.bytes) == row.contents);
}

TEST_CASE("what the writer writes is found again") {
  std::string bytes;
  archive::TarWriter writer([&](std::string_view piece) {
    bytes += piece;
    return Result<void>();
  });
  std::string expected;
  for (const auto& name : {std::string("a"), std::string("b/") + std::string(120, 'x'), "c/" + std::string(99, 'y')}) {
    REQUIRE(writer.add(name, {}, "content of " + name));
    expected += name + "=content of " + name + ";";
  }
  REQUIRE(writer.finish());
  CHECK(contents(bytes) == expected);
}

TEST_CASE("damaged and unusual archives are refused") {
  auto wrong_sum = member({"a"}, "one");
  wrong_sum[0] = 'b';
  struct Case {
    std::string bytes;
    Errc code;
  };
  const Case cases[] = {
      {"no tar at all, but text that is long enough to be read as a header: " + std::string(600, '.'), Errc::corrupt},
      {"short", Errc::corrupt},
      {wrong_sum, Errc::corrupt},
      {member({"a"}, "one").substr(0, 514), Errc::corrupt},
      {member({"a"}, "one").substr(0, 300), Errc::corrupt},
      {Header{.name = "a", .size = octal(8'000'000'000, 11)}.block(), Errc::corrupt},
      {Header{.name = "a", .size = "99999999999"}.block(), Errc::corrupt},
      {Header{.name = "a", .size = "\xff" + std::string(11, '\xff')}.block(), Errc::corrupt},
      {Header{.name = "a", .size = "\x80" + std::string(11, '\xff')}.block(), Errc::corrupt},
      {member({"x", 'x'}, record("size", "18446744073709551615")) + member({"a"}, "1"), Errc::corrupt},
      {member({"x", 'x'}, "9999 path=a\n") + member({"a"}, "1"), Errc::corrupt},
      {member({"x", 'x'}, "0 path=a\n") + member({"a"}, "1"), Errc::corrupt},
      {member({"x", 'x'}, "nonsense\n") + member({"a"}, "1"), Errc::corrupt},
      {member({"x", 'x'}, record("size", "-1")) + member({"a"}, "1"), Errc::corrupt},
      {member({"L", 'L'}, std::string(2'000'000, 'x')), Errc::corrupt},
      {member({"a", 'S'}, ""), Errc::unsupported},
      {"\x1f\x8b\x08" + std::string(600, '\0'), Errc::unsupported},
      {"\x28\xb5\x2f\xfd" + std::string(600, '\0'), Errc::unsupported},
  };
  for (const auto& row : cases) {
    CAPTURE(row.bytes.substr(0, 40));
    const auto index = index_of(row.bytes);
    REQUIRE_FALSE(index);
    CHECK(index.error().code() == row.code);
    CHECK(index.error().message().find("a.tar") != std::string::npos);
  }
}
