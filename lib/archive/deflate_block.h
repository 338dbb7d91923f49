// SPDX-License-Identifier: Apache-2.0
// The second half of DEFLATE: literals and matches are collected, and written as one block.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "archive/huffman_code.h"

namespace portolan::internal::archive {

inline constexpr unsigned literal_symbols = 286;
inline constexpr unsigned distance_symbols = 30;
inline constexpr unsigned end_of_block = 256;
inline constexpr unsigned shortest_coded_match = 3;

/// The symbols of match lengths and distances (RFC 1951 3.2.5).
struct MatchSymbols {
  std::array<std::uint8_t, literal_symbols - 257> length_extra{};
  std::array<std::uint16_t, literal_symbols - 257> length_base{};
  std::array<std::uint8_t, distance_symbols> distance_extra{};
  std::array<std::uint16_t, distance_symbols> distance_base{};
  /// By length - 3: the symbol less 257.
  std::array<std::uint8_t, 256> of_length{};
  /// By distance - 1 below 256, else by 256 + (distance - 1) / 128.
  std::array<std::uint8_t, 512> of_distance{};
};

constexpr MatchSymbols make_match_symbols() {
  MatchSymbols t;
  unsigned base = shortest_coded_match;
  for (unsigned s = 0; s < t.length_extra.size(); ++s) {
    t.length_extra[s] = static_cast<std::uint8_t>(s < 8 || s == 28 ? 0 : s / 4 - 1);
    if (s == 28) base = 258;  // a symbol of its own, though the range of the one before it holds it too
    t.length_base[s] = static_cast<std::uint16_t>(base);
    for (unsigned i = 0; i < 1U << t.length_extra[s] && base < 259; ++i, ++base) {
      t.of_length[base - shortest_coded_match] = static_cast<std::uint8_t>(s);
    }
  }
  base = 1;
  for (unsigned s = 0; s < distance_symbols; ++s) {
    t.distance_extra[s] = static_cast<std::uint8_t>(s < 4 ? 0 : s / 2 - 1);
    t.distance_base[s] = static_cast<std::uint16_t>(base);
    for (unsigned d = base - 1, stop = d + (1U << t.distance_extra[s]); d < stop; ++d, ++base) {
      t.of_distance[d < 256 ? d : 256 + (d >> 7)] = static_cast<std::uint8_t>(s);
    }
  }
  return t;
}

inline constexpr MatchSymbols match_symbols = make_match_symbols();

/// Appends bits to a string, least significant first. Bits wait in the accumulator until they fill a byte.
class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(&out) {}

  /// Makes room for so many bits; they may then be added.
  void reserve(std::uint64_t bits);
  /// Contract: room is reserved, `count` is at most 48 and `bits` has no others set.
  void add(std::uint64_t bits, unsigned count) noexcept {
    accumulator_ |= bits << count_;
    count_ += count;
    std::uint64_t word = accumulator_;
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    std::memcpy(at_, &word, sizeof word);
    const unsigned whole = count_ / 8;
    at_ += whole;
    accumulator_ >>= whole * 8;
    count_ %= 8;
  }
  /// Adds zero bits up to the next byte. Contract: room for 7 bits is reserved.
  void align() noexcept {
    if (count_ != 0) add(0, 8 - count_);
  }
  /// Appends whole bytes. Contract: aligned.
  void append(std::string_view bytes);
  /// Gives unused room back. What has not filled a byte yet is kept for the next reserve().
  void release();

 private:
  std::string* out_;
  char* at_ = nullptr;
  std::uint64_t accumulator_ = 0;
  unsigned count_ = 0;
};

/// The literals and matches of one block, and their frequencies. All zero is the empty state, so that it may live in
/// memory from calloc.
struct Tokens {
  static constexpr unsigned capacity = 16384;

  bool empty() const noexcept { return count == 0; }
  bool full() const noexcept { return count == capacity; }

  void add_literal(std::uint8_t byte) noexcept {
    items[count++] = byte;
    ++literals[byte];
  }
  /// Contract: length 3 to 258, distance 1 to 32768.
  void add_match(std::uint32_t length, std::uint32_t distance) noexcept {
    const std::uint32_t l = length - shortest_coded_match;
    const std::uint32_t d = distance - 1;
    const std::uint32_t symbol = match_symbols.of_distance[d < 256 ? d : 256 + (d >> 7)];
    ++literals[257U + match_symbols.of_length[l]];
    ++distances[symbol];
    items[count++] = match_flag | symbol << symbol_shift | l << length_shift | d;
  }
  void clear() noexcept {
    count = 0;
    literals = {};
    distances = {};
  }

  static constexpr std::uint32_t match_flag = 1U << 31;
  static constexpr unsigned symbol_shift = 23;
  static constexpr unsigned length_shift = 15;

  std::uint32_t count;
  std::array<std::uint32_t, literal_symbols> literals;  // and lengths
  std::array<std::uint32_t, distance_symbols> distances;
  std::array<std::uint32_t, capacity> items;
};

enum class Storable : std::uint8_t { no, yes };

/// Writes the tokens as one block that is not the last, in the form that Go chooses (go-deflate 4), and clears them.
/// `content` are the bytes that they stand for; looked at only where the block may be stored.
/// Contract: there are tokens.
void write_block(Tokens& tokens, std::string_view content, Storable storable, BitWriter& out);

/// Writes the empty stored block that ends every stream of Go's.
void write_final_block(BitWriter& out);

}  // namespace portolan::internal::archive
