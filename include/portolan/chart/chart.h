// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/context.h>
#include <portolan/chart/metadata.h>

namespace portolan::chart {

/// Limits on what is loaded; they are Helm's. A chart holds less than 100 MiB, a file of it at most 5 MiB.
inline constexpr std::uint64_t max_chart_size = 100 * 1024 * 1024;
inline constexpr std::uint64_t max_file_size = 5 * 1024 * 1024;
/// Members of an archive. Helm has no limit; the largest published charts have some 2,000.
inline constexpr std::size_t max_members = 50'000;
/// Charts inside charts. Helm has no limit; published charts need 3.
inline constexpr unsigned max_subchart_depth = 32;

/// A file's time: seconds since 1970 in UTC, and nanoseconds (0 to 999,999,999).
struct FileTime {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;

  friend auto operator<=>(const FileTime&, const FileTime&) = default;
};

/// A file of a chart; its name is relative to the chart, with `/`. A UTF-8 byte order mark has been taken off.
struct File {
  std::string name{};
  std::string data{};
  FileTime modified{};
};

/// A chart in memory, validated.
struct Chart {
  Metadata metadata{};
  FileTime chart_yaml_modified{};
  std::optional<Lock> lock{};
  std::vector<File> values_files{};     ///< values.yaml; more than one only where an archive holds the name twice
  std::optional<File> schema{};         ///< values.schema.json
  std::vector<File> template_files{};   ///< templates/…, in load order
  std::vector<File> other_files{};      ///< everything else, in load order
  std::vector<Chart> subcharts{};       ///< charts/…, in bytewise order of the names there
  std::vector<std::string> warnings{};  ///< what Helm would log: symbolic links, outdated files

  const std::vector<File>& templates() const noexcept { return template_files; }
  const std::vector<File>& files() const noexcept { return other_files; }
};

/// Which apiVersions a load accepts.
enum class ApiVersions : std::uint8_t {
  supported,  ///< none, v1, v2: what can be packaged and installed
  any,        ///< whatever it says, as `helm show` and `helm push` do
};

/// Loads a chart from a directory (with its .helmignore) or a `.tgz`.
/// Errors: invalid_chart (all that Helm refuses, in its words), limit_exceeded, no_such_file and its kin.
Result<Chart> load(const Context& context, const std::filesystem::path& path,
                   ApiVersions api_versions = ApiVersions::any);
Result<Chart> load(const std::filesystem::path& path, ApiVersions api_versions = ApiVersions::any);

/// Loads a chart from the bytes of a `.tgz`; `name` stands for them in messages. Errors: as load().
Result<Chart> load_archive(const Context& context, std::string_view archive, std::string_view name);

}  // namespace portolan::chart
