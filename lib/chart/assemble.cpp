// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "chart/files.h"
#include "chart/metadata_decode.h"
#include "chart/values_documents.h"

namespace portolan::internal::chart {
namespace {

using portolan::chart::Chart;
using portolan::chart::File;

/// A chart in the making.
struct Assembly {
  Chart chart;
  bool has_metadata = false;
  NullEntries nulls;
  std::map<std::string, std::vector<File>> subcharts;  // by first path component below charts/, in bytewise order
};

std::string_view extension_of(std::string_view name) {
  const auto slash = name.rfind('/');
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot);
}

Result<void> read_chart_yaml(Assembly& assembly, const File& file) {
  if (auto read = read_metadata(file.data, assembly.chart.metadata, assembly.nulls); !read) {
    return std::move(read).within("cannot load Chart.yaml");
  }
  assembly.has_metadata = true;
  if (assembly.chart.metadata.api_version.empty()) assembly.chart.metadata.api_version = "v1";
  assembly.chart.chart_yaml_modified = file.modified;
  return {};
}

Result<void> take_lock(Assembly& assembly, const File& file) {
  auto lock = read_lock(file.data);
  if (!lock) return std::move(lock).error().within("cannot load " + file.name);
  assembly.chart.lock = *std::move(lock);
  return {};
}

Result<void> take_requirements(Assembly& assembly, File file) {
  auto& chart = assembly.chart;
  const bool v1 = chart.metadata.api_version == "v1";
  if (file.name == "requirements.yaml") {
    assembly.has_metadata = true;
    if (auto read = read_metadata(file.data, chart.metadata, assembly.nulls); !read) {
      return std::move(read).within("cannot load requirements.yaml");
    }
    if (!v1) {
      chart.warnings.push_back(
          "Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to "
          "Chart.yaml.");
    }
  } else {
    if (auto taken = take_lock(assembly, file); !taken) return taken;
    if (!v1) {
      chart.warnings.push_back(
          "Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to Chart.lock.");
    }
  }
  if (chart.metadata.api_version == "v1") chart.other_files.push_back(std::move(file));
  return {};
}

Result<void> classify(Assembly& assembly, File file) {
  auto& chart = assembly.chart;
  if (file.name == "Chart.yaml") return {};
  if (file.name == "Chart.lock") return take_lock(assembly, file);
  if (file.name == "values.yaml") {
    if (auto readable = check_values(file.data); !readable)
      return std::move(readable).within("cannot load values.yaml");
    chart.values_files.push_back(std::move(file));
  } else if (file.name == "values.schema.json") {
    chart.schema = std::move(file);
  } else if (file.name == "requirements.yaml" || file.name == "requirements.lock") {
    return take_requirements(assembly, std::move(file));
  } else if (file.name.starts_with("templates/")) {
    chart.template_files.push_back(std::move(file));
  } else if (file.name.starts_with("charts/") && extension_of(file.name) != ".prov") {
    file.name.erase(0, std::string_view("charts/").size());
    auto bucket = file.name.substr(0, file.name.find('/'));
    assembly.subcharts[std::move(bucket)].push_back(std::move(file));
  } else {
    chart.other_files.push_back(std::move(file));
  }
  return {};
}

Result<Chart> subchart_of(const Context& context, const std::string& bucket, std::vector<File> files, unsigned depth,
                          const std::string& parent) {
  if (extension_of(bucket) == ".tgz") {
    if (files.front().name != bucket) {
      return Error(Errc::invalid_chart, "error unpacking subchart tar in " + parent + ": expected " + bucket +
                                            ", got " + files.front().name);
    }
    auto list = read_archive(context, files.front().data);
    files.clear();
    if (!list) return std::move(list).error().within("error unpacking subchart " + bucket + " in " + parent);
    return assemble(context, *std::move(list), depth + 1)
        .within("error unpacking subchart " + bucket + " in " + parent);
  }
  FileList list;
  for (auto& file : files) {
    const auto slash = file.name.find('/');
    if (slash == std::string::npos) continue;
    file.name.erase(0, slash + 1);
    list.files.push_back(std::move(file));
  }
  return assemble(context, std::move(list), depth + 1).within("error unpacking subchart " + bucket + " in " + parent);
}

}  // namespace

Result<Chart> assemble(const Context& context, FileList list, unsigned depth) {
  if (auto go = context.check(); !go) return std::move(go).error();
  if (depth > portolan::chart::max_subchart_depth) {
    return Error(Errc::limit_exceeded,
                 "charts nest deeper than " + std::to_string(portolan::chart::max_subchart_depth));
  }
  Assembly assembly;
  assembly.chart.warnings = std::move(list.warnings);
  for (const auto& file : list.files) {
    if (file.name != "Chart.yaml") continue;
    if (auto read = read_chart_yaml(assembly, file); !read) return std::move(read).error();
  }
  for (auto& file : list.files) {
    if (auto taken = classify(assembly, std::move(file)); !taken) return std::move(taken).error();
  }
  list.files.clear();
  if (!assembly.has_metadata) return Error(Errc::invalid_chart, "Chart.yaml file is missing");
  auto& chart = assembly.chart;
  if (auto valid = validate(chart.metadata, assembly.nulls); !valid) return std::move(valid).error();
  for (auto& [bucket, files] : assembly.subcharts) {
    if (bucket.starts_with('_') || bucket.starts_with('.')) continue;
    auto subchart = subchart_of(context, bucket, std::move(files), depth, chart.metadata.name);
    if (!subchart) return std::move(subchart).error();
    for (auto& warning : subchart->warnings) chart.warnings.push_back(std::move(warning));
    subchart->warnings.clear();
    chart.subcharts.push_back(*std::move(subchart));
  }
  return std::move(chart);
}

}  // namespace portolan::internal::chart
