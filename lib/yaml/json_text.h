// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <portolan/base/result.h>

#include "yaml/value.h"

namespace portolan::internal::yaml {

/// The value as Go's encoding/json writes it. (The `json` layer has a writer too, but these two layers do not know each
/// other.) Errors: invalid_chart, for a float that JSON does not have.
Result<std::string> json_text(const Value& value);

}  // namespace portolan::internal::yaml
