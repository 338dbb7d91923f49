// SPDX-License-Identifier: Apache-2.0
#include "judge.h"

#include <algorithm>

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

// Whether a flow collection that holds nothing but indicators is in the text.
bool has_empty_collection(std::string_view text) {
  for (auto at = text.find_first_of("[{"); at != std::string_view::npos; at = text.find_first_of("[{", at + 1)) {
    const auto next = text.find_first_not_of(" \t\r\n\xC2\x85\xE2\x80\xA8\xA9,:?-", at + 1);
    if (next != std::string_view::npos && (text[next] == ']' || text[next] == '}' || text[next] == '#')) return true;
  }
  return false;
}

// What we refuse although Go does not, and say so. Go does not see whether a flow collection at the top is a key where
// nothing in it could be one (it is empty, or has indicators alone), and ends the document before it looks at what
// follows.
bool is_known_refusal(std::string_view text, const Error& error, const DocumentAnswer& go, Documents documents) {
  if (error.code() == Errc::limit_exceeded || error.code() == Errc::unsupported) return true;
  if (go.json == "[]" || go.json == "{}") return true;
  return documents == Documents::any_text && has_empty_collection(text);
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
    if (!is_known_refusal(text, error, go, documents_)) return complain("refusal", text, error.text(), go.json);
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
  if (error != go.strict_error && !go.strict_error.starts_with("json: unsupported value")) {
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
