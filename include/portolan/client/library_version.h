// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace portolan {

/// The version of the library that runs, for example "0.1.0"; PORTOLAN_VERSION of portolan/version.h is the one that
/// the program was compiled with.
std::string_view library_version() noexcept;

}  // namespace portolan
