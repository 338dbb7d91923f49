// SPDX-License-Identifier: Apache-2.0
#include "json/writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace portolan::internal::json {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

void append_escape(std::string& out, char32_t c) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += hex[c >> shift & 15];
}

// What stands for an ASCII character in a JSON string.
void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '<':
    case '>':
    case '&': append_escape(out, static_cast<unsigned char>(c)); return;
    default: break;
  }
  if (static_cast<unsigned char>(c) < 0x20) {
    append_escape(out, static_cast<unsigned char>(c));
  } else {
    out += c;
  }
}

template <class Integer>
void append_integer(std::string& out, Integer value) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      append_ascii(out, text[at++]);
      continue;
    }
    const auto start = at;
    const char32_t c = next_code_point(text, at);
    const bool invalid = c == 0xFFFD && at - start == 1;
    if (invalid || c == 0x2028 || c == 0x2029) {
      append_escape(out, c);
    } else {
      out.append(text.substr(start, at - start));
    }
  }
  out += '"';
}

std::string number(double value) {
  // The shortest digits come from the scientific form. The fixed form of to_chars() is no choice: of a large number it
  // writes all digits, where Go writes the shortest ones and then zeros.
  std::array<char, 40> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  std::string out;
  if (text.front() == '-') {
    out = "-";
    text.remove_prefix(1);
  }
  const auto e = text.find('e');
  std::string_view exponent_text = text.substr(e + 1);
  if (exponent_text.front() == '+') exponent_text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);

  const double magnitude = std::fabs(value);
  if (magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)) {
    out.append(text.substr(0, e)).append(exponent < 0 ? "e-" : "e+");
    append_integer(out, std::abs(exponent));
    return out;
  }
  std::string digits(text.substr(0, 1));
  if (e > 2) digits.append(text.substr(2, e - 2));
  if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
    return out;
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return out.append(digits).append(whole - digits.size(), '0');
  return out.append(digits, 0, whole).append(1, '.').append(digits, whole);
}

void Writer::separate() {
  if (comma_) out_ += ',';
}

Writer& Writer::begin_object() {
  separate();
  out_ += '{';
  comma_ = false;
  return *this;
}

Writer& Writer::end_object() {
  out_ += '}';
  comma_ = true;
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  out_ += '[';
  comma_ = false;
  return *this;
}

Writer& Writer::end_array() {
  out_ += ']';
  comma_ = true;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  separate();
  append_string(out_, name);
  out_ += ':';
  comma_ = false;
  return *this;
}

Writer& Writer::string(std::string_view text) {
  separate();
  append_string(out_, text);
  comma_ = true;
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  separate();
  append_integer(out_, value);
  comma_ = true;
  return *this;
}

Writer& Writer::unsigned_integer(std::uint64_t value) {
  separate();
  append_integer(out_, value);
  comma_ = true;
  return *this;
}

Writer& Writer::floating(double value) { return raw(number(value)); }

Writer& Writer::boolean(bool value) { return raw(value ? "true" : "false"); }

Writer& Writer::null() { return raw("null"); }

std::string Writer::printable() && { return printable_json(std::move(out_)); }

Writer& Writer::raw(std::string_view json) {
  separate();
  out_ += json;
  comma_ = true;
  return *this;
}

}  // namespace portolan::internal::json
