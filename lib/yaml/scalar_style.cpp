// SPDX-License-Identifier: Apache-2.0
#include "yaml/scalar_style.h"

#include <algorithm>

#include "yaml/resolve.h"
#include "yaml/source.h"

namespace portolan::internal::yaml {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
bool is_decimal(char c) noexcept { return c >= '0' && c <= '9'; }

// Whether the text, plain, would be taken for an indicator or a comment, or would end at a colon.
bool has_indicators(std::string_view text) noexcept {
  constexpr std::string_view never_first = "#,[]{}&*!|>'\"%@`";
  const auto start = text.substr(0, 3);
  if (start == "---" || start == "...") return true;
  if (never_first.find(text.front()) != std::string_view::npos) return true;
  const auto blank_behind = [&](std::size_t at) { return at + 1 >= text.size() || is_blank(text[at + 1]); };
  if ((text.front() == '?' || text.front() == '-') && blank_behind(0)) return true;
  bool blank_before = true;
  for (std::size_t at = 0; at < text.size(); at += width_at(text, at)) {
    if (text[at] == ':' && blank_behind(at)) return true;
    if (text[at] == '#' && blank_before) return true;
    blank_before = is_blank(text[at]) || text[at] == '\0' || is_break_at(text, at);
  }
  return false;
}

// `[-+]? d[d_]* (:[0-5]?d)+ (.[d_]*)?`: a number of base 60 to other readers of YAML 1.1.
bool is_base_60(std::string_view text) noexcept {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  if (text.empty() || !is_decimal(text.front())) return false;
  const auto skip = [&](auto wanted) {
    while (!text.empty() && wanted(text.front())) text.remove_prefix(1);
  };
  const auto digit_or_underscore = [](char c) { return is_decimal(c) || c == '_'; };
  skip(digit_or_underscore);
  if (text.empty() || text.front() != ':') return false;
  while (!text.empty() && text.front() == ':') {
    const auto digits = std::min(text.find_first_not_of("0123456789", 1), text.size()) - 1;
    if (digits < 1 || digits > 2 || (digits == 2 && text[1] > '5')) return false;
    text.remove_prefix(digits + 1);
  }
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    skip(digit_or_underscore);
  }
  return text.empty();
}

}  // namespace

std::size_t width_at(std::string_view text, std::size_t at) noexcept {
  const auto first = byte_at(text, at);
  return first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

bool is_printable(std::string_view text, std::size_t at) noexcept {
  const auto first = byte_at(text, at);
  const auto second = byte_at(text, at + 1);
  const auto third = byte_at(text, at + 2);
  if (first < 0x80) return first == '\n' || (first >= 0x20 && first <= 0x7E);
  if (first == 0xC2) return second >= 0xA0;
  if (first == 0xED) return second < 0xA0;
  if (first == 0xEF) return !(second == 0xBB && third == 0xBF) && !(second == 0xBF && third >= 0xBE);
  return first > 0xC2 && first < 0xEF;
}

Allowed allowed_styles(std::string_view text) noexcept {
  Allowed allowed;
  if (text.empty()) {
    allowed.plain = true;
    return allowed;
  }
  bool special = false;
  bool break_space = false;  // a space directly behind a line break
  bool space_break = false;
  bool after_space = false;
  bool after_break = false;
  for (std::size_t at = 0; at < text.size(); at += width_at(text, at)) {
    special |= !is_printable(text, at);
    const bool space = text[at] == ' ';
    const bool line_break = is_break_at(text, at);
    allowed.multiline |= line_break;
    break_space |= space && after_break;
    space_break |= line_break && after_space;
    after_space = space;
    after_break = line_break;
  }
  const bool outer_space = text.front() == ' ' || text.back() == ' ';
  allowed.plain =
      !special && !space_break && !break_space && !allowed.multiline && !outer_space && !has_indicators(text);
  allowed.single_quoted = !special && !space_break && !break_space;
  allowed.literal = !special && !space_break && text.back() != ' ';
  return allowed;
}

Style style_of(std::string_view text, const Allowed& allowed) {
  if (text.find('\n') != std::string_view::npos) return allowed.literal ? Style::literal : Style::double_quoted;
  if (!resolves_to_string(text) || is_base_60(text)) return Style::double_quoted;
  if (allowed.plain) return Style::plain;
  return allowed.single_quoted ? Style::single_quoted : Style::double_quoted;
}

}  // namespace portolan::internal::yaml
