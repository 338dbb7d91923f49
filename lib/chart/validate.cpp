// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <portolan/version/version.h>

#include "base/text.h"
#include "chart/metadata_decode.h"
#include "chart/printable.h"

namespace portolan::internal::chart {
namespace {

using portolan::chart::Dependency;
using portolan::chart::Metadata;

Error invalid(const std::string& text) { return Error(Errc::invalid_chart, "validation: " + text); }

void sanitize(std::string& text) { text = sanitized(text); }
void sanitize(std::vector<std::string>& texts) {
  for (auto& text : texts) sanitize(text);
}

void sanitize_fields(Metadata& metadata) {
  for (auto* text : {&metadata.name, &metadata.description, &metadata.home, &metadata.icon, &metadata.condition,
                     &metadata.tags, &metadata.app_version, &metadata.kube_version}) {
    sanitize(*text);
  }
  sanitize(metadata.sources);
  sanitize(metadata.keywords);
}

bool is_alias(std::string_view alias) {
  return std::all_of(alias.begin(), alias.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Result<void> validate_dependencies(Metadata& metadata, const NullEntries& nulls) {
  std::set<std::string> keys;
  for (std::size_t i = 0; i < metadata.dependencies.size(); ++i) {
    if (nulls.dependency == i) return invalid("dependencies must not contain empty or null nodes");
    auto& dependency = metadata.dependencies[i];
    for (auto* text : {&dependency.name, &dependency.version, &dependency.repository, &dependency.condition}) {
      sanitize(*text);
    }
    sanitize(dependency.tags);
    if (!is_alias(dependency.alias)) {
      return invalid("dependency " + quote(dependency.name) + " has disallowed characters in the alias");
    }
    const auto& key = dependency.alias.empty() ? dependency.name : dependency.alias;
    if (!keys.insert(key).second) return invalid("more than one dependency with name or alias " + quote(key));
  }
  return {};
}

}  // namespace

Result<void> validate(Metadata& metadata, const NullEntries& nulls) {
  sanitize_fields(metadata);
  if (metadata.api_version.empty()) return invalid("chart.metadata.apiVersion is required");
  if (metadata.name.empty()) return invalid("chart.metadata.name is required");
  if (metadata.name == "." || metadata.name == "..") {
    return invalid("chart.metadata.name " + quote(metadata.name) + " is not allowed");
  }
  if (metadata.name.find('/') != std::string::npos) {
    return invalid("chart.metadata.name " + quote(metadata.name) + " is invalid");
  }
  if (metadata.version.empty()) return invalid("chart.metadata.version is required");
  if (!portolan::chart::Version::parse(metadata.version)) {
    return invalid("chart.metadata.version " + quote(metadata.version) + " is invalid");
  }
  if (!metadata.type.empty() && metadata.type != "application" && metadata.type != "library") {
    return invalid("chart.metadata.type must be application or library");
  }
  if (nulls.maintainer) return invalid("maintainers must not contain empty or null nodes");
  for (auto& maintainer : metadata.maintainers) {
    for (auto* text : {&maintainer.name, &maintainer.email, &maintainer.url}) sanitize(*text);
  }
  return validate_dependencies(metadata, nulls);
}

}  // namespace portolan::internal::chart

namespace portolan::chart {

Result<void> validate(Metadata& metadata) { return internal::chart::validate(metadata, {}); }

}  // namespace portolan::chart
