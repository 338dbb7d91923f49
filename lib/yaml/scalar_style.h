// SPDX-License-Identifier: Apache-2.0
// How go-yaml's emitter sees the characters of a scalar, and which style it takes (chart-package 10.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portolan::internal::yaml {

/// Of the UTF-8 sequence that starts at an offset. Contract: well-formed UTF-8.
std::size_t width_at(std::string_view text, std::size_t at) noexcept;
/// What may stand in a text unescaped. Neither a tab nor anything outside the basic plane may.
bool is_printable(std::string_view text, std::size_t at) noexcept;

/// The styles that a text's characters allow.
struct Allowed {
  bool plain = false;
  bool single_quoted = true;
  bool literal = false;
  bool multiline = false;  ///< has a line break; then it is no simple key
};
Allowed allowed_styles(std::string_view text) noexcept;

enum class Style : std::uint8_t { plain, single_quoted, double_quoted, literal };

/// The style of a string. Contract: well-formed UTF-8; no simple key where it has line breaks.
Style style_of(std::string_view text, const Allowed& allowed);

}  // namespace portolan::internal::yaml
