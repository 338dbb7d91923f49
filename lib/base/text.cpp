// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

namespace portolan::internal {
namespace {

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

std::string quote(std::string_view text) {
  constexpr std::size_t shown = 300;  // enough for any legal reference; a message is no place for more
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  std::size_t at = 0;
  while (at < text.size() && at < shown) {
    const auto start = at;
    const char32_t c = next_code_point(text, at);
    const bool invalid = c == 0xFFFD && at - start == 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c < 0x20 || c == 0x7F || invalid) {
      const auto byte = static_cast<unsigned char>(text[start]);
      out += "\\x";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else if ((c >= 0x80 && c < 0xA0) || c == 0x200B || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
               (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF) {
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) out += hex[c >> shift & 15];
    } else {
      out.append(text.substr(start, at - start));
    }
  }
  if (at < text.size()) out += "…";
  return out += '"';
}

}  // namespace portolan::internal
