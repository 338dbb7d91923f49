// SPDX-License-Identifier: Apache-2.0
#include "yaml/mapping_builder.h"

namespace portolan::internal::yaml {
namespace {

// Up to here looking at each key is faster than an index.
constexpr std::size_t few = 16;

}  // namespace

std::size_t MappingBuilder::position_of(std::string_view key) const {
  if (!index_.empty()) {
    const auto found = index_.find(key);
    return found == index_.end() ? none : *found;
  }
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].first == key) return i;
  }
  return none;
}

bool MappingBuilder::contains(std::string_view key, std::size_t type) const {
  const auto position = position_of(key);
  return position != none && types_[position] == type;
}

void MappingBuilder::set(std::string key, std::size_t type, Value value) {
  const auto position = position_of(key);
  if (position != none) {
    members_[position].second = std::move(value);
    types_[position] = static_cast<std::uint8_t>(type);
    return;
  }
  members_.emplace_back(std::move(key), std::move(value));
  types_.push_back(static_cast<std::uint8_t>(type));
  if (members_.size() <= few) return;
  const auto last = static_cast<std::uint32_t>(members_.size() - 1);
  for (std::uint32_t i = index_.empty() ? 0 : last; i <= last; ++i) index_.insert(i);
}

}  // namespace portolan::internal::yaml
