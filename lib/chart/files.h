// SPDX-License-Identifier: Apache-2.0
// The flat list of files that a directory or an archive holds, before a chart is made of it.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include <portolan/chart/chart.h>

namespace portolan::internal::chart {

/// The files, in load order, and what there is to say about them.
struct FileList {
  std::vector<portolan::chart::File> files;
  std::vector<std::string> warnings;
  portolan::chart::FileTime newest;  ///< of an archive: its newest member that is no directory
};

/// A chart, and what only its archive knows.
struct LoadedArchive {
  portolan::chart::Chart chart{};
  portolan::chart::FileTime newest_member{};
  std::size_t member_count = 0;
};

/// As portolan::chart::load_archive().
Result<LoadedArchive> load_archive(const Context& context, std::string_view archive, std::string_view name);

/// Walks a chart's directory: .helmignore applied, symbolic links followed, entries in bytewise order
/// (chart-package 3). Errors: invalid_chart, limit_exceeded, those of the file system.
Result<FileList> read_directory(const Context& context, const std::filesystem::path& directory);

/// Reads an archive's members: names checked, the first component dropped, links and devices taken for empty files
/// (chart-package 4.2). Errors: invalid_chart, limit_exceeded.
Result<FileList> read_archive(const Context& context, std::string_view archive);

/// The same, one file at a time; `each` may stop it with an error.
Result<void> read_archive(const Context& context, std::string_view archive,
                          const std::function<Result<void>(portolan::chart::File)>& each);

/// Takes a UTF-8 byte order mark off.
void strip_byte_order_mark(std::string& data);

/// Makes a chart of a flat list (chart-package 1.2), validated, with its subcharts.
/// Errors: invalid_chart, limit_exceeded.
Result<portolan::chart::Chart> assemble(const Context& context, FileList list, unsigned depth = 0);

}  // namespace portolan::internal::chart
