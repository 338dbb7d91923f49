// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace portolan::internal::chart {

/// As Go's unicode.IsPrint and unicode.IsSpace.
bool is_printable(char32_t code_point) noexcept;
bool is_white_space(char32_t code_point) noexcept;

/// The text as Helm keeps it in metadata: each white space character a blank, nothing that cannot be printed
/// (chart-package 1.7).
std::string sanitized(std::string_view text);

}  // namespace portolan::internal::chart
