// SPDX-License-Identifier: Apache-2.0
#include "client/toml.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"

namespace portolan::internal::client {
namespace {

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

TomlTable closed_table() {
  TomlTable table;
  table.closed = true;
  return table;
}
TomlTable table_by_keys() {
  TomlTable table;
  table.by_keys = true;
  return table;
}

using Path = std::vector<std::string>;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<TomlTable> parse() {
    TomlTable root;
    Path header;
    while (skip_blank_lines(), !at_end()) {
      if (peek() == '[') {
        auto opened = open_table(root, header);
        if (!opened) return std::move(opened).error();
      } else {
        // Found anew each time: what a header opens may have moved what stood before.
        auto* table = header.empty() ? &root : last_table(root, header);
        if (auto read = key_and_value(*table, 0); !read) return std::move(read).error();
      }
      if (auto ended = end_of_line(); !ended) return std::move(ended).error();
    }
    return root;
  }

 private:
  Error wrong(std::string_view what) const {
    return Error(Errc::invalid_configuration, "line " + std::to_string(line_) + ": " + std::string(what));
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  void take(std::size_t count) {
    line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(at_ + count), '\n'));
    at_ += count;
  }
  bool take_if(char c) {
    if (peek() != c || at_end()) return false;
    take(1);
    return true;
  }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') take(1);
  }
  void skip_comment() {
    if (peek() != '#') return;
    take(std::min(text_.find('\n', at_), text_.size()) - at_);
  }
  void skip_blank_lines() {
    for (;;) {
      skip_blanks();
      skip_comment();
      if (peek() == '\n' && !at_end()) {
        take(1);
      } else if (starts("\r\n")) {
        take(2);
      } else {
        return;
      }
    }
  }
  Result<void> end_of_line() {
    skip_blanks();
    skip_comment();
    if (at_end() || peek() == '\n' || starts("\r\n")) return {};
    return wrong("something behind the end of a value");
  }
  bool count_value() { return ++values_ <= max_toml_values; }

  Result<std::string> key() {
    if (peek() == '"' || peek() == '\'') {
      if (starts("\"\"\"") || starts("'''")) return wrong("a key over several lines");
      return string();
    }
    const auto begin = at_;
    while (is_bare(peek())) take(1);
    if (at_ == begin) return wrong("a key is missing");
    return std::string(text_.substr(begin, at_ - begin));
  }
  Result<Path> dotted_key() {
    Path path;
    do {
      skip_blanks();
      auto part = key();
      if (!part) return std::move(part).error();
      path.push_back(*std::move(part));
      if (path.size() > max_toml_depth) return wrong("a key of too many parts");
      skip_blanks();
    } while (take_if('.'));
    return path;
  }

  /// The table that a header has opened, or the last one of its array.
  static TomlTable* last_table(TomlTable& root, const Path& path) {
    auto* table = &root;
    for (const auto& part : path) {
      auto* value = table->find(part);
      if (auto* array = std::get_if<TomlArray>(&value->value)) value = &array->back();
      table = &std::get<TomlTable>(value->value);
    }
    return table;
  }

  /// The table of that name in another one, made where it is not there; null where it is something else.
  TomlTable* step_into(TomlTable& table, const std::string& name) {
    auto* value = table.find(name);
    if (value == nullptr) {
      count_value();
      value = &table.members.emplace_back(TomlMember{name, {.value = TomlTable()}}).value;
    }
    if (auto* array = std::get_if<TomlArray>(&value->value)) {
      if (!value->of_tables) return nullptr;
      value = &array->back();
    }
    return std::get_if<TomlTable>(&value->value);
  }

  Result<void> open_table(TomlTable& root, Path& header) {
    take(1);
    const bool array = take_if('[');
    auto path = dotted_key();
    if (!path) return std::move(path).error();
    if (!take_if(']') || (array && !take_if(']'))) return wrong("a table's name without its end");
    if (!count_value()) return wrong("more than " + std::to_string(max_toml_values) + " values");
    auto* table = &root;
    for (std::size_t i = 0; i + 1 < path->size(); ++i) {
      table = step_into(*table, (*path)[i]);
      // An inline table is whole where it stands.
      if (table == nullptr || (table->closed && table->by_keys)) return wrong("a table within something else");
    }
    const auto& name = path->back();
    auto* there = table->find(name);
    if (array) {
      if (there == nullptr) {
        there = &table->members.emplace_back(TomlMember{name, {.value = TomlArray(), .of_tables = true}}).value;
      }
      auto* elements = std::get_if<TomlArray>(&there->value);
      if (elements == nullptr || !there->of_tables) return wrong("a name that is something else already");
      elements->push_back({.value = closed_table()});
    } else if (there == nullptr) {
      table->members.emplace_back(TomlMember{name, {.value = closed_table()}});
    } else {
      auto* opened = std::get_if<TomlTable>(&there->value);
      if (opened == nullptr || opened->closed || opened->by_keys) return wrong("a name that is there already");
      opened->closed = true;
    }
    header = *std::move(path);
    return {};
  }

  Result<void> key_and_value(TomlTable& into, unsigned depth) {
    auto path = dotted_key();
    if (!path) return std::move(path).error();
    if (!take_if('=')) return wrong("a key without a value");
    skip_blanks();
    auto* table = &into;
    for (std::size_t i = 0; i + 1 < path->size(); ++i) {
      auto* value = table->find((*path)[i]);
      if (value == nullptr) {
        count_value();
        value = &table->members.emplace_back(TomlMember{(*path)[i], {.value = table_by_keys()}}).value;
      }
      table = std::get_if<TomlTable>(&value->value);
      if (table == nullptr || table->closed || !table->by_keys) return wrong("a key within something else");
    }
    if (table->find(path->back()) != nullptr) return wrong("a key that is there already");
    auto parsed = value(depth + static_cast<unsigned>(path->size()));
    if (!parsed) return std::move(parsed).error();
    table->members.emplace_back(TomlMember{std::move(path->back()), *std::move(parsed)});
    return {};
  }

  Result<TomlValue> value(unsigned depth) {
    if (depth > max_toml_depth) return wrong("values too deep within each other");
    if (!count_value()) return wrong("more than " + std::to_string(max_toml_values) + " values");
    switch (peek()) {
      case '"':
      case '\'': {
        auto text = string();
        if (!text) return std::move(text).error();
        return TomlValue{.value = *std::move(text)};
      }
      case '[': return array(depth);
      case '{': return inline_table(depth);
      default: return scalar();
    }
  }

  Result<TomlValue> array(unsigned depth) {
    take(1);
    TomlArray elements;
    for (;;) {
      skip_blank_lines();
      if (take_if(']')) return TomlValue{.value = std::move(elements)};
      auto element = value(depth + 1);
      if (!element) return element;
      elements.push_back(*std::move(element));
      skip_blank_lines();
      if (take_if(',')) continue;
      if (peek() != ']' || at_end()) return wrong("an array without its end");
    }
  }

  Result<TomlValue> inline_table(unsigned depth) {
    take(1);
    TomlTable table;
    skip_blanks();
    if (!take_if('}')) {
      for (;;) {
        if (auto read = key_and_value(table, depth); !read) return std::move(read).error();
        skip_blanks();
        if (take_if('}')) break;
        if (!take_if(',')) return wrong("an inline table without its end");
      }
    }
    table.closed = true;
    table.by_keys = true;
    return TomlValue{.value = std::move(table)};
  }

  Result<TomlValue> scalar() {
    const auto begin = at_;
    while (is_bare(peek()) || peek() == '+' || peek() == '.' || peek() == ':') take(1);
    // A date and its time may have a blank between them.
    const auto date = [&] { return at_ - begin == 10 && text_[begin + 4] == '-' && peek() == ' '; };
    if (date() && at_ + 1 < text_.size() && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9') {
      take(1);
      while (is_bare(peek()) || peek() == '+' || peek() == '.' || peek() == ':') take(1);
    }
    std::string word(text_.substr(begin, at_ - begin));
    if (word == "true") return TomlValue{.value = true};
    if (word == "false") return TomlValue{.value = false};
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (word == "inf" || word == "nan" || word == "+inf" || word == "-inf" || word == "+nan" || word == "-nan") {
      return TomlValue{};
    }
    const auto first = word.find_first_not_of("+-");
    if (first == std::string::npos || first > 1 || !digit(word[first])) return wrong("a value that is none");
    std::erase(word, '_');
    const auto* at = word.data() + (word.front() == '+' ? 1 : 0);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(at, word.data() + word.size(), number);
    if (error == std::errc() && end == word.data() + word.size()) return TomlValue{.value = number};
    return TomlValue{};
  }

  Result<std::string> string() {
    const char quote = peek();
    const std::string three(3, quote);
    if (starts(three)) {
      take(3);
      if (starts("\r\n")) take(1);
      take_if('\n');
      return string_until(three, quote == '"');
    }
    take(1);
    return string_until(three.substr(0, 1), quote == '"');
  }

  Result<std::string> string_until(std::string_view end, bool escapes) {
    std::string content;
    const bool lines = end.size() == 3;
    for (;;) {
      if (at_end()) return wrong("a string without its end");
      if (starts(end)) {
        take(end.size());
        // Up to two quotes may stand right before the end.
        for (int more = 0; lines && more < 2 && peek() == end.front() && !at_end(); ++more) {
          content += end.front();
          take(1);
        }
        break;
      }
      const char c = peek();
      if (c == '\\' && escapes) {
        take(1);
        if (auto read = escape(content, lines); !read) return std::move(read).error();
        continue;
      }
      const auto byte = static_cast<unsigned char>(c);
      const bool line_end = c == '\n' || (c == '\r' && starts("\r\n"));
      if ((byte < 0x20 && c != '\t' && !(lines && line_end)) || byte == 0x7F) return wrong("a control character");
      content += c;
      take(1);
    }
    if (!is_utf8(content)) return wrong("a string that is no UTF-8");
    return content;
  }

  Result<void> escape(std::string& content, bool lines) {
    const char c = peek();
    if (at_end()) return wrong("a string without its end");
    if (lines && (c == '\n' || c == ' ' || c == '\t' || c == '\r')) {
      // The line's end and all blanks behind it are left out.
      const auto rest = text_.find_first_not_of(" \t", at_);
      if (rest == std::string_view::npos || (text_[rest] != '\n' && text_[rest] != '\r')) return wrong("an escape");
      take(std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()) - at_);
      return {};
    }
    take(1);
    constexpr std::string_view names = "btnfre\"\\";
    constexpr std::string_view meant = "\b\t\n\f\r\x1B\"\\";
    if (const auto at = names.find(c); at != std::string_view::npos) {
      content += meant[at];
      return {};
    }
    const std::size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
    const auto text = text_.substr(at_, digits);
    std::uint32_t code_point = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code_point, 16);
    const bool good = digits != 0 && text.size() == digits && error == std::errc() && end == text.data() + digits;
    if (!good || code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000)) return wrong("an escape");
    append_utf8(content, code_point);
    take(digits);
    return {};
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t values_ = 0;
};

}  // namespace

TomlTable::TomlTable() = default;
TomlTable::TomlTable(const TomlTable& other) = default;
TomlTable::TomlTable(TomlTable&& other) noexcept = default;
TomlTable& TomlTable::operator=(const TomlTable& other) = default;
TomlTable& TomlTable::operator=(TomlTable&& other) noexcept = default;
TomlTable::~TomlTable() = default;

const TomlValue* TomlTable::find(std::string_view key) const noexcept {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const auto& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

TomlValue* TomlTable::find(std::string_view key) noexcept {
  return const_cast<TomlValue*>(std::as_const(*this).find(key));
}

Result<TomlTable> parse_toml(std::string_view text) {
  if (text.size() > max_toml_size) {
    return Error(Errc::invalid_configuration, "more than " + std::to_string(max_toml_size) + " bytes");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return Parser(text).parse();
}

}  // namespace portolan::internal::client
