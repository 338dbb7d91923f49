// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace portolan::internal::http {

/// Whether a text holds characters that would end a header field, and begin another one or another request
/// (RFC 9110, 5.5).
inline bool breaks_out(std::string_view text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace portolan::internal::http
