// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace portolan::internal::http {

/// Whether a text holds characters that would end a header field, and begin another one or another request
/// (RFC 9110, 5.5).
inline bool breaks_out(std::string_view text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

inline bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

/// What stands in the quotation marks of which the first one is at `at` (RFC 9110, 5.6.4); one that nobody closes ends
/// with the text. `at` goes behind it.
std::string quoted_string(std::string_view text, std::size_t& at);

}  // namespace portolan::internal::http
