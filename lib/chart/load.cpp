// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <cerrno>

#include <portolan/chart/package.h>

#include "base/file.h"
#include "base/text.h"
#include "chart/files.h"
#include "chart/metadata_decode.h"

namespace portolan::internal::chart {
namespace {

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1F\x8B\x08"); }

Error not_gzip(std::string_view name) {
  if (name.ends_with(".yml") || name.ends_with(".yaml")) {
    return Error(Errc::invalid_chart,
                 "file '" + std::string(name) + "' seems to be a YAML file, but expected a gzipped archive");
  }
  return Error(Errc::invalid_chart, "file '" + std::string(name) + "' does not appear to be a gzipped archive");
}

}  // namespace

Result<LoadedArchive> load_archive(const Context& context, std::string_view archive, std::string_view name) {
  const auto frame = [&] { return "loading " + std::string(name); };
  if (!is_gzip(archive)) return not_gzip(name);
  auto list = read_archive(context, archive);
  if (!list) return std::move(list).error().within(frame());
  LoadedArchive loaded{.newest_member = list->newest, .member_count = list->files.size()};
  auto chart = assemble(context, *std::move(list));
  if (!chart) return std::move(chart).error().within(frame());
  loaded.chart = *std::move(chart);
  return loaded;
}

}  // namespace portolan::internal::chart

namespace portolan::chart {
namespace {

namespace fs = std::filesystem;

Result<void> require_supported(std::string_view api_version) {
  if (api_version.empty() || api_version == "v1" || api_version == "v2") return {};
  if (api_version == "v3") return Error(Errc::invalid_chart, "invalid chart apiVersion");
  return Error(Errc::invalid_chart, "unsupported chart version");
}

// A requirements.yaml can replace the apiVersion later on; Helm decides by Chart.yaml alone.
Result<void> check_api_version(const internal::chart::FileList& list) {
  for (const auto& file : list.files) {
    if (file.name != "Chart.yaml") continue;
    auto api_version = internal::chart::read_api_version(file.data);
    if (!api_version) return std::move(api_version).error().within("cannot load Chart.yaml");
    if (auto supported = require_supported(*api_version); !supported) return supported;
  }
  return {};
}

}  // namespace

Result<Chart> load_archive(const Context& context, std::string_view archive, std::string_view name) {
  auto loaded = internal::chart::load_archive(context, archive, name);
  if (!loaded) return std::move(loaded).error();
  return std::move(loaded->chart);
}

Result<Chart> load(const Context& context, const fs::path& path, ApiVersions api_versions) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return internal::system_error(errno, "loading", path);
  if (!S_ISDIR(status.st_mode)) {
    auto archive = internal::read_file(path, max_archive_size);
    if (!archive) return std::move(archive).error();
    auto chart = load_archive(context, *archive, path.string());
    if (!chart || api_versions == ApiVersions::any) return chart;
    if (auto supported = require_supported(chart->metadata.api_version); !supported)
      return std::move(supported).error();
    return chart;
  }
  auto list = internal::chart::read_directory(context, path);
  if (!list) return std::move(list).error().within("loading " + path.string());
  if (api_versions == ApiVersions::supported) {
    if (auto supported = check_api_version(*list); !supported) {
      return std::move(supported).error().within("loading " + path.string());
    }
  }
  return internal::chart::assemble(context, *std::move(list)).within("loading " + path.string());
}

Result<Chart> load(const fs::path& path, ApiVersions api_versions) { return load({}, path, api_versions); }

}  // namespace portolan::chart
