// SPDX-License-Identifier: Apache-2.0
#include "yaml/source.h"

#include <algorithm>
#include <bitset>
#include <charconv>

#include "base/text.h"

namespace portolan::internal::yaml {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
// libyaml looks each directive up in a list; nobody writes more.
constexpr std::size_t max_tag_directives = 1'000;
// Characters that stand for hidden ones come from here: the start of a private use area.
constexpr char32_t first_spare = 0xE000;
constexpr std::size_t spares = 256;

Error unsupported(std::string_view problem) { return Error(Errc::unsupported, "yaml: " + std::string(problem)); }

bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_one_of(std::string_view set, char c) noexcept { return set.find(c) != std::string_view::npos; }

bool starts_at(std::string_view text, std::size_t at, std::string_view what) noexcept {
  return text.substr(at, what.size()) == what;
}

// The characters that YAML has, as both see them.
bool is_printable(char32_t c) noexcept {
  return c == 0x09 || c == 0x0A || c == 0x0D || (c >= 0x20 && c <= 0x7E) || c == 0x85 || (c >= 0xA0 && c <= 0xD7FF) ||
         (c >= 0xE000 && c <= 0xFFFD) || c >= 0x10000;
}

// go-yaml reads a text in pieces, and what is wrong behind the document's end may not concern it. UTF-16 is read as a
// whole here, so what is wrong in it is refused, but nothing that go-yaml refuses is read.
Result<std::string> from_utf16(std::string_view bytes, bool little) {
  const auto unit = [&](std::size_t at) -> char32_t {
    const auto low = static_cast<unsigned char>(bytes[at + (little ? 0 : 1)]);
    const auto high = static_cast<unsigned char>(bytes[at + (little ? 1 : 0)]);
    return static_cast<char32_t>(high << 8 | low);
  };
  std::string out;
  out.reserve(bytes.size() / 2);
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    if (at + 2 > bytes.size()) return unsupported("incomplete UTF-16 character");
    auto c = unit(at);
    if ((c & 0xFC00) == 0xDC00) return unsupported("unexpected low surrogate area");
    if ((c & 0xFC00) == 0xD800) {
      if (at + 4 > bytes.size()) return unsupported("incomplete UTF-16 surrogate pair");
      const auto low = unit(at + 2);
      if ((low & 0xFC00) != 0xDC00) return unsupported("expected low surrogate area");
      c = 0x10000 + ((c & 0x3FF) << 10) + (low & 0x3FF);
      at += 2;
    }
    if (!is_printable(c)) return unsupported("control characters are not allowed");
    if (c == 0xFEFF && at != 0) return unsupported("a byte order mark inside UTF-16");
    append_utf8(out, c);
  }
  return out;
}

std::size_t tag_directives(std::string_view text) noexcept {
  constexpr std::string_view directive = "%TAG";
  std::size_t count = 0;
  for (auto at = text.find(directive); at != std::string_view::npos; at = text.find(directive, at + 1)) {
    const auto before = text.substr(0, at);
    const auto starts_line = before.empty() || before == byte_order_mark || before.ends_with('\n') ||
                             before.ends_with('\r') || before.ends_with("\xC2\x85") ||
                             before.ends_with("\xE2\x80\xA8") || before.ends_with("\xE2\x80\xA9");
    count += starts_line ? 1 : 0;
  }
  return count;
}

// Where the piece of input that starts at `start` ends: go-yaml leaves an incomplete character to the next piece.
std::size_t piece_end(std::string_view text, std::size_t start) noexcept {
  if (text.size() - start <= read_piece) return text.size();
  auto end = start + read_piece;
  while (end > start && is_continuation(text[end])) --end;
  return end;
}

// go-yaml looks for a byte order mark not where it reads but at the start of its buffer. A mark that comes to stand
// there makes it drop the first character of each line until the buffer is filled again. The buffer is filled when at
// most eight characters are left of it, so a mark just before the end of a piece, or at the start of one, may do that.
bool trips_go(std::string_view text, std::size_t mark, std::size_t border, std::size_t next_border) noexcept {
  const auto between = text.substr(mark, border - mark);
  if (std::count_if(between.begin(), between.end(), [](char c) { return !is_continuation(c); }) > 8) return false;
  const auto end = std::min(text.size(), next_border + 32);
  for (auto at = mark + byte_order_mark.size(); at < end; ++at) {
    if (is_break_at(text, at)) return true;
  }
  return false;
}

