// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include <portolan/base/result.h>

namespace portolan::internal::registry {

/// Gives the names in a page of a list (`tags` of tags/list, `repositories` of _catalog) in their order; none where the
/// member is null or missing, as some registries write an empty list. Needs no memory beyond the page's. `each` returns
/// false to end it; so does what is returned. Errors: corrupt, which may come after some names.
Result<bool> read_names(std::string_view page, std::string_view member,
                        const std::function<bool(std::string_view)>& each);

}  // namespace portolan::internal::registry
