// SPDX-License-Identifier: Apache-2.0
#include "judge.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "yaml/compose.h"
#include "yaml/emit.h"
#include "yaml/json_text.h"
#include "yaml/natural_order.h"

namespace portolan::test {
namespace {

using namespace internal::yaml;

constexpr std::size_t max_complaints = 12;

// Keys in the order of Go's JSON.
Value sorted(const Value& value) {
  if (const auto* items = value.sequence()) {
    Sequence out;
    for (const auto& item : *items) out.push_back(sorted(item));
    return {std::move(out)};
  }
  if (const auto* members = value.mapping()) {
    Mapping out;
    for (const auto& [key, member] : *members) out.emplace_back(key, sorted(member));
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    return {std::move(out)};
  }
  return value;
}

// The value as it goes into a map of strings; false where it is none.
bool as_strings(const Value& value, Value& strings) {
  if (value.mapping() == nullptr) return false;
  Mapping out;
  for (const auto& [key, member] : *value.mapping()) {
    if (member.sequence() != nullptr || member.mapping() != nullptr) return false;
    out.emplace_back(key, Value{scalar_text(member)});
  }
  strings.is = std::move(out);
  return true;
}

// Whether keys have no canonical order, so that Go writes them in a random one.
bool has_random_order(const Mapping& mapping) {
  const auto before = [&](std::size_t a, std::size_t b) { return comes_before(mapping[a].first, mapping[b].first); };
  for (std::size_t a = 0; a < mapping.size(); ++a) {
    for (std::size_t b = 0; b < mapping.size(); ++b) {
      if (a == b || !before(a, b)) continue;
      for (std::size_t c = 0; c < mapping.size(); ++c) {
        if (c != a && before(b, c) && !before(a, c)) return true;
      }
    }
  }
  return false;
}

bool has_random_order(const Value& value) {
  const auto within = [](const auto& item) { return has_random_order(item); };
  if (const auto* items = value.sequence()) return std::any_of(items->begin(), items->end(), within);
  const auto* members = value.mapping();
  if (members == nullptr) return false;
  return has_random_order(*members) || std::any_of(members->begin(), members->end(),
                                                   [](const auto& member) { return has_random_order(member.second); });
}

constexpr std::string_view blanks_and_breaks = " \t\r\n\xC2\x85\xE2\x80\xA8\xA9";

// Whether nothing in the flow collection that starts there could be a key to Go: it has indicators alone, or other
// things only behind a `?` or a `:` that says already what they are.
bool is_without_keys(std::string_view text, std::size_t start) {
  bool may_be_key = true;
  for (auto at = start + 1; at < text.size(); ++at) {
    const auto c = text[at];
    if (blanks_and_breaks.find(c) != std::string_view::npos) continue;
    if (c == ']' || c == '}' || c == '#') return true;
    if (c == ',' || c == '-') {
      may_be_key = true;
    } else if (c == '?' || c == ':') {
      may_be_key = false;
    } else if (may_be_key) {
      return false;
    }
  }
  return false;
}

// Whether such a collection is in the text.
bool has_collection_without_keys(std::string_view text) {
  for (auto at = text.find_first_of("[{"); at != std::string_view::npos; at = text.find_first_of("[{", at + 1)) {
    if (is_without_keys(text, at)) return true;
  }
  return false;
}

// Whether the document begins with such a collection: only comments, directives, an anchor and a tag stand before it.
bool begins_without_keys(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks_and_breaks), text.size()));
    if (text.empty()) return false;
    if (text.front() == '[' || text.front() == '{') return is_without_keys(text, 0);
    const bool line = text.front() == '#' || text.front() == '%';
    if (!line && text.front() != '!' && text.front() != '&' && !text.starts_with("---")) return false;
    text.remove_prefix(std::min(text.find_first_of(line ? std::string_view("\r\n") : blanks_and_breaks), text.size()));
  }
}

// What we refuse although Go does not, and say so. Go does not see whether a flow collection at the top is a key where
// nothing in it could be one, and ends the document before it looks at what follows.
bool is_known_refusal(std::string_view text, const Error& error, Documents documents) {
  if (error.code() == Errc::limit_exceeded || error.code() == Errc::unsupported) return true;
  return documents == Documents::any_text ? has_collection_without_keys(text) : begins_without_keys(text);
}

// A message with each character that Go wrote as an escape (\u00a0) as itself: it does so with more of them than we.
std::string with_characters(std::string_view message) {
  std::string out;
  while (!message.empty()) {
    const std::size_t digits = message.starts_with("\\u") ? 4 : message.starts_with("\\U") ? 8 : 0;
    const auto code = message.substr(std::min<std::size_t>(2, message.size()), digits);
    std::uint32_t c = 0;
    if (digits != 0 && std::from_chars(code.data(), code.data() + code.size(), c, 16).ptr == code.data() + digits) {
      internal::append_utf8(out, c);
      message.remove_prefix(2 + digits);
      continue;
    }
    const auto taken = message.substr(0, message.front() == '\\' ? 2 : 1);
    out += taken;
    message.remove_prefix(taken.size());
  }
  return out;
}

