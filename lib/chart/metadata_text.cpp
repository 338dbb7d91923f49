// SPDX-License-Identifier: Apache-2.0
// Metadata as text: the config blob's JSON, and Chart.yaml.
#include "chart/metadata_text.h"

#include "chart/import_values.h"
#include "json/writer.h"
#include "yaml/emit.h"

namespace portolan::internal::chart {
namespace {

using portolan::chart::Dependency;
using portolan::chart::Lock;
using portolan::chart::Metadata;
using yaml::Mapping;
using yaml::Sequence;
using yaml::Value;

void put(Mapping& mapping, std::string_view key, const std::string& text) {
  if (!text.empty()) mapping.emplace_back(std::string(key), Value{text});
}
void put(Mapping& mapping, std::string_view key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  Sequence sequence;
  for (const auto& text : texts) sequence.push_back(Value{text});
  mapping.emplace_back(std::string(key), Value{std::move(sequence)});
}

Result<Value> dependency_tree(const Dependency& dependency) {
  Mapping mapping;
  mapping.emplace_back("name", Value{dependency.name});
  put(mapping, "version", dependency.version);
  mapping.emplace_back("repository", Value{dependency.repository});
  put(mapping, "condition", dependency.condition);
  put(mapping, "tags", dependency.tags);
  if (dependency.enabled) mapping.emplace_back("enabled", Value{true});
  if (!dependency.import_values.empty()) {
    Sequence values;
    for (const auto& json : dependency.import_values) {
      auto tree = import_value_tree(json);
      if (!tree) return std::move(tree).error();
      values.push_back(*std::move(tree));
    }
    mapping.emplace_back("import-values", Value{std::move(values)});
  }
  put(mapping, "alias", dependency.alias);
  return Value{std::move(mapping)};
}

Result<Value> dependency_trees(const std::vector<Dependency>& dependencies) {
  Sequence sequence;
  for (const auto& dependency : dependencies) {
    auto tree = dependency_tree(dependency);
    if (!tree) return std::move(tree).error();
    sequence.push_back(*std::move(tree));
  }
  return Value{std::move(sequence)};
}

Result<Value> metadata_tree(const Metadata& metadata) {
  Mapping mapping;
  put(mapping, "name", metadata.name);
  put(mapping, "home", metadata.home);
  put(mapping, "sources", metadata.sources);
  put(mapping, "version", metadata.version);
  put(mapping, "description", metadata.description);
  put(mapping, "keywords", metadata.keywords);
  if (!metadata.maintainers.empty()) {
    Sequence maintainers;
    for (const auto& maintainer : metadata.maintainers) {
      Mapping one;
      put(one, "name", maintainer.name);
      put(one, "email", maintainer.email);
      put(one, "url", maintainer.url);
      maintainers.push_back(Value{std::move(one)});
    }
    mapping.emplace_back("maintainers", Value{std::move(maintainers)});
  }
  put(mapping, "icon", metadata.icon);
  put(mapping, "apiVersion", metadata.api_version);
  put(mapping, "condition", metadata.condition);
  put(mapping, "tags", metadata.tags);
  put(mapping, "appVersion", metadata.app_version);
  if (metadata.deprecated) mapping.emplace_back("deprecated", Value{true});
  if (!metadata.annotations.empty()) {
    Mapping annotations;
    for (const auto& [key, text] : metadata.annotations) annotations.emplace_back(key, Value{text});
    mapping.emplace_back("annotations", Value{std::move(annotations)});
  }
  put(mapping, "kubeVersion", metadata.kube_version);
  if (!metadata.dependencies.empty()) {
    auto dependencies = dependency_trees(metadata.dependencies);
    if (!dependencies) return std::move(dependencies).error();
    mapping.emplace_back("dependencies", *std::move(dependencies));
  }
  put(mapping, "type", metadata.type);
  return Value{std::move(mapping)};
}

void write(json::Writer& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out.member(key, text);
}
void write(json::Writer& out, std::string_view key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.key(key).begin_array();
  for (const auto& text : texts) out.string(text);
  out.end_array();
}

void write_dependency(json::Writer& out, const Dependency& dependency) {
  out.begin_object();
  out.member("name", dependency.name);
  write(out, "version", dependency.version);
  out.member("repository", dependency.repository);
  write(out, "condition", dependency.condition);
  write(out, "tags", dependency.tags);
  if (dependency.enabled) out.key("enabled").boolean(true);
  if (!dependency.import_values.empty()) {
    out.key("import-values").begin_array();
    for (const auto& json : dependency.import_values) out.raw(json);
    out.end_array();
  }
  write(out, "alias", dependency.alias);
  out.end_object();
}

}  // namespace

Result<std::string> lock_yaml(const Lock& lock) {
  Mapping mapping;
  Value dependencies;
  if (lock.has_dependencies) {
    auto trees = dependency_trees(lock.dependencies);
    if (!trees) return std::move(trees).error();
    dependencies = *std::move(trees);
  }
  mapping.emplace_back("generated", Value{lock.generated});
  mapping.emplace_back("digest", Value{lock.digest});
  mapping.emplace_back("dependencies", std::move(dependencies));
  return yaml::emit_through_json(Value{std::move(mapping)});
}

}  // namespace portolan::internal::chart

namespace portolan::chart {

using namespace internal::chart;

std::string config_json(const Metadata& metadata) {
  internal::json::Writer out;
  out.begin_object();
  write(out, "name", metadata.name);
  write(out, "home", metadata.home);
  write(out, "sources", metadata.sources);
  write(out, "version", metadata.version);
  write(out, "description", metadata.description);
  write(out, "keywords", metadata.keywords);
  if (!metadata.maintainers.empty()) {
    out.key("maintainers").begin_array();
    for (const auto& maintainer : metadata.maintainers) {
      out.begin_object();
      write(out, "name", maintainer.name);
      write(out, "email", maintainer.email);
      write(out, "url", maintainer.url);
      out.end_object();
    }
    out.end_array();
  }
  write(out, "icon", metadata.icon);
  write(out, "apiVersion", metadata.api_version);
  write(out, "condition", metadata.condition);
  write(out, "tags", metadata.tags);
  write(out, "appVersion", metadata.app_version);
  if (metadata.deprecated) out.key("deprecated").boolean(true);
  if (!metadata.annotations.empty()) {
    out.key("annotations").begin_object();
    for (const auto& [key, text] : metadata.annotations) out.member(key, text);
    out.end_object();
  }
  write(out, "kubeVersion", metadata.kube_version);
  if (!metadata.dependencies.empty()) {
    out.key("dependencies").begin_array();
    for (const auto& dependency : metadata.dependencies) write_dependency(out, dependency);
    out.end_array();
  }
  write(out, "type", metadata.type);
  out.end_object();
  return std::move(out).text();
}

Result<std::string> chart_yaml(const Metadata& metadata) {
  auto tree = metadata_tree(metadata);
  if (!tree) return std::move(tree).error();
  return internal::yaml::emit_through_json(*tree);
}

}  // namespace portolan::chart
