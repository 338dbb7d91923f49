// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include <portolan/base/result.h>

namespace portolan::internal {

/// A directory in the making: filled under a temporary name and given its final one at once. Unfinished, it goes away
/// with all that is in it.
class StagingDirectory {
 public:
  /// A fresh directory inside `parent`. Errors: those of the system.
  static Result<StagingDirectory> create(const std::filesystem::path& parent);
  StagingDirectory(StagingDirectory&& other) noexcept;
  StagingDirectory& operator=(StagingDirectory&& other) noexcept;
  ~StagingDirectory();

  const std::filesystem::path& path() const noexcept { return path_; }
  /// Errors: conflict where the target is there and not empty; those of the system.
  Result<void> rename_to(const std::filesystem::path& target);

 private:
  explicit StagingDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace portolan::internal
