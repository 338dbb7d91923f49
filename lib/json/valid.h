// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace portolan::internal::json {

/// Whether the text is one JSON value by its syntax alone, as Go's json.Valid: keys may repeat, strings may hold bytes
/// that are not UTF-8. Memory and time grow with the length of the text alone.
bool is_valid(std::string_view text);

}  // namespace portolan::internal::json
