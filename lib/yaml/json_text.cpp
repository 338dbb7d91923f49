// SPDX-License-Identifier: Apache-2.0
#include "yaml/json_text.h"

#include <cmath>
#include <optional>

#include "base/text.h"
#include "yaml/number.h"

namespace portolan::internal::yaml {
namespace {

void append_escape(std::string& out, char32_t c) {
  constexpr char hex[] = "0123456789abcdef";
  out += "\\u";
  for (const int shift : {12, 8, 4, 0}) out += hex[c >> shift & 0xF];
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const auto start = at;
    const auto c = next_code_point(text, at);
    switch (c) {
      case U'"': out += "\\\""; break;
      case U'\\': out += "\\\\"; break;
      case U'\b': out += "\\b"; break;
      case U'\f': out += "\\f"; break;
      case U'\n': out += "\\n"; break;
      case U'\r': out += "\\r"; break;
      case U'\t': out += "\\t"; break;
      default:
        if (c < 0x20 || c == U'<' || c == U'>' || c == U'&' || c == 0x2028 || c == 0x2029) {
          append_escape(out, c);
        } else if (c == 0xFFFD && at == start + 1) {
          out += "\\ufffd";
        } else {
          out += text.substr(start, at - start);
        }
    }
  }
  out += '"';
}

// The first float that JSON does not have, where there is one.
std::optional<double> append(std::string& out, const Value& value) {
  bool first = true;
  const auto separate = [&] {
    if (!first) out += ',';
    first = false;
  };
  if (const auto* sequence = value.sequence()) {
    out += '[';
    for (const auto& item : *sequence) {
      separate();
      if (const auto wrong = append(out, item)) return wrong;
    }
    out += ']';
  } else if (const auto* mapping = value.mapping()) {
    out += '{';
    for (const auto& [key, member] : *mapping) {
      separate();
      append_string(out, key);
      out += ':';
      if (const auto wrong = append(out, member)) return wrong;
    }
    out += '}';
  } else if (const auto* text = value.string()) {
    append_string(out, *text);
  } else if (const auto* number = std::get_if<double>(&value.is)) {
    if (!std::isfinite(*number)) return *number;
    out += format_json_number(*number);
  } else {
    out += value.null() ? "null" : scalar_text(value);
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> json_text(const Value& value) {
  std::string out;
  if (const auto wrong = append(out, value)) {
    return Error(Errc::invalid_chart,
                 "error marshaling into JSON: json: unsupported value: " + format_float(*wrong, Precision::full));
  }
  return out;
}

}  // namespace portolan::internal::yaml
