// SPDX-License-Identifier: Apache-2.0
#include <portolan/chart/package.h>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include <portolan/version/version.h>

#include "archive/helm_archive.h"
#include "base/file.h"
#include "base/text.h"
#include "chart/artifact.h"
#include "chart/files.h"
#include "chart/metadata_text.h"
#include "chart/rfc3339.h"
#include "json/valid.h"

namespace portolan::chart {
namespace {

namespace fs = std::filesystem;
using internal::archive::HelmArchive;

// About how many bytes the tar stream has, from above.
std::size_t size_of(const Chart& chart) {
  constexpr std::size_t framing = 2048;  // a header, an extended one with its records, filling
  std::size_t size = 4 * framing;
  const auto add = [&](const File& file) { size += file.data.size() + framing; };
  for (const auto* files : {&chart.values_files, &chart.template_files, &chart.other_files}) {
    for (const auto& file : *files) add(file);
  }
  if (chart.schema) add(*chart.schema);
  for (const auto& subchart : chart.subcharts) size += size_of(subchart);
  return size;
}

// Helm's order of members, recursively (chart-package 2.4).
class ArchiveWriter {
 public:
  explicit ArchiveWriter(std::optional<FileTime> fixed) : fixed_(fixed) {}

  Result<void> add(const Chart& chart, const std::string& above) {
    const auto prefix = above + chart.metadata.name + "/";
    auto metadata = chart.metadata;
    if (metadata.api_version == "v1") metadata.dependencies.clear();
    auto text = chart_yaml(metadata);
    if (!text) return std::move(text).error();
    if (auto added = add(prefix + "Chart.yaml", chart.chart_yaml_modified, *text); !added) return added;
    if (chart.lock && metadata.api_version == "v2") {
      if (auto added = add_lock(prefix, *chart.lock); !added) return added;
    }
    if (auto added = add(prefix, chart.values_files); !added) return added;
    if (chart.schema) {
      if (!internal::json::is_valid(chart.schema->data)) {
        return Error(Errc::invalid_chart, "invalid JSON in " + prefix + "values.schema.json");
      }
      if (auto added = add(prefix + chart.schema->name, chart.schema->modified, chart.schema->data); !added)
        return added;
    }
    if (auto added = add(prefix, chart.template_files); !added) return added;
    if (auto added = add(prefix, chart.other_files); !added) return added;
    for (const auto& subchart : chart.subcharts) {
      if (auto added = add(subchart, prefix + "charts/"); !added) return added;
    }
    return {};
  }

  /// Makes room for a chart that does not compress.
  void reserve(const Chart& chart) { archive_.reserve(size_of(chart)); }

  Result<std::string> finish() { return archive_.finish(); }
  const FileTime& newest() const { return newest_; }
  std::size_t members() const { return members_; }

 private:
  Result<void> add(const std::string& name, FileTime modified, std::string_view data) {
    const auto time = fixed_.value_or(modified);
    newest_ = members_++ == 0 ? time : std::max(newest_, time);
    return archive_.add(name, {time.seconds, time.nanoseconds}, data);
  }

  Result<void> add(const std::string& prefix, const std::vector<File>& files) {
    for (const auto& file : files) {
      if (auto added = add(prefix + file.name, file.modified, file.data); !added) return added;
    }
    return {};
  }

  Result<void> add_lock(const std::string& prefix, const Lock& lock) {
    auto text = internal::chart::lock_yaml(lock);
    if (!text) return std::move(text).error();
    auto generated = internal::chart::parse_rfc3339(lock.generated);
    // A lock without a time has Go's zero time, for which Helm takes the clock's; nothing here depends on the clock.
    const auto time =
        generated && generated->text != "0001-01-01T00:00:00Z" ? generated->utc : FileTime{placeholder_time};
    return add(prefix + "Chart.lock", time, *text);
  }

