// SPDX-License-Identifier: Apache-2.0
#include "network.h"

namespace portolan::cli {

std::optional<Connect> network() { return std::nullopt; }

}  // namespace portolan::cli
