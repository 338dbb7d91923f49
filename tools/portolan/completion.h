// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "arguments.h"

namespace portolan::cli {

/// The script that teaches a shell (bash, zsh or fish) the commands and options. Empty for any other.
std::string completion_script(std::string_view shell, const CommandDescription& program);

}  // namespace portolan::cli
