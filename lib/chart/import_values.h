// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <portolan/base/result.h>

#include "yaml/value.h"

namespace portolan::internal::chart {

/// A value of import-values, whose form is free, as compact JSON: keys sorted, numbers through a double, as Go's
/// decoder leaves them. Contract: its numbers are finite.
std::string import_value_json(const yaml::Value& value);

/// Back to a tree. Errors: invalid_chart.
Result<yaml::Value> import_value_tree(const std::string& json);

}  // namespace portolan::internal::chart
