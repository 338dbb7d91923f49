// SPDX-License-Identifier: Apache-2.0
// The first half of DEFLATE: finding matches as Go does (go-deflate 2 and 3; the constants keep its names).
#include "archive/deflate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "archive/deflate_block.h"

namespace portolan::internal::archive {
namespace {

constexpr std::uint32_t kWindow = 32768;               // WIN
constexpr std::uint32_t kBuffer = 2 * kWindow;         // BUF
constexpr std::uint32_t kShortest = 4;                 // MINM
constexpr std::uint32_t kLongest = 258;                // MAXM
constexpr std::uint32_t kLook = kShortest + kLongest;  // LOOK
constexpr std::uint32_t kShiftAt = kBuffer - kLook;    // SHIFT_AT
constexpr std::uint32_t kLazy = 16;                    // LAZY
constexpr std::uint32_t kNice = 128;                   // NICE
constexpr unsigned kChain = 128;                       // CHAIN
constexpr std::uint32_t kNearFour = 4096;              // NEAR4
constexpr unsigned kHashBits = 17;                     // HASH_BITS
constexpr std::uint32_t kHashFactor = 0x1E35A7BD;      // HASH_MUL
constexpr std::uint32_t kNoMatch = kShortest - 1;

// Positions are indices into the buffer, from 1 on, so that 0 is "none" and all fit 16 bits: the tables then take half
// the cache, and taking the shift off them costs little, once in 32 KiB. The last position of a full buffer does not
// fit, but the last three are never put into the tables.
constexpr std::uint32_t kFirst = 1;

/// Everything large, in one piece that the system hands out as zero pages: small inputs pay for what they touch.
struct Tables {
  std::array<std::uint16_t, 1U << kHashBits> head;  // the newest position with that hash
  std::array<std::uint16_t, kWindow> older;         // by position modulo kWindow: the one that was head before it
  Tokens tokens;
  std::array<char, kFirst + kBuffer + 8> buffer;  // comparisons may look at seven bytes beyond the input
};

struct Free {
  void operator()(void* memory) const noexcept { std::free(memory); }
};

std::unique_ptr<Tables, Free> zeroed_tables() {
  auto* memory = static_cast<Tables*>(std::calloc(1, sizeof(Tables)));
  if (memory == nullptr) throw std::bad_alloc();
  return std::unique_ptr<Tables, Free>(memory);
}

std::uint32_t word_at(const char* p) noexcept {
  std::uint32_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

std::uint32_t hash_at(const char* p) noexcept {
  std::uint32_t word = word_at(p);
  if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap32(word);
  return word * kHashFactor >> (32 - kHashBits);
}

/// How many bytes from `a` and from `b` on are equal, at most `limit`. Looks at up to seven bytes more.
std::uint32_t equal_bytes(const char* a, const char* b, std::uint32_t limit) noexcept {
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

struct Match {
  std::uint32_t length = kNoMatch;
  std::uint32_t distance = 0;
};

enum class Input : std::uint8_t { continues, ends };

}  // namespace

struct Deflater::State {
  explicit State(std::string& out) : bits(out) {}

  void take(std::string_view segment);
  template <Input input>
  void scan();
  template <Input input>
  Match search(std::uint32_t candidate, std::uint32_t at, std::uint32_t beat) const;
  void insert(std::uint32_t at);
  void write_tokens_up_to(std::uint32_t stop);
  void shift();

  std::unique_ptr<Tables, Free> tables = zeroed_tables();
  BitWriter bits;
  std::uint32_t end = kFirst;     // one past the last byte of the input so far
  std::uint32_t cursor = kFirst;  // the next position to examine
  Match pending;                  // what was found one byte before the cursor
  bool held = false;              // that byte has no token yet
  std::int64_t block = kFirst;    // where the block being collected begins; below kFirst once shifted out
};

void Deflater::State::take(std::string_view segment) {
  while (!segment.empty()) {
    scan<Input::continues>();
    if (cursor - kFirst >= kShiftAt) shift();
    const auto n = std::min<std::size_t>(segment.size(), kFirst + kBuffer - end);
    std::memcpy(tables->buffer.data() + end, segment.data(), n);
    end += static_cast<std::uint32_t>(n);
    segment.remove_prefix(n);
  }
}

void Deflater::State::shift() {
  auto* const first = tables->buffer.data() + kFirst;
  std::memmove(first, first + kWindow, end - kFirst - kWindow);
  const auto forget = [](std::uint16_t& position) {
    position = static_cast<std::uint16_t>(position > kWindow ? position - kWindow : 0);
  };
  std::for_each(tables->head.begin(), tables->head.end(), forget);
  std::for_each(tables->older.begin(), tables->older.end(), forget);
  cursor -= kWindow;
  end -= kWindow;
  block -= kWindow;
}

void Deflater::State::write_tokens_up_to(std::uint32_t stop) {
  const bool whole = block >= kFirst;
  const auto content = whole ? std::string_view(tables->buffer.data() + block, stop - static_cast<std::uint32_t>(block))
                             : std::string_view();
  write_block(tables->tokens, content, whole ? Storable::yes : Storable::no, bits);
  block = stop;
}

inline void Deflater::State::insert(std::uint32_t at) {
  auto& head = tables->head[hash_at(tables->buffer.data() + at)];
  tables->older[at % kWindow] = head;
  head = static_cast<std::uint16_t>(at);
}

/// The best match for `at` that is longer than `beat`, along the chain from `candidate` on. Contract: `candidate` is
/// reachable; `beat` is at least kNoMatch and below what is left of the input.
template <Input input>
Match Deflater::State::search(std::uint32_t candidate, std::uint32_t at, std::uint32_t beat) const {
  const std::uint32_t limit = input == Input::continues ? kLongest : std::min(kLongest, end - at);
  const std::uint32_t enough = std::min(kNice, limit);
  const std::uint32_t oldest = at > kWindow ? at - kWindow : kFirst;
  const char* const buffer = tables->buffer.data();
  const char* const here = buffer + at;
  const std::uint16_t* const older = tables->older.data();

  Match found;
  // A longer match has the byte at `beat` in common, and the three before it.
  std::size_t tail = beat - kNoMatch;
  std::uint32_t wanted = word_at(here + tail);
  unsigned tries = kChain;
  do {
    const char* const there = buffer + candidate;
    if (word_at(there + tail) == wanted) {
      const std::uint32_t n = equal_bytes(there, here, limit);
      if (n > beat) {
        beat = n;
        // A far match of four is not worth its bits; as all that follow are farther, only longer ones count now.
        if (n > kShortest || at - candidate <= kNearFour) {
          found = {n, at - candidate};
          if (n >= enough) break;
        }
        tail = beat - kNoMatch;
        wanted = word_at(here + tail);
      }
    }
    candidate = older[candidate % kWindow];
  } while (candidate >= oldest && --tries != 0);
  return found;
}

template <Input input>
void Deflater::State::scan() {
  auto& tokens = tables->tokens;
  const char* const buffer = tables->buffer.data();
  for (;;) {
    const std::uint32_t ahead = end - cursor;
    if (input == Input::continues ? ahead < kLook : ahead == 0) return;

    Match now;
    if (input == Input::continues || ahead >= kShortest) {
      auto& head = tables->head[hash_at(buffer + cursor)];
      const std::uint32_t candidate = head;
      // A candidate of 0 is none; the buffer begins at what may be reached.
      const bool reachable = candidate != 0 && cursor - candidate <= kWindow;
      if (reachable && pending.length < kLazy && (input == Input::continues || ahead > pending.length)) {
        // Go looks for any match here and drops one that is no longer than the pending one; to look for longer ones
        // alone comes to the same.
        now = search<input>(candidate, cursor, pending.length);
      }
      // After the search, for which the slot still holds the link of the position a whole window back.
      tables->older[cursor % kWindow] = static_cast<std::uint16_t>(candidate);
      head = static_cast<std::uint16_t>(cursor);
    }

    if (pending.length >= kShortest && now.length <= pending.length) {
      tokens.add_match(pending.length, pending.distance);
      const std::uint32_t stop = cursor - 1 + pending.length;
      const std::uint32_t hashable = input == Input::continues ? stop : std::min(stop, end - kNoMatch);
      for (std::uint32_t p = cursor + 1; p < hashable; ++p) insert(p);
      cursor = stop;
      held = false;
      pending = Match{};
      if (tokens.full()) write_tokens_up_to(cursor);
    } else {
      if (held) {
        tokens.add_literal(static_cast<std::uint8_t>(buffer[cursor - 1]));
        if (tokens.full()) write_tokens_up_to(cursor);
      }
      held = true;
      pending = now;
      ++cursor;
    }
  }
}

Deflater::Deflater(std::string& out) : state_(std::make_unique<State>(out)) {}
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;
Deflater::~Deflater() = default;

void Deflater::write(std::string_view segment) { state_->take(segment); }

void Deflater::finish() {
  auto& state = *state_;
  state.scan<Input::ends>();
  auto& tokens = state.tables->tokens;
  if (state.held) tokens.add_literal(static_cast<std::uint8_t>(state.tables->buffer[state.cursor - 1]));
  if (!tokens.empty()) state.write_tokens_up_to(state.cursor);
  write_final_block(state.bits);
}

}  // namespace portolan::internal::archive