// Whether go-yaml trips over one of the marks from `start` on.
bool any_trips_go(std::string_view text, std::size_t start) noexcept {
  std::size_t border = start;
  std::size_t next_border = piece_end(text, 0);
  for (auto mark = text.find(byte_order_mark, start); mark != std::string_view::npos;
       mark = text.find(byte_order_mark, mark + 1)) {
    while (border < mark && next_border > border) {
      border = next_border;
      next_border = piece_end(text, border);
    }
    if (border >= mark && trips_go(text, mark, border, next_border)) return true;
  }
  return false;
}

// Whether a colon belongs to a plain scalar in go-yaml's eyes whatever surrounds it, so that hiding it changes nothing:
// it stands behind a plain character, and the word is no anchor or alias (nor a tag: see hide_colon).
bool is_plain_colon(std::string_view text, std::size_t colon) noexcept {
  if (colon == 0 || colon + 1 >= text.size() || !is_one_of(",]}", text[colon + 1])) return false;
  if (is_one_of(" \t\r\n\"'[]{},?:", text[colon - 1])) return false;
  auto word = colon;
  while (word > 0 && !is_one_of(" \t\r\n[]{},", text[word - 1])) --word;
  return !is_one_of("*&", text[word]);
}

bool is_tag_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         is_one_of("_-;/?:@&=+$,.!~*'()[]%", c);
}

std::string with_all_replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string out;
  out.reserve(text.size());
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what)) {
    out += text.substr(0, at);
    out += by;
    text.remove_prefix(at + what.size());
  }
  out += text;
  return out;
}

}  // namespace

Source::Source(std::string_view bytes) noexcept : bytes_(bytes), ascii_(is_ascii(bytes)) {}

Result<Source> Source::from(std::string_view bytes) {
  // go-yaml's own stand-in for an empty text.
  Source source(bytes.empty() ? "\n" : bytes);
  const bool little = starts_at(bytes, 0, "\xFF\xFE");
  if (little || starts_at(bytes, 0, "\xFE\xFF")) {
    auto text = from_utf16(bytes.substr(2), little);
    if (!text) return std::move(text).error();
    // As a text of its own: a mark at its start would not be its encoding's any more.
    source.replace_text(std::string(byte_order_mark) + *text);
  }
  if (tag_directives(source.text()) > max_tag_directives) {
    return Error(Errc::limit_exceeded, "yaml: more than " + std::to_string(max_tag_directives) + " %TAG directives");
  }
  if (auto hidden = source.hide_marks(); !hidden) return std::move(hidden).error();
  return source;
}

std::size_t Source::start() const noexcept {
  return starts_at(text(), 0, byte_order_mark) ? byte_order_mark.size() : 0;
}

void Source::replace_text(std::string text) {
  own_ = std::move(text);
  owned_ = true;
  ascii_ = is_ascii(own_);
  cursor_ = {};
}

Result<void> Source::hide_marks() {
  // A second mark at the very start is passed over by both.
  const auto from = start() + (starts_at(text(), start(), byte_order_mark) ? byte_order_mark.size() : 0);
  if (text().find(byte_order_mark, start()) == std::string_view::npos) return {};
  if (any_trips_go(text(), start())) {
    return unsupported("a byte order mark inside the document, where its meaning is not defined");
  }
  mark_ = unused_character();
  if (mark_.empty()) return unsupported("a byte order mark among private use characters");
  replace_text(std::string(text().substr(0, from)) + with_all_replaced(text().substr(from), byte_order_mark, mark_));
  return {};
}

