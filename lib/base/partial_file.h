// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"

namespace portolan::internal {

/// Less than so much is fetched again rather than kept.
inline constexpr std::uint64_t least_partial_size = 1024 * 1024;

/// Whether what has come before this failure is worth keeping: the peer or the caller broke off, and nothing is wrong
/// with what came.
bool worth_keeping(const Error& failure, std::uint64_t size) noexcept;

/// The beginning of a file that comes in over several runs: `.portolan-NAME.partial`, which nobody trusts before the
/// whole has been proved. It is locked while it is open, and goes away with the object unless it is kept.
class PartialFile {
 public:
  /// Opens the one of that name in a directory, or makes one. Nothing where somebody else writes it, or where it is
  /// not a file of this user's alone. Errors: those of the system.
  static Result<std::optional<PartialFile>> open(const std::filesystem::path& directory, std::string_view name);
  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&& other) noexcept;
  ~PartialFile();

  static std::string file_name(std::string_view name);
  /// The other way round; nothing where the file's name is no such.
  static std::optional<std::string> name_of(std::string_view file_name);

  std::uint64_t size() const noexcept { return size_; }
  /// What is there. Contract: the object outlives the reader.
  Result<std::unique_ptr<Reader>> content(const Context& context) const;
  /// Puts bytes to its end.
  Result<void> write(std::string_view bytes);
  /// Begins anew with nothing.
  Result<void> restart();
  /// Lets the file stay, for another run.
  void keep() noexcept { path_.clear(); }
  /// Syncs the file, takes the right to write from all, and gives it its final name, which lasts after the caller's
  /// sync_directory().
  Result<void> commit(const std::filesystem::path& target);

 private:
  PartialFile(FileDescriptor fd, std::filesystem::path path, std::uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}
  FileDescriptor fd_;
  std::filesystem::path path_;  // empty: the file is no longer this object's
  std::uint64_t size_ = 0;
};

}  // namespace portolan::internal
