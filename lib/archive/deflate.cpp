// SPDX-License-Identifier: Apache-2.0
// The first half of DEFLATE: cutting the input into literals and matches (go-deflate 2 and 3; beside the constants
// their names there).
#include "archive/deflate.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "archive/deflate_block.h"
#include "archive/match_finder.h"

namespace portolan::internal::archive {
namespace {

constexpr std::uint32_t kBuffer = 2 * kWindow;                   // BUF
constexpr std::uint32_t kLook = kShortestMatch + kLongestMatch;  // LOOK
constexpr std::uint32_t kShiftAt = kBuffer - kLook;              // SHIFT_AT
constexpr std::uint32_t kLazy = 16;                              // LAZY

/// Everything large, in one piece that the system hands out as zero pages: small inputs pay for what they touch.
struct Tables {
  Chains chains;
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

enum class Input : std::uint8_t { continues, ends };

}  // namespace

struct Deflater::State {
  explicit State(std::string& out) : bits(out) {}

  void take(std::string_view segment);
  template <Input input>
  void scan();
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
  tables->chains.shift();
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

template <Input input>
void Deflater::State::scan() {
  auto& chains = tables->chains;
  auto& tokens = tables->tokens;
  const char* const buffer = tables->buffer.data();
  for (;;) {
    const std::uint32_t ahead = end - cursor;
    if (input == Input::continues ? ahead < kLook : ahead == 0) return;

    Match now;
    if (input == Input::continues || ahead >= kShortestMatch) {
      const std::uint32_t candidate = chains.head[hash_at(buffer + cursor)];
      // A candidate of 0 is none; the buffer begins at what may be reached.
      const bool reachable = candidate != 0 && cursor - candidate <= kWindow;
      if (reachable && pending.length < kLazy && (input == Input::continues || ahead > pending.length)) {
        const auto limit = input == Input::continues ? kLongestMatch : std::min(kLongestMatch, ahead);
        // Go looks for any match here and drops one that is no longer than the pending one; to look for longer ones
        // alone comes to the same.
        now = MatchSearch(chains, buffer, cursor, pending.length, limit).along(candidate);
      }
      // After the search, for which the slot still holds the link of the position a whole window back.
      chains.insert(cursor, buffer + cursor);
    }

    if (pending.length >= kShortestMatch && now.length <= pending.length) {
      tokens.add_match(pending.length, pending.distance);
      const std::uint32_t stop = cursor - 1 + pending.length;
      const std::uint32_t hashable = input == Input::continues ? stop : std::min(stop, end - kNoMatch);
      for (std::uint32_t p = cursor + 1; p < hashable; ++p) chains.insert(p, buffer + p);
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