std::string Source::unused_character() const {
  std::bitset<spares> used;
  const auto use = [&](char32_t c) {
    if (c >= first_spare && c < first_spare + spares) used.set(c - first_spare);
  };
  const auto all = text();
  for (auto at = all.find('\xEE'); at != std::string_view::npos; at = all.find('\xEE', at + 1)) {
    auto next = at;
    use(next_code_point(all, next));
  }
  for (auto at = all.find('\\'); at != std::string_view::npos && at + 2 < all.size(); at = all.find('\\', at + 1)) {
    const std::size_t digits = all[at + 1] == 'u' ? 4 : all[at + 1] == 'U' ? 8 : 0;
    std::uint32_t c = 0;
    const auto code = all.substr(at + 2, digits);
    if (std::from_chars(code.data(), code.data() + code.size(), c, 16).ec == std::errc{}) use(c);
  }
  for (std::size_t i = 0; i < spares; ++i) {
    std::string candidate;
    append_utf8(candidate, static_cast<char32_t>(first_spare + i));
    if (!used.test(i) && candidate != mark_) return candidate;
  }
  return {};
}

std::size_t Source::offset_of(std::size_t index) {
  const auto all = text();
  if (ascii_) return std::min(index, all.size());
  if (index < cursor_.index || cursor_.offset < start()) cursor_ = {0, start()};
  while (cursor_.index < index && cursor_.offset < all.size()) {
    do {
      ++cursor_.offset;
    } while (cursor_.offset < all.size() && is_continuation(all[cursor_.offset]));
    ++cursor_.index;
  }
  return cursor_.offset;
}

bool Source::unescape_quotes(std::size_t quote) {
  const auto all = text();
  if (!starts_at(all, quote, "\"")) return false;
  std::string changed(all.substr(0, quote + 1));
  std::size_t removed = 0;
  auto at = quote + 1;
  for (; at < all.size() && all[at] != '"'; ++at) {
    if (all[at] != '\\') {
      changed += all[at];
      continue;
    }
    if (++at == all.size()) break;
    if (all[at] == '\'') {
      ++removed;
    } else {
      changed += '\\';
    }
    changed += all[at];
  }
  if (removed == 0) return false;
  // Blanks behind the scalar mean nothing and keep its distance to the next token: a key may have 1,024 characters.
  if (at < all.size()) changed += all[at++] + std::string(removed, ' ');
  changed += all.substr(std::min(at, all.size()));
  replace_text(std::move(changed));
  return true;
}

bool Source::hide_colon(std::size_t colon) {
  const auto all = text();
  if (!starts_at(all, colon, ":")) return false;
  if (colon_.empty()) colon_ = unused_character();
  if (colon_.empty()) return false;
  std::string changed;
  changed.reserve(all.size());
  bool may_be_tag = false;  // a tag goes on to the next blank, past commas
  for (std::size_t at = 0; at < all.size(); ++at) {
    may_be_tag = all[at] == '!' || (may_be_tag && !is_one_of(" \t\r\n", all[at]));
    if (at == colon || (all[at] == ':' && !may_be_tag && is_plain_colon(all, at))) {
      changed += colon_;
    } else {
      changed += all[at];
    }
  }
  replace_text(std::move(changed));
  return true;
}

bool Source::hide_tag_indicators(std::size_t tag) {
  const auto all = text();
  // A directive's prefix may end in the middle of a known tag; without one, no known tag has these characters.
  if (!starts_at(all, tag, "!") || starts_at(all, tag, "!<") || tag_directives(all) > 0) return false;
  std::string changed(all);
  bool hidden = false;
  const auto end = end_of_tag(all, tag);
  for (auto at = tag; at < end; ++at) {
    if (!is_one_of(",[]", changed[at])) continue;
    changed[at] = ';';
    hidden = true;
  }
  if (hidden) replace_text(std::move(changed));
  return hidden;
}

void Source::restore(std::string& value) const {
  if (!mark_.empty()) value = with_all_replaced(value, mark_, byte_order_mark);
  if (!colon_.empty()) value = with_all_replaced(value, colon_, ":");
}

bool is_break_at(std::string_view text, std::size_t at) noexcept {
  // Asked for every character.
  if (at >= text.size()) return false;
  switch (text[at]) {
    case '\n':
    case '\r': return true;
    case '\xC2': return starts_at(text, at, "\xC2\x85");
    case '\xE2': return starts_at(text, at, "\xE2\x80\xA8") || starts_at(text, at, "\xE2\x80\xA9");
    default: return false;
  }
}

std::size_t end_of_tag(std::string_view text, std::size_t tag) noexcept {
  while (tag < text.size() && is_tag_character(text[tag])) ++tag;
  return tag;
}

}  // namespace portolan::internal::yaml
