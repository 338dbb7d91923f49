// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace portolan::internal::yaml {

/// As Go's unicode.IsLetter (category L) and unicode.IsDigit (category Nd).
bool is_letter(char32_t c) noexcept;
bool is_digit(char32_t c) noexcept;

/// The text with U+FFFD for each byte that is not UTF-8, as JSON between YAML and its reader makes it.
std::string as_utf8(std::string bytes);

}  // namespace portolan::internal::yaml
