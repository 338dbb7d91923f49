// SPDX-License-Identifier: Apache-2.0
#include <portolan/client/library_version.h>

#include <portolan/version.h>

namespace portolan {

std::string_view library_version() noexcept { return PORTOLAN_VERSION; }

}  // namespace portolan
