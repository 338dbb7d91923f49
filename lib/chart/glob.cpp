// SPDX-License-Identifier: Apache-2.0
#include "chart/glob.h"

#include "base/text.h"

namespace portolan::internal::chart {
namespace {

/// A stretch of pattern without `*` outside classes, and whether stars stood before it.
struct Chunk {
  bool star = false;
  std::string_view text;
};

Chunk take_chunk(std::string_view& pattern) {
  Chunk chunk;
  while (pattern.starts_with('*')) {
    pattern.remove_prefix(1);
    chunk.star = true;
  }
  bool in_class = false;
  std::size_t end = 0;
  for (; end < pattern.size(); ++end) {
    const char c = pattern[end];
    if (c == '\\') {
      if (end + 1 < pattern.size()) ++end;
    } else if (c == '[') {
      in_class = true;
    } else if (c == ']') {
      in_class = false;
    } else if (c == '*' && !in_class) {
      break;
    }
  }
  chunk.text = pattern.substr(0, end);
  pattern.remove_prefix(end);
  return chunk;
}

// One end of a range in a class; nothing where it is malformed or the class does not go on after it.
std::optional<char32_t> take_class_character(std::string_view& chunk) {
  if (chunk.empty() || chunk.front() == '-' || chunk.front() == ']') return std::nullopt;
  if (chunk.front() == '\\') {
    chunk.remove_prefix(1);
    if (chunk.empty()) return std::nullopt;
  }
  std::size_t length = 0;
  const auto c = next_code_point(chunk, length);
  if (c == 0xFFFD && length == 1) return std::nullopt;
  chunk.remove_prefix(length);
  if (chunk.empty()) return std::nullopt;
  return c;
}

// The class at the front of the chunk, whose `[` has been taken; nothing where it is malformed.
std::optional<bool> take_class(std::string_view& chunk, char32_t character) {
  bool negated = false;
  if (chunk.starts_with('^')) {
    negated = true;
    chunk.remove_prefix(1);
  }
  bool match = false;
  for (bool first = true;; first = false) {
    if (!first && chunk.starts_with(']')) break;
    const auto low = take_class_character(chunk);
    if (!low) return std::nullopt;
    auto high = low;
    if (chunk.front() == '-') {
      chunk.remove_prefix(1);
      high = take_class_character(chunk);
      if (!high) return std::nullopt;
    }
    match = match || (*low <= character && character <= *high);
  }
  chunk.remove_prefix(1);
  return match != negated;
}

struct ChunkMatch {
  bool malformed = false;
  bool matched = false;
  std::string_view rest{};  ///< of the name, where matched
};

// Matches a chunk at the start of the name. Goes on to the chunk's end after a mismatch, to see whether it is well
// formed.
ChunkMatch match_chunk(std::string_view chunk, std::string_view name) {
  bool failed = false;
  while (!chunk.empty()) {
    if (!failed && name.empty()) failed = true;
    const char c = chunk.front();
    chunk.remove_prefix(1);
    if (c == '[') {
      char32_t character = 0;
      if (!failed) {
        std::size_t length = 0;
        character = next_code_point(name, length);
        name.remove_prefix(length);
      }
      const auto in_class = take_class(chunk, character);
      if (!in_class) return {.malformed = true};
      if (!*in_class) failed = true;
      continue;
    }
    if (c == '?') {
      if (!failed) {
        if (name.front() == '/') failed = true;
        std::size_t length = 0;
        next_code_point(name, length);
        name.remove_prefix(length);
      }
      continue;
    }
    char literal = c;
    if (c == '\\') {
      if (chunk.empty()) return {.malformed = true};
      literal = chunk.front();
      chunk.remove_prefix(1);
    }
    if (!failed) {
      if (literal != name.front()) failed = true;
      name.remove_prefix(1);
    }
  }
  if (failed) return {};
  return {.matched = true, .rest = name};
}

}  // namespace

std::optional<bool> glob_match(std::string_view pattern, std::string_view name) {
  while (!pattern.empty()) {
    const auto chunk = take_chunk(pattern);
    if (chunk.star && chunk.text.empty()) return name.find('/') == std::string_view::npos;
    const bool last = pattern.empty();
    auto match = match_chunk(chunk.text, name);
    if (match.malformed) return std::nullopt;
    bool found = match.matched && (!last || match.rest.empty());
    for (std::size_t skip = 0; !found && chunk.star && skip < name.size() && name[skip] != '/'; ++skip) {
      match = match_chunk(chunk.text, name.substr(skip + 1));
      found = match.matched && (!last || match.rest.empty());
    }
    if (!found) {
      while (!pattern.empty()) {
        if (match_chunk(take_chunk(pattern).text, "").malformed) return std::nullopt;
      }
      return false;
    }
    name = match.rest;
  }
  return name.empty();
}

}  // namespace portolan::internal::chart
