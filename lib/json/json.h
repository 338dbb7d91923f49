// SPDX-License-Identifier: Apache-2.0
// JSON from strangers, read into a tree. Only codec files include this.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string_view>

#include <portolan/base/result.h>

namespace portolan::internal::json {

/// Nesting of arrays and objects that is read; manifests need 5.
inline constexpr std::size_t max_depth = 64;

/// What to do with an object that holds a key twice.
enum class DuplicateKeys : std::uint8_t {
  refuse,     ///< manifests and everything whose digest matters: two readers could see two things
  last_wins,  ///< configuration files, as Go reads them
};

/// Keeps the order of keys, so that what is read and written again stays as it was.
using Value = nlohmann::ordered_json;

/// Parses one JSON value (RFC 8259): valid UTF-8, at most max_depth deep, nothing after it. With `refuse` also an
/// integer that fits neither int64 nor uint64 is refused; with `last_wins` it becomes a double, as Go reads it.
/// Errors: corrupt, with the byte offset, the key or the number; limit_exceeded for depth.
Result<Value> parse(std::string_view text, DuplicateKeys duplicates = DuplicateKeys::refuse);

class Writer;
/// Writes a tree that parse() made, in its own order: strings as Go has them, numbers so that they read back as they
/// are.
void write(Writer& writer, const Value& value);

}  // namespace portolan::internal::json
