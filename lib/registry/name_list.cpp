// SPDX-License-Identifier: Apache-2.0
#include "registry/name_list.h"

#include "json/json.h"

namespace portolan::internal::registry {

Result<std::vector<std::string>> read_names(std::string_view page, std::string_view member) {
  auto value = json::parse(page, json::DuplicateKeys::last_wins);
  if (!value) return std::move(value).error();
  if (!value->is_object()) return Error(Errc::corrupt, "a list of names is no JSON object");
  const auto list = value->find(member);
  if (list == value->end() || list->is_null()) return std::vector<std::string>();
  if (!list->is_array()) return Error(Errc::corrupt, "'" + std::string(member) + "' is no list");
  std::vector<std::string> names;
  names.reserve(list->size());
  for (const auto& name : *list) {
    if (!name.is_string()) return Error(Errc::corrupt, "'" + std::string(member) + "' holds something that is no text");
    names.push_back(name.get<std::string>());
  }
  return names;
}

}  // namespace portolan::internal::registry
