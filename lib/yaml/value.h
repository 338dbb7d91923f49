// SPDX-License-Identifier: Apache-2.0
// YAML as Helm sees it: the tree that go-yaml v2 makes of a document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace portolan::internal::yaml {

struct Value;
struct Null {
  friend bool operator==(Null, Null) = default;
};
using Sequence = std::vector<Value>;
/// Keys are text (see compose()); each is there once; in the order in which keys were first seen.
using Mapping = std::vector<std::pair<std::string, Value>>;

/// One resolved node. Integers that fit int64 are int64; larger ones uint64.
struct Value {
  std::variant<Null, bool, std::int64_t, std::uint64_t, double, std::string, Sequence, Mapping> is{};

  bool null() const noexcept { return std::holds_alternative<Null>(is); }
  const std::string* string() const noexcept { return std::get_if<std::string>(&is); }
  const Sequence* sequence() const noexcept { return std::get_if<Sequence>(&is); }
  const Mapping* mapping() const noexcept { return std::get_if<Mapping>(&is); }
  /// The member of that name, or null. Contract: a mapping.
  const Value* find(std::string_view key) const noexcept;

  friend bool operator==(const Value&, const Value&) = default;
};

/// The text that a scalar becomes where a string is asked for (chart-package 1.8, 10.3): integers in decimal, floats
/// through single precision, `true` and `false`, null as "". Contract: neither sequence nor mapping.
std::string scalar_text(const Value& value);

}  // namespace portolan::internal::yaml
