// SPDX-License-Identifier: Apache-2.0
// Words of protocols, which are compared without regard to case. Other bytes than those of ASCII are left alone, and no
// locale has a say.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace portolan::internal {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = lower(c);
  return result;
}

inline bool same_word(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace portolan::internal
