// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portolan::internal {

/// Standard alphabet, padded (RFC 4648, section 4).
std::string base64_encode(std::string_view bytes);

/// Nothing where the text is not that: no white space, and no padding left out.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace portolan::internal
