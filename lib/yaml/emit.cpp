// SPDX-License-Identifier: Apache-2.0
#include "yaml/emit.h"

#include <algorithm>

#include "base/text.h"
#include "yaml/decode.h"
#include "yaml/json_text.h"
#include "yaml/natural_order.h"
#include "yaml/number.h"
#include "yaml/scalar_style.h"
#include "yaml/source.h"
#include "yaml/tree.h"
#include "yaml/unicode.h"

namespace portolan::internal::yaml {
namespace {

constexpr int indent_step = 2;
constexpr int best_width = 80;  // a line is folded at a space behind it
constexpr std::size_t max_simple_key = 128;

// Where a node stands.
enum class Place : std::uint8_t { root, item, mapping_value };

// Simple keys are not folded.
enum class Role : std::uint8_t { value, simple_key };

// What write_indicator() leaves behind.
struct After {
  bool whitespace = false;
  bool indention = false;
};

// What keeps the line breaks at the end of a literal block, or takes the only one away.
std::string_view chomping_of(std::string_view text) noexcept {
  const auto last = [&](std::size_t end) {
    do {
      --end;
    } while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
    return end;
  };
  const auto end = last(text.size());
  if (!is_break_at(text, end)) return "-";
  return end == 0 || is_break_at(text, last(end)) ? "+" : "";
}

// Writes as go-yaml's emitter does. Its layout follows from a few bits of state, which are kept here in its sense.
class Emitter {
 public:
  void node(const Value& value, Place place);
  void indent();
  std::string take() && { return std::move(out_); }

 private:
  void sequence(const Sequence& sequence, Place place);
  void mapping(const Mapping& mapping);
  void key(const std::string& key);
  void scalar(std::string_view text, Style style, Role role);
  void plain(std::string_view text, Role role);
  void single_quoted(std::string_view text, Role role);
  void double_quoted(std::string_view text, Role role);
  void literal(std::string_view text);

  void indicator(std::string_view indicator, bool needs_whitespace, After after);
  void escape(char32_t c);
  void copy(std::string_view text, std::size_t& at);
  void copy_break(std::string_view text, std::size_t& at);
  void put(char c) {
    out_ += c;
    ++column_;
  }
  void put_break() {
    out_ += '\n';
    column_ = 0;
  }
  void end_of_scalar() {
    whitespace_ = false;
    indention_ = false;
  }
  int deeper() const noexcept { return indent_ < 0 ? 0 : indent_ + indent_step; }

  std::string out_{};
  int column_ = 0;
  int indent_ = -1;
  bool whitespace_ = true;  // the last character was a blank or a line's start
  bool indention_ = true;   // the line has nothing but indentation and indicators yet
};

// To a fresh place at the current indentation.
void Emitter::indent() {
  const int wanted = std::max(indent_, 0);
  if (!indention_ || column_ > wanted || (column_ == wanted && !whitespace_)) put_break();
  while (column_ < wanted) put(' ');
  whitespace_ = true;
  indention_ = true;
}

void Emitter::indicator(std::string_view indicator, bool needs_whitespace, After after) {
  if (needs_whitespace && !whitespace_) put(' ');
  for (const char c : indicator) put(c);
  whitespace_ = after.whitespace;
  indention_ = indention_ && after.indention;
}

void Emitter::node(const Value& value, Place place) {
  if (const auto* items = value.sequence()) return sequence(*items, place);
  if (const auto* members = value.mapping()) return mapping(*members);
  if (const auto* text = value.string()) {
    const auto string = as_utf8(*text);
    return scalar(string, style_of(string, allowed_styles(string)), Role::value);
  }
  if (value.null()) return scalar("null", Style::plain, Role::value);
  if (const auto* number = std::get_if<double>(&value.is)) {
    const auto spelled = format_float(*number, Precision::full);
    return scalar(spelled == "+Inf"   ? ".inf"
                  : spelled == "-Inf" ? "-.inf"
                  : spelled == "NaN"  ? ".nan"
                                      : spelled,
                  Style::plain, Role::value);
  }
  scalar(scalar_text(value), Style::plain, Role::value);
}

void Emitter::sequence(const Sequence& sequence, Place place) {
  if (sequence.empty()) return indicator("[", true, {.whitespace = true}), indicator("]", false, {});
  const int outer = indent_;
  // A sequence that starts behind its key is not indented.
  const bool flush = place == Place::mapping_value && !indention_;
  if (!flush) indent_ = deeper();
  for (const auto& item : sequence) {
    indent();
    indicator("-", true, {.indention = true});
    node(item, Place::item);
  }
  indent_ = outer;
}

void Emitter::mapping(const Mapping& mapping) {
  if (mapping.empty()) return indicator("{", true, {.whitespace = true}), indicator("}", false, {});
  const int outer = indent_;
  indent_ = deeper();
  for (const auto* member : in_natural_order(mapping)) {
    key(as_utf8(member->first));
    node(member->second, Place::mapping_value);
  }
  indent_ = outer;
}

void Emitter::key(const std::string& key) {
  const auto allowed = allowed_styles(key);
  const auto style = style_of(key, allowed);
  indent();
  if (key.size() <= max_simple_key && !allowed.multiline) {
    scalar(key, style, Role::simple_key);
    return indicator(":", false, {});
  }
  indicator("?", true, {.indention = true});
  scalar(key, style, Role::value);
  indent();
  indicator(":", true, {.indention = true});
}

void Emitter::scalar(std::string_view text, Style style, Role role) {
  const int outer = indent_;
  indent_ = indent_ < 0 ? indent_step : indent_ + indent_step;
  switch (style) {
    case Style::plain: plain(text, role); break;
    case Style::single_quoted: single_quoted(text, role); break;
    case Style::double_quoted: double_quoted(text, role); break;
    case Style::literal: literal(text); break;
  }
  indent_ = outer;
}

void Emitter::copy(std::string_view text, std::size_t& at) {
  const auto width = width_at(text, at);
  out_ += text.substr(at, width);
  at += width;
  ++column_;
}

void Emitter::copy_break(std::string_view text, std::size_t& at) {
  copy(text, at);
  column_ = 0;
}

void Emitter::plain(std::string_view text, Role role) {
  if (!whitespace_) put(' ');
  bool after_space = false;
  for (std::size_t at = 0; at < text.size();) {
    const bool space = text[at] == ' ';
    const bool fold = space && role == Role::value && !after_space && column_ > best_width && text[at + 1] != ' ';
    if (fold) {
      indent();
      ++at;
    } else {
      copy(text, at);
    }
    if (!space) indention_ = false;
    after_space = space;
  }
  end_of_scalar();
}

// The only line breaks here are U+2028 and U+2029: a text with another one is a literal or double-quoted.
void Emitter::single_quoted(std::string_view text, Role role) {
  indicator("'", true, {});
  bool after_space = false;
  bool after_break = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      const bool inside = at > 0 && at + 1 < text.size();
      if (role == Role::value && !after_space && column_ > best_width && inside && text[at + 1] != ' ') {
        indent();
        ++at;
      } else {
        copy(text, at);
      }
      after_space = true;
    } else if (is_break_at(text, at)) {
      copy_break(text, at);
      indention_ = true;
      after_break = true;
    } else {
      if (after_break) indent();
      if (text[at] == '\'') put('\'');
      copy(text, at);
      indention_ = false;
      after_space = false;
      after_break = false;
    }
  }
  indicator("'", false, {});
  end_of_scalar();
}

