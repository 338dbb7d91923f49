// SPDX-License-Identifier: Apache-2.0
#include "chart/values_documents.h"

#include <cmath>

#include "yaml/compose.h"

namespace portolan::internal::chart {
namespace {

bool has_only_finite_numbers(const yaml::Value& value) {
  if (const auto* number = std::get_if<double>(&value.is)) return std::isfinite(*number);
  if (const auto* sequence = value.sequence()) {
    for (const auto& item : *sequence) {
      if (!has_only_finite_numbers(item)) return false;
    }
  }
  if (const auto* mapping = value.mapping()) {
    for (const auto& [key, item] : *mapping) {
      if (!has_only_finite_numbers(item)) return false;
    }
  }
  return true;
}

Result<void> check_document(std::string_view text) {
  const auto refused = [](const std::string& why) {
    return Error(Errc::invalid_chart, "cannot unmarshal yaml document: " + why);
  };
  auto document = yaml::compose(text);
  if (!document) return refused("error converting YAML to JSON: " + document.error().text());
  if (!has_only_finite_numbers(*document)) {
    return refused("error converting YAML to JSON: json: unsupported value: NaN or Inf");
  }
  if (!document->null() && document->mapping() == nullptr) {
    return refused("error unmarshaling JSON: values must be a mapping at the top");
  }
  return {};
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

Result<void> check_values(std::string_view text) {
  std::size_t document_start = 0;
  std::size_t line_start = 0;
  const auto flush = [&](std::size_t end) -> Result<void> {
    if (end == document_start) return {};
    return check_document(text.substr(document_start, end - document_start));
  };
  while (line_start < text.size()) {
    const auto newline = text.find('\n', line_start);
    const auto next = newline == std::string_view::npos ? text.size() : newline + 1;
    const auto line = text.substr(line_start, next - line_start);
    if (line.starts_with("---")) {
      const auto rest = without_blanks(line.substr(3));
      if (!rest.empty() && !rest.starts_with('#')) {
        return Error(Errc::invalid_chart,
                     "error reading yaml document: invalid Yaml document separator: " + std::string(rest));
      }
      if (auto flushed = flush(line_start); !flushed) return flushed;
      document_start = next;
    }
    line_start = next;
  }
  return flush(text.size());
}

}  // namespace portolan::internal::chart
