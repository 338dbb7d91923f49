// SPDX-License-Identifier: Apache-2.0
// What commands need that ask registries. The program `portolan` links no network, so that commands which need none do
// not load libcurl's forty libraries; where a registry is named it hands over to a second program, which has it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arguments.h"
#include "io.h"

namespace portolan::cli {

/// The stores of those registries. Errors: invalid_argument, invalid_configuration.
using Connect = std::function<Result<std::unique_ptr<StoreProvider>>(
    const RegistryAccess& access, const std::vector<std::string>& registries, const Environment& environment)>;

/// What this program has of it: nothing in the one that links no network.
std::optional<Connect> network();

}  // namespace portolan::cli
