// SPDX-License-Identifier: Apache-2.0
// TOML 1.0, as far as files about registries have it: everything is read, and of dates only that they are there.
#pragma once

#include <portolan/base/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace portolan::internal::client {

/// Bytes of the largest file, tables and arrays within each other, and keys and values in all.
inline constexpr std::uint64_t max_toml_size = 1024 * 1024;
inline constexpr unsigned max_toml_depth = 32;
inline constexpr std::size_t max_toml_values = 5000;

struct TomlValue;
struct TomlMember;
using TomlArray = std::vector<TomlValue>;

/// Members in the order of the file, which says in hosts.toml who is asked first.
struct TomlTable {
  // What a member is, is only known below.
  TomlTable();
  TomlTable(const TomlTable& other);
  TomlTable(TomlTable&& other) noexcept;
  TomlTable& operator=(const TomlTable& other);
  TomlTable& operator=(TomlTable&& other) noexcept;
  ~TomlTable();

  std::vector<TomlMember> members;
  bool closed = false;   ///< an inline table, or one that a header has named: nobody opens it again
  bool by_keys = false;  ///< made by a dotted key

  const TomlValue* find(std::string_view key) const noexcept;
  TomlValue* find(std::string_view key) noexcept;
};

struct TomlValue {
  struct Other {};  ///< a float, a date or a time
  std::variant<Other, bool, std::int64_t, std::string, TomlArray, TomlTable> value{};
  bool of_tables = false;  ///< an array that `[[…]]` makes

  template <class T>
  const T* as() const noexcept {
    return std::get_if<T>(&value);
  }
};

struct TomlMember {
  std::string key{};
  TomlValue value{};
};

/// The table of the whole text. Errors: invalid_configuration, with the line and never what stands in it.
Result<TomlTable> parse_toml(std::string_view text);

}  // namespace portolan::internal::client
