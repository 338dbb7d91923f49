// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "yaml/value.h"

namespace portolan::internal::yaml {

/// A mapping under construction: each key once, where it was first seen, with its last value. A key's type is any
/// number; keys of several types may have one text, and then the last one wins (in Go a random one does).
class MappingBuilder {
 public:
  MappingBuilder() = default;
  MappingBuilder(const MappingBuilder&) = delete;
  MappingBuilder& operator=(const MappingBuilder&) = delete;

  /// Whether there is a key of that text and type.
  bool contains(std::string_view key, std::size_t type) const;
  void set(std::string key, std::size_t type, Value value);
  /// Notes that the mapping has a key that it cannot have; the last such note is kept.
  void refuse_key(std::string why) { refused_key_ = std::move(why); }
  const std::string& refused_key() const noexcept { return refused_key_; }
  Mapping take() && { return std::move(members_); }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t position_of(std::string_view key) const;

  struct ByKey {
    using is_transparent = void;
    const MappingBuilder* builder;
    std::string_view text(std::uint32_t i) const { return builder->members_[i].first; }
    static std::string_view text(std::string_view key) { return key; }
    bool operator()(const auto& a, const auto& b) const { return text(a) < text(b); }
  };

  Mapping members_{};
  std::vector<std::uint8_t> types_{};
  std::string refused_key_{};
  // Positions by key, once there are many. No hash table: its keys come from strangers.
  std::set<std::uint32_t, ByKey> index_{ByKey{this}};
};

}  // namespace portolan::internal::yaml
