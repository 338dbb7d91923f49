// SPDX-License-Identifier: Apache-2.0
// Finds what Go's match finder finds (go-deflate 3), with less looking. All here is inline: it is the encoder's heart.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace portolan::internal::archive {

// The constants of go-deflate 0.1, there WIN, MINM, MAXM, NICE, CHAIN, NEAR4, HASH_BITS and HASH_MUL.
inline constexpr std::uint32_t window_size = 32768;
inline constexpr std::uint32_t shortest_match = 4;
inline constexpr std::uint32_t longest_match = 258;
inline constexpr std::uint32_t nice_length = 128;
inline constexpr std::uint32_t longest_chain = 128;
inline constexpr std::uint32_t farthest_of_four = 4096;
inline constexpr unsigned hash_bits = 17;
inline constexpr std::uint32_t hash_factor = 0x1E35A7BD;

/// The length that stands for "no match".
inline constexpr std::uint32_t no_match = shortest_match - 1;

/// Positions are indices into the buffer, from 1 on, so that 0 is "none" and all fit 16 bits: the tables then take half
/// the cache, and taking the shift off them costs little, once in 32 KiB. The last position of a full buffer does not
/// fit, but the last three are never put into the tables.
inline constexpr std::uint32_t first_position = 1;

inline std::uint32_t word_at(const char* p) noexcept {
  std::uint32_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

inline std::uint32_t hash_at(const char* p) noexcept {
  std::uint32_t word = word_at(p);
  if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap32(word);
  return word * hash_factor >> (32 - hash_bits);
}

/// How many bytes from `a` and from `b` on are equal, at most `limit`. Looks at up to seven bytes more.
inline std::uint32_t equal_bytes(const char* a, const char* b, std::uint32_t limit) noexcept {
  for (std::uint32_t n = 0; n < limit; n += 8) {
    std::uint64_t x;
    std::uint64_t y;
    std::memcpy(&x, a + n, sizeof x);
    std::memcpy(&y, b + n, sizeof y);
    if (const std::uint64_t different = x ^ y; different != 0) {
      const int zeros =
          std::endian::native == std::endian::little ? std::countr_zero(different) : std::countl_zero(different);
      return std::min(limit, n + static_cast<std::uint32_t>(zeros) / 8);
    }
  }
  return limit;
}

/// The positions before the present one, those with the same hash in a chain. All zero is the empty state.
struct Chains {
  std::array<std::uint16_t, 1U << hash_bits> head;  // the newest position with that hash
  // By position modulo window_size:
  std::array<std::uint16_t, window_size> older;  // the position that was head before it
  std::array<std::uint16_t, window_size> rank;   // how many were in its chain before it, modulo 2^16

  std::uint16_t rank_behind(std::uint32_t head_position) const noexcept {
    return static_cast<std::uint16_t>(rank[head_position % window_size] + 1);
  }

  void insert(std::uint32_t at, const char* p) noexcept {
    auto& newest = head[hash_at(p)];
    older[at % window_size] = newest;
    rank[at % window_size] = rank_behind(newest);
    newest = static_cast<std::uint16_t>(at);
  }

  /// Makes all positions smaller by window_size; those that cannot be are forgotten.
  void shift() noexcept {
    const auto forget = [](std::uint16_t& position) {
      position = static_cast<std::uint16_t>(position > window_size ? position - window_size : 0);
    };
    std::for_each(head.begin(), head.end(), forget);
    std::for_each(older.begin(), older.end(), forget);
  }
};

struct Match {
  std::uint32_t length = no_match;
  std::uint32_t distance = 0;
};

/// The search for one position, which is not yet in its chain.
///
/// Go walks along the chain of the position's hash, at most 128 steps, and takes the longest match, of equals the
/// nearest. Where a match is to be beaten already, another chain is mostly much shorter: that of the four bytes which
/// end with the one that a better match has more. What is found there counts if it is among the first 128 of Go's
/// chain, which the ranks tell.
class MatchSearch {
 public:
  /// Finds matches longer than `beat`, at most as long as `limit`.
  /// Contract: no_match <= beat < limit <= longest_match, and `limit` bytes are in the buffer.
  MatchSearch(const Chains& chains, const char* buffer, std::uint32_t at, std::uint32_t beat, std::uint32_t limit)
      : chains_(chains),
        buffer_(buffer),
        at_(at),
        oldest_(at > window_size ? at - window_size : first_position),
        limit_(limit),
        enough_(std::min(nice_length, limit)) {
    set_beat(beat);
  }

  /// `candidate` is the head of the position's chain. Contract: it is reachable.
  Match along(std::uint32_t candidate) noexcept {
    candidate_ = candidate;
    rank_ = chains_.rank_behind(candidate);
    bool detour = beat_ >= detour_from;
    for (;;) {
      // Nearer positions would lead to some that are not in the chains yet.
      if (detour && at_ - candidate_ > tail_) {
        const auto met = take_detour();
        if (met == Met::end) return found_;
        if (met == Met::unclear) {
          detour = false;
          continue;
        }
      } else if (word_at(buffer_ + candidate_ + tail_) == wanted_ && beaten_by(candidate_)) {
        detour = beat_ >= detour_from;
      }
      if (found_.length >= enough_) return found_;
      candidate_ = chains_.older[candidate_ % window_size];
      if (candidate_ < oldest_ || --left_ == 0) return found_;
    }
  }

 private:
  static constexpr std::uint32_t detour_from = 4;
  static constexpr int detour_steps = 16;

  void set_beat(std::uint32_t beat) noexcept {
    beat_ = beat;
    tail_ = beat - no_match;
    wanted_ = word_at(buffer_ + at_ + tail_);
  }

  /// Whether the candidate is better. It has the wanted word.
  bool beaten_by(std::uint32_t candidate) noexcept {
    const std::uint32_t n = equal_bytes(buffer_ + candidate, buffer_ + at_, limit_);
    if (n <= beat_) return false;
    // A far match of four is not worth its bits; as all that follow are farther, only longer ones count now.
    if (n > shortest_match || at_ - candidate <= farthest_of_four) found_ = {n, at_ - candidate};
    if (n < limit_) set_beat(n);
    return true;
  }

  enum class Met : std::uint8_t {
    better,   // a better match, now the candidate
    end,      // there is none
    unclear,  // so far none
  };

  Met take_detour() noexcept {
    const std::uint32_t first = word_at(buffer_ + at_);
    std::uint32_t position = chains_.head[hash_at(buffer_ + at_ + tail_)];
    for (int steps = detour_steps; steps != 0; --steps) {
      if (position < oldest_ + tail_) return Met::end;
      const std::uint32_t candidate = position - tail_;
      if (word_at(buffer_ + candidate) == first && word_at(buffer_ + position) == wanted_) {
        const auto nth = static_cast<std::uint16_t>(rank_ - chains_.rank[candidate % window_size]);
        if (nth > longest_chain) return Met::end;
        if (beaten_by(candidate)) {
          candidate_ = candidate;
          left_ = longest_chain + 1 - nth;
          return Met::better;
        }
      }
      position = chains_.older[position % window_size];
    }
    return Met::unclear;
  }

  const Chains& chains_;
  const char* const buffer_;
  const std::uint32_t at_;
  const std::uint32_t oldest_;
  const std::uint32_t limit_;
  const std::uint32_t enough_;
  std::uint16_t rank_ = 0;
  std::uint32_t candidate_ = 0;
  std::uint32_t left_ = longest_chain;  // candidates that Go would still look at, the present one included
  Match found_;
  std::uint32_t beat_ = 0;
  std::uint32_t tail_ = 0;
  std::uint32_t wanted_ = 0;  // the word at `tail_` that a better match has
};

}  // namespace portolan::internal::archive
