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

constexpr std::uint32_t buffer_size = 2 * window_size;                // BUF
constexpr std::uint32_t look_ahead = shortest_match + longest_match;  // LOOK
constexpr std::uint32_t shift_at = buffer_size - look_ahead;          // SHIFT_AT
constexpr std::uint32_t lazy_limit = 16;                              // LAZY

/// Everything large, in one piece that the system hands out as zero pages: small inputs pay for what they touch.
struct Tables {
  Chains chains;
  Tokens tokens;
  std::array<char, first_position + buffer_size + 8> buffer;  // comparisons may look at seven bytes beyond the input
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
  std::uint32_t end = first_position;     // one past the last byte of the input so far
  std::uint32_t cursor = first_position;  // the next position to examine
  Match pending;                          // what was found one byte before the cursor
  bool held = false;                      // that byte has no token yet
  std::int64_t block = first_position;  // where the block being collected begins; below first_position once shifted out
};

void Deflater::State::take(std::string_view segment) {
  while (!segment.empty()) {
    scan<Input::continues>();
    if (cursor - first_position >= shift_at) shift();
    const auto n = std::min<std::size_t>(segment.size(), first_position + buffer_size - end);
    std::memcpy(tables->buffer.data() + end, segment.data(), n);
    end += static_cast<std::uint32_t>(n);
    segment.remove_prefix(n);
  }
}

void Deflater::State::shift() {
  auto* const first = tables->buffer.data() + first_position;
  std::memmove(first, first + window_size, end - first_position - window_size);
  tables->chains.shift();
  cursor -= window_size;
  end -= window_size;
  block -= window_size;
}

void Deflater::State::write_tokens_up_to(std::uint32_t stop) {
  const bool whole = block >= first_position;
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
    if (input == Input::continues ? ahead < look_ahead : ahead == 0) return;

    Match now;
    if (input == Input::continues || ahead >= shortest_match) {
      const std::uint32_t candidate = chains.head[hash_at(buffer + cursor)];
      // A candidate of 0 is none; the buffer begins at what may be reached.
      const bool reachable = candidate != 0 && cursor - candidate <= window_size;
      if (reachable && pending.length < lazy_limit && (input == Input::continues || ahead > pending.length)) {
        const auto limit = input == Input::continues ? longest_match : std::min(longest_match, ahead);
        // Go looks for any match here and drops one that is no longer than the pending one; to look for longer ones
        // alone comes to the same.
        now = MatchSearch(chains, buffer, cursor, pending.length, limit).along(candidate);
      }
      // After the search, for which the slot still holds the link of the position a whole window back.
      chains.insert(cursor, buffer + cursor);
    }

    if (pending.length >= shortest_match && now.length <= pending.length) {
      tokens.add_match(pending.length, pending.distance);
      const std::uint32_t stop = cursor - 1 + pending.length;
      const std::uint32_t hashable = input == Input::continues ? stop : std::min(stop, end - no_match);
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
