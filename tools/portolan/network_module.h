// SPDX-License-Identifier: Apache-2.0
// What the program and its network module agree on.
#pragma once

#include "network.h"

namespace portolan::cli {

inline constexpr const char* network_module_name = "portolan-network.so";
inline constexpr const char* network_module_entry = "portolan_open_network";
/// The entry: a network, which the caller deletes.
using OpenNetwork = Network* (*)();

}  // namespace portolan::cli
