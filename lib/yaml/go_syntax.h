// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "yaml/value.h"

namespace portolan::internal::yaml {

/// A value as Go prints it with %#v, which go-yaml's messages do: `map[interface {}]interface {}{"a":1}`.
/// Long values are cut.
std::string go_syntax(const Value& value);

}  // namespace portolan::internal::yaml
