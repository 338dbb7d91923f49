// SPDX-License-Identifier: Apache-2.0
// Files: read whole or in pieces, and written so that nobody ever sees half of one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <portolan/base/reader.h>

#include "base/file_descriptor.h"

namespace portolan::internal {

/// Opens a regular file from an offset on. Errors: no_such_file, permission_denied, io_error.
Result<std::unique_ptr<Reader>> open_file(const Context& context, const std::filesystem::path& path,
                                          std::uint64_t offset = 0);

/// The whole content. Errors: as open_file(); limit_exceeded.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

/// Makes the directory and its parents; one that is there is fine.
Result<void> make_directories(const std::filesystem::path& path);

/// Makes the names in a directory last. A file system that cannot (EINVAL) is left alone.
Result<void> sync_directory(const std::filesystem::path& directory);

/// A file that comes to be under its final name at once and whole, or not at all: written under a temporary name in
/// the same directory, synced, renamed. Unfinished, it takes its temporary file away with it.
class AtomicFile {
 public:
  /// `mode` is subject to the umask. Errors: those of the system.
  static Result<AtomicFile> create(const std::filesystem::path& target, unsigned mode = 0644);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  /// When a new name has to last.
  enum class NameLasts : std::uint8_t {
    at_once,
    later,  ///< after the caller's own sync_directory(), once for many files
  };

  Result<void> write(std::string_view bytes);
  /// Syncs the file, gives it its final name (over what stands there) and syncs the directory.
  Result<void> commit(NameLasts name_lasts = NameLasts::at_once);

 private:
  AtomicFile(FileDescriptor fd, std::filesystem::path temporary, std::filesystem::path target);
  void discard() noexcept;

  FileDescriptor fd_;
  std::filesystem::path temporary_;
  std::filesystem::path target_;
};

/// A name that no other file has, by all likelihood, and by which remove_stale_temporaries() knows what was left over.
std::string temporary_name();

/// Whether a name is one of those.
bool is_temporary_name(std::string_view name) noexcept;

/// Writes a file in place, over what stands there; for directories that nobody else can see yet.
Result<void> write_in_place(const std::filesystem::path& path, std::string_view content);

/// create(), write(), commit() in one.
Result<void> write_file(const std::filesystem::path& target, std::string_view content, unsigned mode = 0644);

/// An exclusive lock between processes (and between objects of one process), held while the object lives.
class FileLock {
 public:
  /// Waits for the lock on `path`, a file that is made where it is not there and stays.
  /// Errors: cancelled, timed_out; those of the system.
  static Result<FileLock> acquire(const Context& context, const std::filesystem::path& path);
  /// Waits for the lock on a directory that is there, which any number may share, or one has alone: nothing is left
  /// behind. Where the file system locks no directories (NFS), it locks nothing.
  enum class Hold : std::uint8_t { shared, alone };
  static Result<FileLock> acquire_directory(const Context& context, const std::filesystem::path& directory,
                                            Hold hold = Hold::alone);
  /// The same without waiting; nothing where others have it.
  static Result<std::optional<FileLock>> try_directory(const std::filesystem::path& directory, Hold hold);

 private:
  explicit FileLock(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

/// Takes away what killed processes left in a directory: temporary files and directories older than a day.
void remove_stale_temporaries(const std::filesystem::path& directory) noexcept;

}  // namespace portolan::internal
