// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/result.h>

namespace portolan::internal::registry {

/// The names in a page of a list (`tags` of tags/list, `repositories` of _catalog), in their order; none where the
/// member is null or missing, as some registries write an empty list. Errors: corrupt.
Result<std::vector<std::string>> read_names(std::string_view page, std::string_view member);

}  // namespace portolan::internal::registry