void Emitter::double_quoted(std::string_view text, Role role) {
  // go-yaml looks for a byte order mark at the text's start, wherever it reads: behind one, everything is escaped.
  const bool marked = text.substr(0, 3) == "\xEF\xBB\xBF";
  indicator("\"", true, {});
  bool after_space = false;
  for (std::size_t at = 0; at < text.size();) {
    const bool space = text[at] == ' ';
    if (marked || !is_printable(text, at) || is_break_at(text, at) || text[at] == '"' || text[at] == '\\') {
      escape(next_code_point(text, at));
      after_space = false;
      continue;
    }
    const bool inside = at > 0 && at + 1 < text.size();
    if (space && role == Role::value && !after_space && column_ > best_width && inside) {
      indent();
      if (text[at + 1] == ' ') put('\\');
      ++at;
    } else {
      copy(text, at);
    }
    after_space = space;
  }
  indicator("\"", false, {});
  end_of_scalar();
}

void Emitter::escape(char32_t c) {
  struct Named {
    char32_t code_point;
    char letter;
  };
  constexpr Named names[] = {{0x00, '0'},   {0x07, 'a'}, {0x08, 'b'}, {0x09, 't'},   {0x0A, 'n'},
                             {0x0B, 'v'},   {0x0C, 'f'}, {0x0D, 'r'}, {0x1B, 'e'},   {U'"', '"'},
                             {U'\\', '\\'}, {0x85, 'N'}, {0xA0, '_'}, {0x2028, 'L'}, {0x2029, 'P'}};
  put('\\');
  for (const auto& name : names) {
    if (name.code_point == c) return put(name.letter);
  }
  put(c <= 0xFF ? 'x' : c <= 0xFFFF ? 'u' : 'U');
  for (int shift = c <= 0xFF ? 4 : c <= 0xFFFF ? 12 : 28; shift >= 0; shift -= 4)
    put("0123456789ABCDEF"[c >> shift & 0xF]);
}

void Emitter::literal(std::string_view text) {
  indicator("|", true, {});
  if (text.front() == ' ' || is_break_at(text, 0)) indicator("2", false, {});
  indicator(chomping_of(text), false, {});
  put_break();
  indention_ = true;
  whitespace_ = true;
  bool after_break = true;
  for (std::size_t at = 0; at < text.size();) {
    if (is_break_at(text, at)) {
      copy_break(text, at);
      indention_ = true;
      after_break = true;
    } else {
      if (after_break) indent();
      copy(text, at);
      indention_ = false;
      after_break = false;
    }
  }
}

}  // namespace

std::string emit(const Value& value) {
  Emitter emitter;
  emitter.node(value, Place::root);
  emitter.indent();
  return std::move(emitter).take();
}

Result<std::string> emit_through_json(const Value& value) {
  const auto json = json_text(value);
  if (!json) return json.error();
  // Not compose(): its limit is one for files, and JSON may be six times as long as its strings.
  const auto tree = read_tree(*json);
  if (!tree) return tree.error();
  auto read = decode(*tree, DuplicateMappingKeys::last_wins);
  if (!read) return std::move(read).error();
  return emit(*read);
}

}  // namespace portolan::internal::yaml
