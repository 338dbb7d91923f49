// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <set>

#include <portolan/chart/package.h>

#include "base/file.h"
#include "base/staging_directory.h"
#include "base/text.h"
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
    if (auto directory = make_directory_of(file.name); !directory) return directory;
    if (directories_.contains(file.name)) return both(file.name);
    files_.insert(file.name);
    return internal::write_in_place(path, file.data);
  }

 private:
  static Error both(const std::string& name) {
    return Error(Errc::invalid_chart, internal::quote(name) + " is a file and a directory in one");
  }

  Result<void> make_directory_of(const std::string& name) {
    const auto last = name.rfind('/');
    if (last != std::string::npos && directories_.contains(name.substr(0, last))) return {};
    for (auto slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
      auto above = name.substr(0, slash);
      if (files_.contains(above)) return both(above);
      directories_.insert(std::move(above));
    }
    return internal::make_directories((root_ / name).parent_path());
  }

  const Context& context_;
  fs::path root_;
  std::set<std::string> files_;
  std::set<std::string> directories_;
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
