// SPDX-License-Identifier: Apache-2.0
// Reads the input as a tar archive and as a compressed one. Contents keep their promises, memory stays within what the
// limits allow, and how the bytes arrive makes no difference.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "archive/archive_reader.h"

namespace {

using portolan::Reader;
using portolan::Result;
using portolan::internal::archive::ArchiveReader;
using portolan::internal::archive::Member;

constexpr std::uint64_t most_bytes = 1 << 20;
constexpr int most_members = 2000;

void require(bool holds) {
  if (!holds) std::abort();
}

class Pieces final : public Reader {
 public:
  Pieces(std::string_view content, std::size_t most) : content_(content), most_(most) {}
  Result<std::size_t> read(std::span<char> into) override {
    const auto count = std::min({into.size(), most_, content_.size()});
    content_.copy(into.data(), count);
    content_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view content_;
  std::size_t most_;
};

struct Outcome {
  bool failed = false;
  int members = 0;
  std::uint64_t bytes = 0;
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325;

  void add(std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3;
  }
  bool operator==(const Outcome&) const = default;
};

/// Reads the current member. False where that fails, or the limit is reached.
bool read_member(ArchiveReader& archive, const Member& member, Outcome& outcome) {
  char buffer[4096];
  std::uint64_t size = 0;
  while (outcome.bytes < most_bytes) {
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(sizeof buffer, most_bytes - outcome.bytes));
    const auto got = archive.read({buffer, room});
    if (!got) {
      outcome.failed = true;
      require(!archive.next());
      return false;
    }
    if (*got == 0) {
      require(member.kind != Member::Kind::file || size == member.size);
      return true;
    }
    require(*got <= room);
    outcome.add({buffer, *got});
    size += *got;
    outcome.bytes += *got;
    require(member.kind != Member::Kind::other);
    // A directory that is one by its mode alone may have content.
    require(member.kind == Member::Kind::directory || size <= member.size);
  }
  return false;
}

Outcome read(std::string_view content, ArchiveReader::Format format, std::size_t piece) {
  Outcome outcome;
  auto archive = ArchiveReader::open(std::make_unique<Pieces>(content, piece), format);
  if (!archive) {
    outcome.failed = true;
    return outcome;
  }
  for (; outcome.members < most_members; ++outcome.members) {
    const auto next = archive->next();
    outcome.failed = !next;
    if (!next || !*next) break;
    const auto& member = **next;
    require(member.modified.nanoseconds < 1'000'000'000);
    outcome.add(member.name);
    // Every third is passed over.
    if (outcome.members % 3 != 2 && !read_member(*archive, member, outcome)) break;
  }
  return outcome;
}

/// The blocks with their check sums set right: no mutation would get past them otherwise.
std::string repaired(std::string text) {
  constexpr std::size_t block_size = 512;
  constexpr std::size_t sum_at = 148;
  constexpr std::size_t sum_size = 8;
  for (std::size_t at = 0; at + block_size <= text.size(); at += block_size) {
    const auto block = std::string_view(text).substr(at, block_size);
    if (block.find_first_not_of('\0') == std::string_view::npos) continue;
    text.replace(at + sum_at, sum_size, sum_size, ' ');
    unsigned sum = 0;
    for (std::size_t i = 0; i < block_size; ++i) sum += static_cast<unsigned char>(text[at + i]);
    for (std::size_t i = 6; i-- > 0; sum >>= 3) text[at + sum_at + i] = static_cast<char>('0' + (sum & 7));
  }
  return text;
}

void try_all(std::string_view content, ArchiveReader::Format format) {
  const auto whole = read(content, format, std::numeric_limits<std::size_t>::max());
  require(read(content, format, 1 + content.size() % 600) == whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  try_all(content, ArchiveReader::Format::tar);
  try_all(content, ArchiveReader::Format::tar_gzip);
  try_all(repaired(std::string(content)), ArchiveReader::Format::tar);
  return 0;
}
