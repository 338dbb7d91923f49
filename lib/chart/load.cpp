// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <cerrno>

#include <portolan/chart/package.h>

#include "base/file.h"
#include "base/text.h"
#include "chart/files.h"

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

Result<Chart> check_api_version(Result<Chart> chart, ApiVersions api_versions) {
  if (!chart || api_versions == ApiVersions::any) return chart;
  const auto& version = chart->metadata.api_version;
  if (version == "v1" || version == "v2") return chart;
  if (version == "v3") return Error(Errc::invalid_chart, "invalid chart apiVersion");
  return Error(Errc::invalid_chart, "unsupported chart version");
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
    return check_api_version(load_archive(context, *archive, path.string()), api_versions);
  }
  auto list = internal::chart::read_directory(context, path);
  if (!list) return std::move(list).error().within("loading " + path.string());
  return check_api_version(internal::chart::assemble(context, *std::move(list)), api_versions)
      .within("loading " + path.string());
}

Result<Chart> load(const fs::path& path, ApiVersions api_versions) { return load({}, path, api_versions); }

}  // namespace portolan::chart
