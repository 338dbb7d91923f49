// SPDX-License-Identifier: Apache-2.0
// Open files of the system, and calls on them that signals do not disturb.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include <portolan/base/result.h>

namespace portolan::internal {

/// The error for a failed system call: what was done, to which file, and errno's text.
Error system_error(int error_number, std::string_view doing, const std::filesystem::path& path);

/// A file descriptor that closes itself.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  /// Closes, and tells whether the system could keep its promises. Contract: open.
  Result<void> close(const std::filesystem::path& path);

 private:
  int fd_ = -1;
};

/// What a system call returns in the end: one that a signal interrupts (EINTR) is made again.
template <class Call>
auto retry_interrupted(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

/// Some bytes from an offset on, as many as come at once; 0 at the end, or of an empty span. `path` is for errors.
Result<std::size_t> read_at(const FileDescriptor& file, const std::filesystem::path& path, std::span<char> into,
                            std::uint64_t offset);

/// All the bytes, where the file stands. `doing` and `path` are for errors.
Result<void> write_all(const FileDescriptor& file, const std::filesystem::path& path, std::string_view bytes,
                       std::string_view doing = "writing");

}  // namespace portolan::internal
