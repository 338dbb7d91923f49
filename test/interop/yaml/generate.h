// SPDX-License-Identifier: Apache-2.0
// Documents and values made at random: odd, often broken, always the same for one seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "yaml/value.h"

namespace portolan::test {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  /// A scalar of one line, as it stands in a document.
  std::string scalar();
  /// A document made from a grammar, mostly well formed.
  std::string document();
  /// Characters that mean something to YAML, in any order.
  std::string soup();
  /// A document with a few changes: bytes, lines, pieces of others.
  std::string changed(const std::string& document, const std::vector<std::string>& others);
  /// A string for the emitter.
  std::string text();
  /// A value for the emitter.
  internal::yaml::Value value(int depth = 0);

 private:
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <class Choices>
  const auto& one_of(const Choices& choices) {
    return choices[below(std::size(choices))];
  }

  std::string properties();
  std::string break_or_comment();
  std::string quoted_scalar(int indent);
  std::string plain_lines(int indent);
  std::string block_scalar(int indent);
  std::string flow(int depth);
  std::string key();
  std::string block_mapping(int depth, int indent);
  std::string block_sequence(int depth, int indent);
  std::string block_value(int depth, int indent, bool in_mapping);

  std::mt19937_64 random_;
  std::vector<std::string> anchors_{};
};

}  // namespace portolan::test
