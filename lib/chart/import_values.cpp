// SPDX-License-Identifier: Apache-2.0
#include "chart/import_values.h"

#include <algorithm>
#include <vector>

#include "json/writer.h"
#include "yaml/compose.h"

namespace portolan::internal::chart {
namespace {

void write(json::Writer& out, const yaml::Value& value) {
  if (const auto* boolean = std::get_if<bool>(&value.is)) {
    out.boolean(*boolean);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value.is)) {
    out.floating(static_cast<double>(*integer));
  } else if (const auto* large = std::get_if<std::uint64_t>(&value.is)) {
    out.floating(static_cast<double>(*large));
  } else if (const auto* number = std::get_if<double>(&value.is)) {
    out.floating(*number);
  } else if (const auto* text = value.string()) {
    out.string(*text);
  } else if (const auto* sequence = value.sequence()) {
    out.begin_array();
    for (const auto& item : *sequence) write(out, item);
    out.end_array();
  } else if (const auto* mapping = value.mapping()) {
    std::vector<const yaml::Mapping::value_type*> members;
    for (const auto& member : *mapping) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    out.begin_object();
    for (const auto* member : members) {
      out.key(member->first);
      write(out, member->second);
    }
    out.end_object();
  } else {
    out.null();
  }
}

}  // namespace

std::string import_value_json(const yaml::Value& value) {
  json::Writer out;
  write(out, value);
  return std::move(out).text();
}

// JSON is YAML to Helm's library too.
Result<yaml::Value> import_value_tree(const std::string& json) { return yaml::compose(json); }

}  // namespace portolan::internal::chart
