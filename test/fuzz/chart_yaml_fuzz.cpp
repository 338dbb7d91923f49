// SPDX-License-Identifier: Apache-2.0
// Chart.yaml from a stranger: read, validated, written again; what is written says the same when it is read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <portolan/chart/metadata.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portolan::chart;
  auto metadata = parse_metadata({reinterpret_cast<const char*>(data), size});
  if (!metadata) return 0;
  (void)config_json(*metadata);
  if (!validate(*metadata)) return 0;
  const auto text = chart_yaml(*metadata);
  if (!text) return 0;
  auto again = parse_metadata(*text);
  if (!again || !validate(*again)) std::abort();
  const auto second = chart_yaml(*again);
  if (!second || *second != *text) std::abort();
  return 0;
}
