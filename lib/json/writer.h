// SPDX-License-Identifier: Apache-2.0
// JSON as Go's encoding/json writes it by default: the digests of configs and manifests depend on every byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace portolan::internal::json {

/// Appends the text as a JSON string: `<`, `>`, `&`, U+2028 and U+2029 escaped, invalid UTF-8 as \ufffd.
void append_string(std::string& out, std::string_view text);

/// The shortest form of a double that Go's encoder writes (exponent below 1e-6 and from 1e21).
/// Contract: finite.
std::string number(double value);

/// Writes compact JSON, one token after another; commas and colons come by themselves.
/// Contract: the calls form one JSON value.
class Writer {
 public:
  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& string(std::string_view text);
  Writer& integer(std::int64_t value);
  Writer& unsigned_integer(std::uint64_t value);
  Writer& floating(double value);
  Writer& boolean(bool value);
  Writer& null();
  /// A value that is JSON already.
  Writer& raw(std::string_view json);

  /// key() and a value.
  Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }

  const std::string& text() const& noexcept { return out_; }
  std::string text() && noexcept { return std::move(out_); }
  /// The same for people's eyes as well: characters that a terminal would obey, or not show, are escaped. It is not
  /// what Go writes, so nothing that has a digest.
  std::string printable() &&;

 private:
  void separate();
  std::string out_;
  bool comma_ = false;
};

}  // namespace portolan::internal::json
