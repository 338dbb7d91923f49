// SPDX-License-Identifier: Apache-2.0
#include "yaml/value.h"

#include "yaml/number.h"

namespace portolan::internal::yaml {

const Value* Value::find(std::string_view key) const noexcept {
  for (const auto& [name, value] : *mapping()) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string scalar_text(const Value& value) {
  if (const auto* text = value.string()) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value.is)) return std::to_string(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value.is)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value.is)) return format_float(*number, Precision::single);
  if (const auto* truth = std::get_if<bool>(&value.is)) return *truth ? "true" : "false";
  return {};
}

}  // namespace portolan::internal::yaml
