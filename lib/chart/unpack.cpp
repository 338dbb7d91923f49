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

/// Writes files below a fresh directory without links. Their names were checked when the archive was read: relative,
/// without `..`.
class Writer {
 public:
  Writer(const Context& context, fs::path root) : context_(context), root_(std::move(root)) {}

  Result<void> write(const File& file) {
    if (auto go = context_.check(); !go) return go;
    const auto path = root_ / file.name;
    if (made_.insert(path.parent_path().native()).second) {
      if (auto directory = internal::make_directories(path.parent_path()); !directory) return directory;
    }
    return internal::write_in_place(path, file.data);
  }

 private:
  const Context& context_;
  fs::path root_;
  std::set<std::string> made_;
};

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
  auto staging = internal::StagingDirectory::create(directory);
  if (!staging) return std::move(staging).error().within(frame);
  Writer writer(context, staging->path());
  auto written =
      internal::chart::read_archive(context, package.archive(), [&](const File& file) { return writer.write(file); });
  if (!written) return std::move(written).error().within(frame);
  if (auto renamed = staging->rename_to(target); !renamed) return std::move(renamed).error().within(frame);
  return target;
}

}  // namespace portolan::chart
