// SPDX-License-Identifier: Apache-2.0
#include "auth/json_edit.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "json/json.h"
#include "json/writer.h"

namespace portolan::internal::auth {
namespace {

constexpr std::string_view white_space = " \t\r\n";

/// Where a member stands in the text.
struct Member {
  std::string key{};
  std::size_t key_begin = 0;
  std::size_t key_end = 0;
  std::size_t value_begin = 0;
  std::size_t value_end = 0;
};

struct Object {
  std::size_t begin = 0;  ///< of the brace that opens it
  std::size_t end = 0;    ///< after the one that closes it
  std::vector<Member> members{};

  /// The last one of that key; null where there is none.
  const Member* find(std::string_view key) const {
    const auto found = std::find_if(members.rbegin(), members.rend(), [&](const Member& m) { return m.key == key; });
    return found == members.rend() ? nullptr : &*found;
  }
};

/// Walks over JSON that is known to be well formed.
class Walker {
 public:
  Walker(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  Object object() {
    Object found{.begin = at_++};
    for (;;) {
      skip_spaces();
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (text_[at_] == '}') break;
      Member member{.key_begin = at_};
      skip_string();
      member.key_end = at_;
      member.key = key_of(text_.substr(member.key_begin, at_ - member.key_begin));
      skip_spaces();
      ++at_;  // the colon
      skip_spaces();
      member.value_begin = at_;
      skip_value();
      member.value_end = at_;
      found.members.push_back(std::move(member));
    }
    found.end = ++at_;
    return found;
  }

 private:
  static std::string key_of(std::string_view quoted) {
    const auto parsed = json::parse(quoted, json::DuplicateKeys::last_wins);
    return parsed && parsed->is_string() ? parsed->get<std::string>() : std::string();
  }
  void skip_spaces() { at_ = std::min(text_.find_first_not_of(white_space, at_), text_.size()); }
  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }
  void skip_value() {
    std::size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (depth == 0 && c != '}' && c != ']') {
        at_ = std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size());
        return;
      }
      ++at_;
    } while (depth != 0);
  }

  std::string_view text_;
  std::size_t at_;
};

/// How an object is laid out.
struct Layout {
  std::string gap{};         ///< before each member: a line break and the indentation, or blanks, or nothing
  std::string colon = ": ";  ///< between key and value
  std::string unit = "\t";   ///< what one more level is indented by

  bool has_lines() const { return gap.find('\n') != std::string::npos; }
  /// Of an object inside.
  Layout inner() const { return {.gap = has_lines() ? gap + unit : gap, .colon = colon, .unit = unit}; }
};

std::string_view indentation(std::string_view gap) {
  const auto line = gap.rfind('\n');
  return line == std::string_view::npos ? std::string_view() : gap.substr(line + 1);
}

std::string json_string(std::string_view key) {
  std::string text;
  json::append_string(text, key);
  return text;
}

/// The value inside of new objects, one for each key of the path. `outer` is the layout where the first one stands.
std::string nested(std::span<const std::string> path, std::string_view value, const Layout& outer) {
  if (path.empty()) return std::string(value);
  const auto inner = outer.inner();
  return "{" + inner.gap + json_string(path[0]) + inner.colon + nested(path.subspan(1), value, inner) + outer.gap + "}";
}

std::size_t start_of(std::string_view text) { return std::min(text.find('{'), text.size() - 1); }

/// `assumed` is how the object would be laid out by what stands around it.
std::string put(const std::string& text, std::size_t at, std::span<const std::string> path, std::string_view value,
                Layout assumed, std::string_view closing_gap) {
  const auto object = Walker(text, at).object();
  auto layout = std::move(assumed);
  if (!object.members.empty()) {
    const auto& first = object.members.front();
    layout.gap = text.substr(object.begin + 1, first.key_begin - object.begin - 1);
    layout.colon = text.substr(first.key_end, first.value_begin - first.key_end);
  }
  if (const auto* member = object.find(path[0])) {
    if (path.size() > 1 && text[member->value_begin] == '{') {
      return put(text, member->value_begin, path.subspan(1), value, layout.inner(), layout.gap);
    }
    return text.substr(0, member->value_begin) + nested(path.subspan(1), value, layout) +
           text.substr(member->value_end);
  }
  const auto added = layout.gap + json_string(path[0]) + layout.colon + nested(path.subspan(1), value, layout);
  if (object.members.empty()) {
    return text.substr(0, at) + "{" + added + std::string(closing_gap) + "}" + text.substr(object.end);
  }
  const auto end = object.members.back().value_end;
  return text.substr(0, end) + "," + added + text.substr(end);
}

/// Nothing where the member is not there.
std::optional<std::string> taken_out(const std::string& text, std::size_t at, std::span<const std::string> path) {
  const auto object = Walker(text, at).object();
  const auto* member = object.find(path[0]);
  if (member == nullptr) return std::nullopt;
  if (path.size() > 1) {
    if (text[member->value_begin] != '{') return std::nullopt;
    return taken_out(text, member->value_begin, path.subspan(1));
  }
  const auto& all = object.members;
  const auto index = static_cast<std::size_t>(member - all.data());
  if (all.size() == 1) return text.substr(0, object.begin) + "{}" + text.substr(object.end);
  if (index == 0) return text.substr(0, member->key_begin) + text.substr(all[1].key_begin);
  return text.substr(0, all[index - 1].value_end) + text.substr(member->value_end);
}

}  // namespace

std::string with_member(std::string_view object, std::span<const std::string> path, std::string_view value) {
  const std::string text(object);
  const auto at = start_of(text);
  const auto outermost = Walker(text, at).object();
  Layout layout{.gap = "\n\t"};
  if (!outermost.members.empty()) {
    const auto gap = text.substr(at + 1, outermost.members.front().key_begin - at - 1);
    if (const auto unit = indentation(gap); !unit.empty()) layout.unit = unit;
  }
  return put(text, at, path, value, layout, "\n");
}

std::string without_member(std::string_view object, std::span<const std::string> path) {
  std::string text(object);
  while (auto less = taken_out(text, start_of(text), path)) text = *std::move(less);
  return text;
}

}  // namespace portolan::internal::auth
