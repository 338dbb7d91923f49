// SPDX-License-Identifier: Apache-2.0
// Text for messages: what others sent is quoted, cut and made printable before it reaches a person.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace portolan::internal {

/// The text as Go prints it with %q: in double quotes, hidden characters and invalid UTF-8 escaped.
std::string quote(std::string_view text);

/// Characters that control a terminal (line ends and tabs as well), that nobody sees, or that turn the order of others
/// around. Joiners (U+200C, U+200D) are none: several scripts are written with them.
bool is_hidden(char32_t code_point) noexcept;

/// The JSON text with its hidden characters as \u escapes, which mean the same: outside of strings JSON has none but
/// blanks and line ends, which stay.
std::string printable_json(std::string json);

/// Whether the bytes are well-formed UTF-8.
bool is_utf8(std::string_view bytes) noexcept;

/// Decodes the code point at `at` and moves `at` past it; U+FFFD for each byte that is not UTF-8, as Go does.
char32_t next_code_point(std::string_view text, std::size_t& at) noexcept;

/// Appends the UTF-8 form of a code point.
void append_utf8(std::string& text, char32_t code_point);

}  // namespace portolan::internal
