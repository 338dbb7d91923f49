// SPDX-License-Identifier: Apache-2.0
#include <portolan/http/headers.h>

#include <algorithm>

#include "base/ascii.h"

namespace portolan::http {

using internal::same_word;

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return same_word(field.first, name); });
}

const std::string* Headers::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) { return same_word(field.first, name); });
  return found == fields_.end() ? nullptr : &found->second;
}

std::string_view Headers::get(std::string_view name) const noexcept {
  const auto found = find(name);
  return found == nullptr ? std::string_view() : *found;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : fields_) {
    if (same_word(key, name)) values.push_back(value);
  }
  return values;
}

}  // namespace portolan::http
