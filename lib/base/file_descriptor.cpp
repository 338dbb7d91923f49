// SPDX-License-Identifier: Apache-2.0
#include "base/file_descriptor.h"

#include <unistd.h>

#include <string>
#include <system_error>

namespace portolan::internal {
namespace {

namespace fs = std::filesystem;

Errc code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR: return Errc::no_such_file;
    case EACCES:
    case EPERM:
    case EROFS: return Errc::permission_denied;
    case ENOSPC:
    case EDQUOT: return Errc::no_space;
    default: return Errc::io_error;
  }
}

}  // namespace

Error system_error(int error_number, std::string_view doing, const fs::path& path) {
  return Error(code_of(error_number),
               std::string(doing) + " " + path.string() + ": " + std::generic_category().message(error_number));
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> FileDescriptor::close(const fs::path& path) {
  // On Linux the descriptor is gone even where close() fails, so it is never called twice.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) return system_error(errno, "closing", path);
  return {};
}

Result<std::size_t> read_at(const FileDescriptor& file, const fs::path& path, std::span<char> into,
                            std::uint64_t offset) {
  const auto got =
      retry_interrupted([&] { return ::pread(file.get(), into.data(), into.size(), static_cast<off_t>(offset)); });
  if (got < 0) return system_error(errno, "reading", path);
  return static_cast<std::size_t>(got);
}

Result<void> write_all(const FileDescriptor& file, const fs::path& path, std::string_view bytes,
                       std::string_view doing) {
  while (!bytes.empty()) {
    const auto wrote = retry_interrupted([&] { return ::write(file.get(), bytes.data(), bytes.size()); });
    if (wrote < 0) return system_error(errno, doing, path);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace portolan::internal
