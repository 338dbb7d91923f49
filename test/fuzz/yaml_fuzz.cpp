// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as YAML. What was read must be the same after it was written and read again, and written again it
// must be the same text.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "yaml/compose.h"
#include "yaml/emit.h"

namespace {

using namespace portolan::internal::yaml;

void require(bool holds) {
  if (!holds) std::abort();
}

// A number's value, where it is one; whole floats come back as integers.
bool as_number(const Value& value, double& number) {
  if (const auto* integer = std::get_if<std::int64_t>(&value.is)) return number = static_cast<double>(*integer), true;
  if (const auto* integer = std::get_if<std::uint64_t>(&value.is)) return number = static_cast<double>(*integer), true;
  if (const auto* floating = std::get_if<double>(&value.is)) return number = *floating, true;
  return false;
}

std::vector<const std::pair<std::string, Value>*> by_key(const Mapping& mapping) {
  std::vector<const std::pair<std::string, Value>*> members;
  for (const auto& member : mapping) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  return members;
}

bool same(const Value& a, const Value& b) {
  if (a.sequence() != nullptr && b.sequence() != nullptr) {
    return std::equal(a.sequence()->begin(), a.sequence()->end(), b.sequence()->begin(), b.sequence()->end(), same);
  }
  if (a.mapping() != nullptr && b.mapping() != nullptr) {
    const auto members = by_key(*a.mapping());
    const auto others = by_key(*b.mapping());
    return std::equal(members.begin(), members.end(), others.begin(), others.end(),
                      [](const auto* one, const auto* other) {
                        return one->first == other->first && same(one->second, other->second);
                      });
  }
  double number = 0;
  double other = 0;
  if (as_number(a, number) && as_number(b, other)) return number == other || (std::isnan(number) && std::isnan(other));
  return a == b;
}

// go-yaml writes such a key plain, and then reads it as a merge key.
bool has_merge_key(const Value& value) {
  if (const auto* items = value.sequence()) return std::any_of(items->begin(), items->end(), has_merge_key);
  const auto* members = value.mapping();
  return members != nullptr && std::any_of(members->begin(), members->end(), [](const auto& member) {
           return member.first == "<<" || has_merge_key(member.second);
         });
}

void write_and_read_again(const Value& value) {
  const auto text = emit(value);
  if (text.size() > max_document_size) return;
  const auto again = compose(text);
  if (!again && again.error().code() == portolan::Errc::limit_exceeded) return;
  require(again.has_value());
  require(same(value, *again));
  const auto settled = emit(*again);
  require(emit(compose(settled).value()) == settled);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = compose(text);
  const auto strict = compose(text, DuplicateMappingKeys::refuse);
  require(value.has_value() || !strict.has_value());
  if (strict) require(same(*value, *strict));
  if (!value) return 0;
  if (has_merge_key(*value)) return 0;
  write_and_read_again(*value);
  if (const auto bridged = emit_through_json(*value)) {
    if (bridged->size() <= max_document_size) require(compose(*bridged).has_value());
  }
  return 0;
}
