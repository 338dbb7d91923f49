// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/result.h>

#include "yaml/compose.h"
#include "yaml/tree.h"
#include "yaml/value.h"

namespace portolan::internal::yaml {

/// Resolves the scalars of a tree, expands its aliases and merge keys, and turns keys into text (chart-package 10.1,
/// 10.2). Errors: invalid_chart, in go-yaml's words; limit_exceeded.
Result<Value> decode(const Tree& tree, DuplicateMappingKeys duplicates);

}  // namespace portolan::internal::yaml
