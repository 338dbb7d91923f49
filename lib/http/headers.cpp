// SPDX-License-Identifier: Apache-2.0
#include <portolan/http/headers.h>

#include <algorithm>

namespace portolan::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return same_name(field.first, name); });
}

const std::string* Headers::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) { return same_name(field.first, name); });
  return found == fields_.end() ? nullptr : &found->second;
}

std::string_view Headers::get(std::string_view name) const noexcept {
  const auto found = find(name);
  return found == nullptr ? std::string_view() : *found;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : fields_) {
    if (same_name(key, name)) values.push_back(value);
  }
  return values;
}

}  // namespace portolan::http
