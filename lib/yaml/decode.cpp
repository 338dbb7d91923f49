// SPDX-License-Identifier: Apache-2.0
#include "yaml/decode.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "yaml/go_syntax.h"
#include "yaml/mapping_builder.h"
#include "yaml/unicode.h"

namespace portolan::internal::yaml {
namespace {

constexpr std::size_t max_duplicates_shown = 100;

// go-yaml's guard against documents that consist of little else than expanded aliases.
bool is_excessive(std::size_t from_aliases, std::size_t all) noexcept {
  constexpr std::size_t small = 400'000;
  constexpr std::size_t large = 4'000'000;
  if (from_aliases <= 100 || all <= 1'000) return false;
  const auto share = static_cast<double>(from_aliases) / static_cast<double>(all);
  if (all <= small) return share > 0.99;
  if (all >= large) return share > 0.10;
  return share > 0.99 - 0.89 * (static_cast<double>(all - small) / static_cast<double>(large - small));
}

// The text of a key, or nothing for one that JSON cannot have. Contract: a scalar.
std::optional<std::string> key_text(const Value& key) {
  if (key.null() || std::holds_alternative<std::uint64_t>(key.is)) return std::nullopt;
  auto text = scalar_text(key);
  if (!std::holds_alternative<double>(key.is)) return text;
  if (text == "+Inf") return ".inf";
  if (text == "-Inf") return "-.inf";
  return text == "NaN" ? ".nan" : text;
}

// What stands in a mapping for a key that JSON cannot have: no key that is UTF-8 begins so.
constexpr char bad_key_mark = '\xFF';

const std::string* bad_key_of(const Value& value) {
  if (const auto* items = value.sequence()) {
    for (const auto& item : *items) {
      if (const auto* bad = bad_key_of(item)) return bad;
    }
  }
  if (const auto* members = value.mapping()) {
    for (const auto& [key, member] : *members) {
      if (key.starts_with(bad_key_mark)) return &key;
      if (const auto* bad = bad_key_of(member)) return bad;
    }
  }
  return nullptr;
}

// Makes keys UTF-8. False where two of them become one.
bool make_utf8(Mapping& members) {
  bool changed = false;
  for (auto& [key, member] : members) {
    if (is_utf8(key)) continue;
    key = as_utf8(std::move(key));
    changed = true;
  }
  if (!changed) return true;
  std::vector<std::string_view> keys;
  for (const auto& [key, member] : members) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) == keys.end();
}

class Decoder {
 public:
  Decoder(const Tree& tree, DuplicateMappingKeys duplicates)
      : tree_(tree), strict_(duplicates == DuplicateMappingKeys::refuse), expanding_(tree.nodes.size()) {}

  Result<Value> document() {
    decoded_ = 1;
    Value value;
    if (!item(0, value)) return *std::move(error_);
    if (!duplicate_keys_.empty()) return Error(Errc::invalid_chart, "yaml: unmarshal errors:" + duplicate_keys_);
    if (const auto bad = bad_keys_ ? bad_key_of(value) : nullptr) return Error(Errc::invalid_chart, bad->substr(1));
    return value;
  }

 private:
  // Each returns false where error_ says why.
  bool count(const Node& node);
  bool enter(const Node& node);
  bool item(std::uint32_t index, Value& out);
  bool node(std::uint32_t index, Value& out);
  bool scalar(const Node& node, Value& out);
  bool sequence(const Node& node, Value& out);
  bool mapping(const Node& node, Value& out);
  bool members(const Node& node, MappingBuilder& out);
  bool member(const Node& key, const Node& value, MappingBuilder& out);
  bool merge(const Node& value, MappingBuilder& out);
  bool merge_one(std::uint32_t index, MappingBuilder& out);
  bool enter_alias(std::uint32_t index);
  void leave_alias(std::uint32_t index);

  bool fail(Errc code, std::string text) {
    error_.emplace(code, std::move(text));
    return false;
  }
  bool is_merge(const Node& key) const {
    return key.kind == NodeKind::scalar && (key.plain || key.tag == Tag::merge) && tree_.text_of(key) == "<<";
  }
  std::uint32_t index_of(const Node& node) const { return static_cast<std::uint32_t>(&node - tree_.nodes.data()); }

