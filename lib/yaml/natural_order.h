// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "yaml/value.h"

namespace portolan::internal::yaml {

/// Whether go-yaml writes one key before the other: numbers inside by their value, letters behind all else
/// (chart-package 10.4). Not transitive where numbers have leading zeros: `a10` < `a1b` < `a01` < `a10`.
bool comes_before(std::string_view a, std::string_view b);

/// The members in that order. Keys without a canonical order (see above) get the one that Go's insertion sort makes of
/// the bytewise order; in Go it is a random one.
std::vector<const std::pair<std::string, Value>*> in_natural_order(const Mapping& mapping);

}  // namespace portolan::internal::yaml
