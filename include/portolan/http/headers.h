// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portolan::http {

/// The header fields of a request or response, in their order. Names are compared without regard to case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Puts the field in the place of all others of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);

  bool contains(std::string_view name) const noexcept { return find(name) != nullptr; }
  /// The first value; empty where there is none.
  std::string_view get(std::string_view name) const noexcept;
  /// Every value, in order.
  std::vector<std::string_view> all(std::string_view name) const;

  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  bool empty() const noexcept { return fields_.empty(); }

 private:
  const std::string* find(std::string_view name) const noexcept;

  std::vector<Field> fields_;
};

}  // namespace portolan::http