  const Tree& tree_;
  bool strict_;
  std::vector<bool> expanding_;  // aliases that are being expanded
  std::size_t decoded_ = 0;
  std::size_t from_aliases_ = 0;
  std::size_t alias_depth_ = 0;
  std::size_t depth_ = 0;
  std::size_t text_ = 0;
  std::size_t duplicates_ = 0;
  std::string duplicate_keys_{};
  bool bad_keys_ = false;
  bool bytes_ = false;  // there was text that is not UTF-8
  std::optional<Error> error_{};
};

bool Decoder::count(const Node& node) {
  ++decoded_;
  if (alias_depth_ > 0) ++from_aliases_;
  if (is_excessive(from_aliases_, decoded_)) {
    return fail(Errc::invalid_chart, "yaml: document contains excessive aliasing");
  }
  text_ += node.kind == NodeKind::scalar ? node.text_size : 0;
  if (decoded_ > max_document_nodes || text_ > max_document_text) {
    return fail(Errc::limit_exceeded, "yaml: the document is too large with its aliases expanded");
  }
  return true;
}

bool Decoder::enter(const Node& node) {
  if (!count(node)) return false;
  if (depth_ >= max_document_depth) {
    return fail(Errc::limit_exceeded, "yaml: the document is nested deeper than " + std::to_string(max_document_depth) +
                                          " levels with its aliases expanded");
  }
  ++depth_;
  return true;
}

// A node that is no key. Between YAML and its reader is JSON, which makes text UTF-8; keys are compared before.
bool Decoder::item(std::uint32_t index, Value& out) {
  if (!node(index, out)) return false;
  if (!bytes_) return true;
  if (auto* text = std::get_if<std::string>(&out.is)) *text = as_utf8(std::move(*text));
  return true;
}

bool Decoder::node(std::uint32_t index, Value& out) {
  const auto& node = tree_.nodes[index];
  if (!enter(node)) return false;
  bool good = false;
  switch (node.kind) {
    case NodeKind::scalar: good = scalar(node, out); break;
    case NodeKind::sequence: good = sequence(node, out); break;
    case NodeKind::mapping: good = mapping(node, out); break;
    case NodeKind::alias:
      good = enter_alias(index) && this->node(node.target, out);
      if (good) leave_alias(index);
      break;
  }
  --depth_;
  return good;
}

bool Decoder::enter_alias(std::uint32_t index) {
  if (expanding_[index]) {
    return fail(Errc::invalid_chart,
                "yaml: anchor '" + std::string(tree_.text_of(tree_.nodes[index])) + "' value contains itself");
  }
  expanding_[index] = true;
  ++alias_depth_;
  return true;
}

void Decoder::leave_alias(std::uint32_t index) {
  expanding_[index] = false;
  --alias_depth_;
}

bool Decoder::scalar(const Node& node, Value& out) {
  const auto text = tree_.text_of(node);
  if (node.tag == Tag::none && !node.plain) {
    out.is = std::string(text);
    return true;
  }
  auto value = resolve(node.tag, text);
  if (!value) {
    error_ = std::move(value).error();
    return false;
  }
  out = *std::move(value);
  if (node.tag == Tag::binary && !is_utf8(std::get<std::string>(out.is))) bytes_ = true;
  return true;
}

bool Decoder::sequence(const Node& node, Value& out) {
  Sequence items;
  for (auto child = node.child; child != 0; child = tree_.nodes[child].next) {
    if (!item(child, items.emplace_back())) return false;
  }
  out.is = std::move(items);
  return true;
}

bool Decoder::mapping(const Node& node, Value& out) {
  MappingBuilder builder;
  if (!members(node, builder)) return false;
  const auto refused_key = builder.refused_key();
  auto taken = std::move(builder).take();
  if (bytes_ && !make_utf8(taken)) {
    return fail(Errc::unsupported, "yaml: keys that differ only in bytes that are not UTF-8");
  }
  // The bridge complains about such a key, after all that YAML has to say, and unless its mapping was replaced.
  if (!refused_key.empty()) {
    bad_keys_ = true;
    taken.emplace_back(bad_key_mark + refused_key, Value{});
  }
  out.is = std::move(taken);
  return true;
}

// Keys are taken in their order, merged ones too: a merge key that stands behind a key replaces its value.
bool Decoder::members(const Node& node, MappingBuilder& out) {
  for (auto child = node.child; child != 0;) {
    const auto& key = tree_.nodes[child];
    const auto& value = tree_.nodes[key.next];
    if (!(is_merge(key) ? merge(value, out) : member(key, value, out))) return false;
    child = value.next;
  }
  return true;
}

bool Decoder::member(const Node& key_node, const Node& value_node, MappingBuilder& out) {
  Value key;
  if (!node(index_of(key_node), key)) return false;
  if (key.sequence() != nullptr || key.mapping() != nullptr) {
    return fail(Errc::invalid_chart, "yaml: invalid map key: " + go_syntax(key));
  }
  Value value;
  if (!item(index_of(value_node), value)) return false;
  const auto text = key_text(key);
  if (!text) {
    out.refuse_key("unsupported map key of type: " + std::string(key.null() ? "%!s(<nil>)" : "uint64") +
                   ", key: " + go_syntax(key) + ", value: " + go_syntax(value));
    return true;
  }
  if (strict_ && out.contains(*text, key.is.index())) {
    // A message is no place for more than a few.
    if (++duplicates_ <= max_duplicates_shown) {
      duplicate_keys_ +=
          "\n  line " + std::to_string(value_node.line + 1) + ": key " + go_syntax(key) + " already set in map";
    }
    return true;
  }
  out.set(*text, key.is.index(), std::move(value));
  return true;
}

bool Decoder::merge(const Node& value, MappingBuilder& out) {
  if (value.kind != NodeKind::sequence) return merge_one(index_of(value), out);
  // The first of several mappings wins, so it comes last.
  std::vector<std::uint32_t> items;
  for (auto child = value.child; child != 0; child = tree_.nodes[child].next) items.push_back(child);
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    if (!merge_one(*item, out)) return false;
  }
  return true;
}

bool Decoder::merge_one(std::uint32_t index, MappingBuilder& out) {
  const auto& node = tree_.nodes[index];
  const bool is_alias = node.kind == NodeKind::alias;
  const auto& source = is_alias ? tree_.nodes[node.target] : node;
  if (source.kind != NodeKind::mapping) {
    return fail(Errc::invalid_chart, "yaml: map merge requires map or sequence of maps as the value");
  }
  if (!enter(node)) return false;
  if (is_alias && !(enter_alias(index) && count(source))) return false;
  if (!members(source, out)) return false;
  if (is_alias) leave_alias(index);
  --depth_;
  return true;
}

}  // namespace

Result<Value> decode(const Tree& tree, DuplicateMappingKeys duplicates) {
  if (tree.nodes.empty()) return Value{};
  return Decoder(tree, duplicates).document();
}

}  // namespace portolan::internal::yaml
