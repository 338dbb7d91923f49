// SPDX-License-Identifier: Apache-2.0
#include "yaml/go_syntax.h"

#include <algorithm>

#include "base/text.h"
#include "yaml/number.h"

namespace portolan::internal::yaml {
namespace {

constexpr std::size_t shown = 300;

void append(std::string& out, const Value& value);

std::string hexadecimal(std::uint64_t value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[value & 0xF]);
    value >>= 4;
  } while (value != 0);
  return "0x" + digits;
}

void append_sequence(std::string& out, const Sequence& sequence) {
  out += "[]interface {}{";
  for (std::size_t i = 0; i < sequence.size() && out.size() < shown; ++i) {
    if (i > 0) out += ", ";
    append(out, sequence[i]);
  }
  out += '}';
}

void append_mapping(std::string& out, const Mapping& mapping) {
  std::vector<const std::pair<std::string, Value>*> sorted;
  for (const auto& member : mapping) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  out += "map[interface {}]interface {}{";
  for (std::size_t i = 0; i < sorted.size() && out.size() < shown; ++i) {
    if (i > 0) out += ", ";
    out += quote(sorted[i]->first) + ":";
    append(out, sorted[i]->second);
  }
  out += '}';
}

void append(std::string& out, const Value& value) {
  if (const auto* sequence = value.sequence()) return append_sequence(out, *sequence);
  if (const auto* mapping = value.mapping()) return append_mapping(out, *mapping);
  if (const auto* text = value.string()) {
    out += quote(*text);
  } else if (const auto* large = std::get_if<std::uint64_t>(&value.is)) {
    out += hexadecimal(*large);
  } else if (const auto* number = std::get_if<double>(&value.is)) {
    out += format_float(*number, Precision::full);
  } else {
    out += value.null() ? "interface {}(nil)" : scalar_text(value);
  }
}

}  // namespace

std::string go_syntax(const Value& value) {
  if (value.null()) return "<nil>";
  std::string out;
  append(out, value);
  return out;
}

}  // namespace portolan::internal::yaml
