// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <portolan/base/result.h>

namespace portolan::internal::chart {

/// Whether Helm can read a values.yaml: documents divided by lines that start with `---`, each a mapping or null
/// (chart-package 1.13). Errors: invalid_chart, limit_exceeded.
Result<void> check_values(std::string_view text);

}  // namespace portolan::internal::chart
