// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network.h"

namespace portolan::cli {

/// The network of the module beside the program, or of where that is installed. It stays loaded until the process ends.
/// Errors: io_error.
Result<std::unique_ptr<Network>> load_network();

}  // namespace portolan::cli
