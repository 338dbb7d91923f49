// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "yaml/compose.h"
#include "yaml/json_text.h"

namespace portolan::test {

/// The value with its keys in the order of Go's JSON.
inline internal::yaml::Value sorted(const internal::yaml::Value& value) {
  using namespace internal::yaml;
  if (const auto* items = value.sequence()) {
    Sequence out;
    for (const auto& item : *items) out.push_back(sorted(item));
    return {std::move(out)};
  }
  if (const auto* members = value.mapping()) {
    Mapping out;
    for (const auto& [key, member] : *members) out.emplace_back(key, sorted(member));
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    return {std::move(out)};
  }
  return value;
}

/// What Go's YAMLToJSON answers for a document: JSON, or the error's text.
inline std::string answer(std::string_view document) {
  const auto value = internal::yaml::compose(document);
  if (!value) return value.error().message();
  const auto json = internal::yaml::json_text(sorted(*value));
  return json ? *json : json.error().message();
}

/// A document and Go's answer. Every row was made by sigs.k8s.io/yaml 1.6.0 with go-yaml 2.4.3.
struct Row {
  std::string_view document;
  std::string_view answer;
};

}  // namespace portolan::test
