// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <portolan/chart/chart.h>

namespace portolan::chart {

/// The texts that `helm show` prints, byte for byte. Errors: invalid_chart, as chart_yaml().
Result<std::string> show_chart(const Chart& chart);
std::string show_values(const Chart& chart);
std::string show_readme(const Chart& chart);
std::string show_crds(const Chart& chart);
Result<std::string> show_all(const Chart& chart);

}  // namespace portolan::chart
