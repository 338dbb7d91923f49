// SPDX-License-Identifier: Apache-2.0
#include "base/staging_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/file.h"

namespace portolan::internal {

namespace fs = std::filesystem;

Result<StagingDirectory> StagingDirectory::create(const fs::path& parent) {
  for (;;) {
    auto path = parent / temporary_name();
    if (::mkdir(path.c_str(), 0777) == 0) return StagingDirectory(std::move(path));
    if (errno != EEXIST) return system_error(errno, "making a directory in", parent);
  }
}

StagingDirectory::StagingDirectory(StagingDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
StagingDirectory& StagingDirectory::operator=(StagingDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}
StagingDirectory::~StagingDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Result<void> StagingDirectory::rename_to(const fs::path& target) {
  if (::rename(path_.c_str(), target.c_str()) != 0) {
    if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR) {
      return Error(Errc::conflict, target.string() + " is there already");
    }
    return system_error(errno, "writing", target);
  }
  path_.clear();
  return sync_directory(target.parent_path());
}

}  // namespace portolan::internal
