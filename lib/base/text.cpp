// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <portolan/base/printable.h>

#include <algorithm>

namespace portolan::internal {
namespace {

void append_hex(std::string& out, char32_t value, int digits) {
  static constexpr char hex[] = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += hex[value >> shift & 15];
}

// Moves `at` past a code point and appends it, or its escape as in Go's strings where it is hidden or no UTF-8.
void append_visible(std::string& out, std::string_view text, std::size_t& at) {
  const auto start = at;
  const char32_t c = next_code_point(text, at);
  const bool invalid = c == 0xFFFD && at - start == 1;
  if (invalid || (c < 0x80 && is_hidden(c))) {
    append_hex(out += "\\x", static_cast<unsigned char>(text[start]), 2);
  } else if (!is_hidden(c)) {
    out.append(text.substr(start, at - start));
  } else if (c < 0x10000) {
    append_hex(out += "\\u", c, 4);
  } else {
    append_hex(out += "\\U", c, 8);
  }
}

// The length of the well-formed sequence at the start of `text`, or 0 (Unicode, table 3-7).
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
  const auto in = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const auto length = sequence_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

char32_t next_code_point(std::string_view text, std::size_t& at) noexcept {
  const auto length = sequence_length(text.substr(at));
  const auto byte = [&](std::size_t i) -> char32_t { return static_cast<unsigned char>(text[at + i]); };
  char32_t code_point = 0xFFFD;
  switch (length) {
    case 1: code_point = byte(0); break;
    case 2: code_point = (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F); break;
    case 3: code_point = (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F); break;
    case 4:
      code_point = (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
      break;
    default: break;
  }
  at += length == 0 ? 1 : length;
  return code_point;
}

void append_utf8(std::string& text, char32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0 | c >> 6);
    text += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0 | c >> 12);
    text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | c >> 18);
    text += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (c & 0x3F));
  }
}

bool is_hidden(char32_t c) noexcept {
  struct Range {
    char32_t first;
    char32_t last;
  };
  // Controls, soft hyphen, marks of direction and of what is not there, separators of lines, tags.
  static constexpr Range hidden[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},
                                     {0x180E, 0x180E}, {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},
                                     {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};
  return std::any_of(std::begin(hidden), std::end(hidden),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

std::string quote(std::string_view text) {
  constexpr std::size_t shown = 300;  // enough for any legal reference; a message is no place for more
  std::string out = "\"";
  std::size_t at = 0;
  while (at < text.size() && at < shown) {
    switch (const char c = text[at]) {
      case '"':
      case '\\': (out += '\\') += c; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default: append_visible(out, text, at); continue;
    }
    ++at;
  }
  if (at < text.size()) out += "…";
  return out += '"';
}

std::string printable_json(std::string json) {
  const auto plain = [](char c) { return (c >= ' ' && c < '\x7F') || c == '\n' || c == '\r' || c == '\t'; };
  if (std::all_of(json.begin(), json.end(), plain)) return json;
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    if (plain(json[at])) {
      out += json[at++];
      continue;
    }
    const auto start = at;
    const char32_t c = next_code_point(json, at);
    if (!is_hidden(c)) {
      out.append(json, start, at - start);
    } else if (c < 0x10000) {
      append_hex(out += "\\u", c, 4);
    } else {
      append_hex(out += "\\u", 0xD800 + ((c - 0x10000) >> 10), 4);
      append_hex(out += "\\u", 0xDC00 + ((c - 0x10000) & 0x3FF), 4);
    }
  }
  return out;
}

}  // namespace portolan::internal

namespace portolan {

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n' || text[at] == '\t') {
      out += ' ';
      ++at;
    } else {
      internal::append_visible(out, text, at);
    }
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool line_end = text[at] == '\n' || (text[at] == '\r' && text.substr(at + 1).starts_with('\n'));
    if (line_end || text[at] == '\t') {
      out += text[at++];
    } else {
      internal::append_visible(out, text, at);
    }
  }
  return out;
}

}  // namespace portolan
