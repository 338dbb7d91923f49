// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/registry/access_report.h>

#include <string_view>

#include "registry/connection.h"

namespace portolan::internal::registry {

/// As portolan::registry::Registry::explain_access().
Result<portolan::registry::AccessReport> explain_access(const Context& context, Connection& connection,
                                                        std::string_view repository);

}  // namespace portolan::internal::registry
