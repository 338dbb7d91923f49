// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portolan::internal::http {

/// Whether a text holds characters that would end a header field, and begin another one or another request
/// (RFC 9110, 5.5).
inline bool breaks_out(std::string_view text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

inline bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

/// A text without the spaces at its ends.
std::string_view trimmed(std::string_view text) noexcept;

/// The parts of a list between its commas (RFC 9110, 5.6.1), trimmed; also those that are empty.
std::vector<std::string_view> listed(std::string_view text);

/// What stands in the quotation marks of which the first one is at `at` (RFC 9110, 5.6.4); one that nobody closes ends
/// with the text. `at` goes behind it.
std::string quoted_string(std::string_view text, std::size_t& at);

}  // namespace portolan::internal::http
