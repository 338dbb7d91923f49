// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace portolan::internal::yaml {

/// Whether go-yaml takes the text for a timestamp: `YYYY-M-D`, `YYYY-M-D h:m:s[.f]`, or with `T` or `t` and a zone,
/// each part in its range (chart-package 10.1).
bool is_timestamp(std::string_view text) noexcept;

}  // namespace portolan::internal::yaml
