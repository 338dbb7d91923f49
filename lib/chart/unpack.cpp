// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <set>

#include <portolan/chart/package.h>

#include "base/file.h"
#include "base/staging_directory.h"
#include "chart/files.h"

namespace portolan::chart {
namespace {

namespace fs = std::filesystem;

// The names were checked when the archive was read: relative, without `..`, below a fresh directory without links.
Result<void> write(const Context& context, const fs::path& root, const std::vector<File>& files) {
  std::set<std::string> made;
  for (const auto& file : files) {
    if (auto go = context.check(); !go) return go;
    const auto path = root / file.name;
    if (made.insert(path.parent_path().native()).second) {
      if (auto directory = internal::make_directories(path.parent_path()); !directory) return directory;
    }
    if (auto written = internal::write_in_place(path, file.data); !written) return written;
  }
  return {};
}

}  // namespace

Result<fs::path> unpack(const Context& context, const Package& package, const fs::path& directory) {
  const auto& name = package.metadata().name;
  const auto target = directory / name;
  const auto frame = "unpacking " + package.file_name();
  struct stat status {};
  if (::lstat(target.c_str(), &status) == 0) {
    return Error(Errc::conflict, target.string() + " is there already; move it away or unpack elsewhere").within(frame);
  }
  if (auto made = internal::make_directories(directory); !made) return std::move(made).error();
  auto list = internal::chart::read_archive(context, package.archive());
  if (!list) return std::move(list).error().within(frame);
  auto staging = internal::StagingDirectory::create(directory);
  if (!staging) return std::move(staging).error().within(frame);
  if (auto written = write(context, staging->path(), list->files); !written) {
    return std::move(written).error().within(frame);
  }
  if (auto renamed = staging->rename_to(target); !renamed) return std::move(renamed).error().within(frame);
  return target;
}

}  // namespace portolan::chart
