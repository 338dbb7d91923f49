// SPDX-License-Identifier: Apache-2.0
// Tar archives made by hand for tests of the reader, and what the reader makes of them as one line of text.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/archive_reader.h"

namespace portolan::test {

using namespace std::string_literals;

inline std::string octal(unsigned long long value, int size) {
  char text[32];
  const int n = std::snprintf(text, sizeof text, "%0*llo", size - 1, value);
  return std::string(text, static_cast<std::size_t>(n)) + '\0';
}

inline std::string padded(std::string body) {
  body.resize((body.size() + 511) / 512 * 512);
  return body;
}

inline const std::string ustar_magic =
    "ustar\0"
    "00"s;
inline const std::string gnu_magic = "ustar  \0"s;
inline const std::string v7_magic;

struct Header {
  std::string name = "c/a";
  char type = '0';
  unsigned long long size = 0;
  unsigned mode = 0644;
  std::string magic = ustar_magic;
  std::string prefix{};
  std::vector<std::pair<std::size_t, std::string>> raw{};  ///< bytes that replace what stands at an offset
};

/// Sets the check sum of a header block right.
inline std::string with_sum(std::string block) {
  block.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  return block.replace(148, 7, octal(sum, 7));
}

inline std::string header(const Header& h) {
  std::string block(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { block.replace(at, text.size(), text); };
  put(0, h.name);
  put(100, octal(h.mode, 8));
  put(108, octal(0, 8));
  put(116, octal(0, 8));
  put(124, octal(h.size, 12));
  put(136, octal(1'700'000'000, 12));
  put(156, std::string(1, h.type));
  put(257, h.magic);
  if (!h.prefix.empty()) put(345, h.prefix);
  for (const auto& [at, bytes] : h.raw) put(at, bytes);
  return with_sum(std::move(block));
}

/// The header with the body's size, and the body.
inline std::string member(Header h, const std::string& body) {
  h.size = body.size();
  return header(h) + padded(body);
}

inline std::string file(std::string name, const std::string& body) { return member({.name = std::move(name)}, body); }

inline std::string pax_record(const std::string& key, const std::string& value) {
  const auto rest = key.size() + value.size() + 3;
  auto size = rest + std::to_string(rest).size();
  size = rest + std::to_string(size).size();
  return std::to_string(size) + ' ' + key + '=' + value + '\n';
}

using PaxList = std::vector<std::pair<std::string, std::string>>;

inline std::string pax(const PaxList& records, char type = 'x') {
  std::string body;
  for (const auto& [key, value] : records) body += pax_record(key, value);
  return member({.name = "PaxHeaders.0/a", .type = type}, body);
}

inline std::string raw_pax(const std::string& body) { return member({.name = "PaxHeaders.0/a", .type = 'x'}, body); }

inline std::string gnu_long(const std::string& body, char type = 'L') {
  return member({.name = "././@LongLink", .type = type, .magic = gnu_magic}, body);
}

inline const std::string end_blocks(1024, '\0');
inline const std::string last_file = file("c/z", "last");

/// Hands out content in pieces of at most so many bytes, and then the error, if any.
class PieceReader final : public Reader {
 public:
  PieceReader(std::string content, std::size_t most, std::optional<Error> error = {})
      : content_(std::move(content)), most_(most), error_(std::move(error)) {}
  Result<std::size_t> read(std::span<char> into) override {
    const auto count = std::min({into.size(), most_, content_.size() - at_});
    if (count == 0 && error_ && !into.empty()) return *error_;
    content_.copy(into.data(), count, at_);
    at_ += count;
    return count;
  }

 private:
  std::string content_;
  std::size_t most_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

/// "NAME=CONTENT; " for each file, "NAME directory; ", "NAME other SIZE; ", and then "end" or the error's message.
/// Zeros in contents are shown as dots; contents above 64 bytes by their size alone.
inline std::string listing(internal::archive::ArchiveReader& archive) {
  using internal::archive::Member;
  std::string text;
  for (;;) {
    auto next = archive.next();
    if (!next) return text + next.error().message();
    if (!*next) return text + "end";
    const auto& member = **next;
    if (member.kind == Member::Kind::directory) {
      text += member.name + " directory; ";
      continue;
    }
    std::string content;
    char buffer[777];
    for (;;) {
      auto got = archive.read(buffer);
      if (!got) return text + member.name + ": " + got.error().message();
      if (*got == 0) break;
      content.append(buffer, *got);
    }
    if (member.kind == Member::Kind::other) {
      text += member.name + " other " + std::to_string(member.size) + content + "; ";
      continue;
    }
    std::replace(content.begin(), content.end(), '\0', '.');
    if (content.size() != member.size) text += "(promised " + std::to_string(member.size) + ") ";
    if (content.size() > 64) content = std::to_string(content.size()) + " bytes";
    text += member.name + '=' + content + "; ";
  }
}

inline std::string listing(const std::string& bytes, internal::archive::ArchiveReader::Format format,
                           std::size_t piece = 1 << 20) {
  auto archive = internal::archive::ArchiveReader::open(std::make_unique<PieceReader>(bytes, piece), format);
  if (!archive) return archive.error().message();
  return listing(*archive);
}

/// An archive and what listing() is to say of it.
struct Row {
  std::string what;
  std::string archive;
  std::string expected;
};

/// Read whole, and in small pieces.
inline void check_listings(const std::vector<Row>& rows, internal::archive::ArchiveReader::Format format) {
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(listing(row.archive, format) == row.expected);
    CHECK(listing(row.archive, format, 7) == row.expected);
    CHECK(listing(row.archive, format, 1) == row.expected);
  }
}

}  // namespace portolan::test
