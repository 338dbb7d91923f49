// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace portolan::internal::chart {

/// Whether the pattern matches the whole name, as Go's filepath.Match on Unix: `*` and `?` stop at `/`, classes do not,
/// a backslash quotes. Nothing where the pattern is malformed, whether or not the name would get that far.
std::optional<bool> glob_match(std::string_view pattern, std::string_view name);

}  // namespace portolan::internal::chart
