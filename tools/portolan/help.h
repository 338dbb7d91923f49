// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "arguments.h"

namespace portolan::cli {

/// The help of a command, within 80 columns; `path` is how it is called, for example `portolan show chart`.
std::string help_text(const CommandDescription& command, std::string_view path);

}  // namespace portolan::cli
