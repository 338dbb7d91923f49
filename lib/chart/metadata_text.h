// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <portolan/chart/metadata.h>

namespace portolan::internal::chart {

/// Chart.lock as Helm writes it. Errors: invalid_chart.
Result<std::string> lock_yaml(const portolan::chart::Lock& lock);

}  // namespace portolan::internal::chart