// Whether two messages are one, but for what ours leaves out of a long key.
bool is_same_message(std::string_view our_message, std::string_view go_message) {
  const auto our_characters = with_characters(our_message);
  const auto go_characters = with_characters(go_message);
  std::string_view ours = our_characters;
  std::string_view gos = go_characters;
  constexpr std::string_view cut = "\xE2\x80\xA6\" already set in map";
  for (auto at = ours.find(cut); at != std::string_view::npos; at = ours.find(cut)) {
    if (gos.substr(0, at) != ours.substr(0, at)) return false;
    const auto end = gos.find(cut.substr(3), at);
    if (end == std::string_view::npos || gos.substr(at, end - at).find('\n') != std::string_view::npos) return false;
    ours.remove_prefix(at + cut.size());
    gos.remove_prefix(end + cut.size() - 3);
  }
  return ours == gos;
}

}  // namespace

void Judge::complain(std::string_view what, std::string_view text, std::string_view ours, std::string_view gos) {
  ++counts_["different"];
  if (complaints_.size() >= max_complaints) return;
  // Long answers from a little before the place where they part.
  const auto common = std::mismatch(ours.begin(), ours.end(), gos.begin(), gos.end()).first - ours.begin();
  const auto from = std::max<std::ptrdiff_t>(common - 100, 0);
  const auto shown = [&](std::string_view answer) {
    return internal::quote(answer.substr(static_cast<std::size_t>(from)));
  };
  complaints_.push_back(std::string(what) + " of " + internal::quote(text) + ": ours " + shown(ours) + ", Go's " +
                        shown(gos));
}

std::string Judge::summary() const {
  std::string out;
  for (const auto& [name, count] : counts_) out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + name;
  return out;
}

void Judge::document(std::string_view text) {
  const auto go = peer_.read(text);
  if (go.error.starts_with("panic")) {
    ++counts_["panics of Go"];
    return;
  }
  if (go.chance) {
    ++counts_["with a value by chance"];
    return;
  }
  const auto ours = compose(text);
  if (!ours) return refused(text, ours.error(), go);
  read_value(text, *ours, go);
  strict(text, go);
}

void Judge::refused(std::string_view text, const Error& error, const DocumentAnswer& go) {
  if (go.error.empty()) {
    if (!is_known_refusal(text, error, documents_)) return complain("refusal", text, error.text(), go.json);
    ++counts_["refused by us alone, as documented"];
  } else if (error.text() == go.error) {
    ++counts_["refused in the same words"];
  } else {
    ++counts_["refused in other words"];
    other_words_.push_back(internal::quote(text) + ": ours " + internal::quote(error.text()) + ", Go's " +
                           internal::quote(go.error));
  }
}

void Judge::read_value(std::string_view text, const Value& value, const DocumentAnswer& go) {
  const auto json = json_text(sorted(value));
  if (!go.error.empty()) {
    // Infinities are values to YAML, and go no further.
    if (!json && go.error.starts_with("json: unsupported value")) {
      ++counts_["without JSON"];
    } else {
      complain("acceptance", text, json ? *json : json.error().text(), go.error);
    }
    return;
  }
  ++counts_["accepted"];
  if (!json || *json != go.json) return complain("value", text, json ? *json : json.error().text(), go.json);
  Value strings;
  if (as_strings(value, strings)) {
    const auto strings_json = json_text(sorted(strings));
    if (*strings_json != go.strings_json) complain("strings", text, *strings_json, go.strings_json + go.strings_error);
  }
  const auto written = emit_through_json(value);
  if (!written) {
    if (!go.written.empty()) complain("writing", text, written.error().text(), go.written);
  } else if (*written != go.written && !has_random_order(value)) {
    complain("writing", text, *written, go.written);
  }
}

void Judge::strict(std::string_view text, const DocumentAnswer& go) {
  const auto ours = compose(text, DuplicateMappingKeys::refuse);
  const auto error = ours ? std::string() : ours.error().text();
  if (!is_same_message(error, go.strict_error) && !go.strict_error.starts_with("json: unsupported value")) {
    complain("strictness", text, error, go.strict_error);
  }
}

void Judge::value(const Value& value) {
  const auto json = json_text(value);
  const auto go = peer_.write(*json);
  const bool random = has_random_order(value);
  ++counts_[random ? "without an order" : "written"];
  if (const auto direct = emit(value); direct != go.direct && !random) complain("emission", *json, direct, go.direct);
  // In Go's order of keys: it decides which error comes first.
  const auto bridged = emit_through_json(sorted(value));
  if (!bridged) {
    ++counts_["not written through JSON"];
    if (bridged.error().text() != go.bridged_error && bridged.error().code() != Errc::unsupported) {
      complain("bridged emission", *json, bridged.error().text(), go.bridged_error + go.bridged);
    }
  } else if (*bridged != go.bridged && !random) {
    complain("bridged emission", *json, *bridged, go.bridged_error + go.bridged);
  }
}

}  // namespace portolan::test