  HelmArchive archive_;
  std::optional<FileTime> fixed_;
  FileTime newest_;
  std::size_t members_ = 0;
};

Result<void> apply(const PackageOptions& options, Chart& chart) {
  if (!options.version.empty()) chart.metadata.version = options.version;
  if (auto version = Version::parse(chart.metadata.version); !version) {
    return std::move(version).error().within("version " + internal::quote(chart.metadata.version));
  }
  if (!options.app_version.empty()) chart.metadata.app_version = options.app_version;
  return {};
}

// Every dependency must be in charts/, whatever its version or alias.
Result<void> require_dependencies(const Chart& chart) {
  std::string missing;
  for (const auto& dependency : chart.metadata.dependencies) {
    const bool there = std::any_of(chart.subcharts.begin(), chart.subcharts.end(),
                                   [&](const Chart& subchart) { return subchart.metadata.name == dependency.name; });
    if (!there) missing += (missing.empty() ? "" : ", ") + dependency.name;
  }
  if (missing.empty()) return {};
  return Error(Errc::invalid_chart, "found in Chart.yaml, but missing in charts/ directory: " + missing);
}

Result<Package> pack(Chart chart, const PackageOptions& options) {
  if (auto applied = apply(options, chart); !applied) return std::move(applied).error();
  if (auto there = require_dependencies(chart); !there) return std::move(there).error();
  if (auto valid = validate(chart.metadata); !valid) return std::move(valid).error();
  std::optional<FileTime> fixed;
  if (options.timestamps == Timestamps::fixed) fixed = FileTime{options.source_date_epoch.value_or(placeholder_time)};
  ArchiveWriter writer(fixed);
  writer.reserve(chart);
  if (auto added = writer.add(chart, ""); !added) return std::move(added).error();
  auto archive = writer.finish();
  if (!archive) return std::move(archive).error();
  return internal::chart::make_package(std::move(chart), *std::move(archive), writer.members(), std::nullopt,
                                       {options.created, options.source_date_epoch, writer.newest()});
}

Result<std::optional<std::string>> adjacent_provenance(const fs::path& archive) {
  auto path = archive;
  path += ".prov";
  auto bytes = internal::read_file(path, max_file_size);
  if (bytes) return std::optional(*std::move(bytes));
  if (bytes.error().code() == Errc::no_such_file) return std::optional<std::string>();
  return std::move(bytes).error();
}

}  // namespace

const Chart& Package::chart() const noexcept { return state_->chart; }
const std::string& Package::archive() const noexcept { return *state_->archive; }
std::shared_ptr<const std::string> Package::shared_archive() const noexcept { return state_->archive; }
const Digest& Package::archive_digest() const noexcept { return state_->archive_digest; }
std::size_t Package::member_count() const noexcept { return state_->member_count; }
const std::string& Package::config() const noexcept { return state_->config; }
const Manifest& Package::manifest() const noexcept { return state_->manifest; }
const std::optional<std::string>& Package::provenance() const noexcept { return state_->provenance; }

std::string Package::file_name() const { return metadata().name + "-" + metadata().version + ".tgz"; }

std::string Package::tag() const {
  auto tag = metadata().version;
  std::replace(tag.begin(), tag.end(), '+', '_');
  return tag;
}

Result<fs::path> Package::write_to(const fs::path& directory) const {
  if (auto made = internal::make_directories(directory); !made) return std::move(made).error();
  const auto path = directory / file_name();
  auto beside = path;
  beside += ".prov";
  // Both are written before either gets its name, and the archive gets it last: where it is, all of it is.
  std::optional<internal::AtomicFile> provenance_file;
  if (provenance()) {
    auto file = internal::AtomicFile::create(beside);
    if (!file) return std::move(file).error();
    if (auto written = file->write(*provenance()); !written) return std::move(written).error();
    provenance_file = *std::move(file);
  }
  auto file = internal::AtomicFile::create(path);
  if (!file) return std::move(file).error();
  if (auto written = file->write(archive()); !written) return std::move(written).error();
  if (provenance_file) {
    using NameLasts = internal::AtomicFile::NameLasts;
    if (auto committed = provenance_file->commit(NameLasts::later); !committed) return std::move(committed).error();
  }
  if (auto committed = file->commit(); !committed) {
    std::error_code ignored;
    if (provenance_file && !fs::is_regular_file(path, ignored)) fs::remove(beside, ignored);
    return std::move(committed).error();
  }
  return path;
}

Result<Package> package(const Context& context, const fs::path& directory, const PackageOptions& options) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return internal::system_error(errno, "packaging", directory);
  if (!S_ISDIR(status.st_mode)) {
    return Error(Errc::invalid_argument,
                 "packaging " + directory.string() + ": not a directory; only an unpacked chart can be packaged");
  }
  auto chart = load(context, directory, ApiVersions::supported);
  if (!chart) return std::move(chart).error();
  return pack(*std::move(chart), options).within("packaging " + directory.string());
}

Result<Package> package(const fs::path& directory, const PackageOptions& options) {
  return package({}, directory, options);
}

Result<Package> read_package(const Context& context, const fs::path& path, const ReadPackageOptions& options) {
  auto archive = internal::read_file(path, max_archive_size);
  if (!archive) return std::move(archive).error();
  auto loaded = internal::chart::load_archive(context, *archive, path.string());
  if (!loaded) return std::move(loaded).error();
  std::optional<std::string> provenance;
  if (options.provenance == AdjacentProvenance::carry) {
    auto found = adjacent_provenance(path);
    if (!found) return std::move(found).error();
    provenance = *std::move(found);
  }
  return internal::chart::make_package(std::move(loaded->chart), *std::move(archive), loaded->member_count,
                                       std::move(provenance),
                                       {options.created, options.source_date_epoch, loaded->newest_member})
      .within("reading " + path.string());
}

Result<Package> package_or_read(const Context& context, const fs::path& path, const PackageOptions& options) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return internal::system_error(errno, "reading", path);
  if (S_ISDIR(status.st_mode)) return package(context, path, options);
  return read_package(context, path, {options.source_date_epoch, options.created});
}

}  // namespace portolan::chart
