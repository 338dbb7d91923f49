// SPDX-License-Identifier: Apache-2.0
#include <portolan/chart/show.h>

#include <algorithm>
#include <string_view>

namespace portolan::chart {
namespace {

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

bool is_crd(const File& file) {
  if (!file.name.starts_with("crds/")) return false;
  const auto name = lower_case(file.name);
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

const File* readme_of(const Chart& chart) {
  const auto found = std::find_if(chart.other_files.begin(), chart.other_files.end(), [](const File& file) {
    const auto name = lower_case(file.name);
    return name == "readme.md" || name == "readme.txt" || name == "readme";
  });
  return found == chart.other_files.end() ? nullptr : &*found;
}

void append_crds(std::string& out, const Chart& chart) {
  for (const auto& file : chart.other_files) {
    if (!is_crd(file)) continue;
    if (!file.data.starts_with("---")) out += "---\n";
    out += file.data;
    out += '\n';
  }
  for (const auto& subchart : chart.subcharts) append_crds(out, subchart);
}

}  // namespace

Result<std::string> show_chart(const Chart& chart) {
  auto text = chart_yaml(chart.metadata);
  if (text) *text += '\n';
  return text;
}

std::string show_values(const Chart& chart) {
  std::string out;
  for (const auto& file : chart.values_files) (out += file.data) += '\n';
  return out;
}

std::string show_readme(const Chart& chart) {
  const auto* readme = readme_of(chart);
  return readme == nullptr ? "" : readme->data + "\n";
}

std::string show_crds(const Chart& chart) {
  std::string out;
  append_crds(out, chart);
  return out;
}

Result<std::string> show_all(const Chart& chart) {
  auto out = show_chart(chart);
  if (!out) return out;
  if (!chart.values_files.empty()) (*out += "---\n") += show_values(chart);
  if (readme_of(chart) != nullptr) (*out += "---\n") += show_readme(chart);
  *out += show_crds(chart);
  return out;
}

}  // namespace portolan::chart
