// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <portolan/base/result.h>

#include "yaml/value.h"

namespace portolan::internal::yaml {

/// Writes a value as go-yaml v2 does: block style, keys in natural order, lines folded (chart-package 10.4). A byte
/// that is not UTF-8 becomes U+FFFD, as it would on its way through JSON.
std::string emit(const Value& value);

/// As Helm writes a structure: its JSON text is read again as YAML first, which changes or refuses some control
/// characters (chart-package 10.4, "Further emission facts"). Errors: invalid_chart.
Result<std::string> emit_through_json(const Value& value);

}  // namespace portolan::internal::yaml
