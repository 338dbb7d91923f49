// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace portolan::internal::version {

/// The pieces of `[v]SEG[.SEG[.SEG]][-IDENTS][+IDENTS]`: views into the scanned text, empty where they are absent.
struct Pieces {
  std::string_view whole;
  std::array<std::string_view, 3> segments;
  std::string_view prerelease;
  std::string_view metadata;
};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the longest such text from the start; nothing where none starts there. `in_segment` says which characters make
/// up a segment.
std::optional<Pieces> scan(std::string_view text, bool (*in_segment)(char));

}  // namespace portolan::internal::version
