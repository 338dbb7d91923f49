// SPDX-License-Identifier: Apache-2.0
#include "network.h"

namespace portolan::cli {

std::unique_ptr<Network> network() { return nullptr; }

}  // namespace portolan::cli
