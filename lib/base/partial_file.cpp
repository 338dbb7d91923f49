// SPDX-License-Identifier: Apache-2.0
#include "base/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace portolan::internal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = ".portolan-";
constexpr std::string_view suffix = ".partial";

}  // namespace

bool worth_keeping(const Error& failure, std::uint64_t size) noexcept {
  if (size < least_partial_size) return false;
  switch (failure.code()) {
    case Errc::unreachable:
    case Errc::timed_out:
    case Errc::cancelled:
    case Errc::rate_limited:
    case Errc::unauthorized: return true;
    default: return false;
  }
}

std::string PartialFile::file_name(std::string_view name) { return std::string(prefix).append(name).append(suffix); }

std::optional<std::string> PartialFile::name_of(std::string_view file_name) {
  if (file_name.size() <= prefix.size() + suffix.size() || !file_name.starts_with(prefix) ||
      !file_name.ends_with(suffix)) {
    return std::nullopt;
  }
  return std::string(file_name.substr(prefix.size(), file_name.size() - prefix.size() - suffix.size()));
}

PartialFile::PartialFile(PartialFile&& other) noexcept
    : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})), size_(other.size_) {}
PartialFile& PartialFile::operator=(PartialFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  return *this;
}
PartialFile::~PartialFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<std::optional<PartialFile>> PartialFile::open(const fs::path& directory, std::string_view name) {
  auto path = directory / file_name(name);
  for (;;) {
    FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
    if (!fd && errno == EINTR) continue;
    // Something else stands there: that is no reason to get nothing at all.
    if (!fd && (errno == ELOOP || errno == EISDIR || errno == ENXIO || errno == EACCES)) return std::nullopt;
    if (!fd) return system_error(errno, "writing", path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
    struct stat opened {};
    struct stat named {};
    if (::fstat(fd.get(), &opened) != 0) return system_error(errno, "writing", path);
    // Whoever had it locked may have given it its final name, or taken it away, before we had the lock.
    if (::lstat(path.c_str(), &named) != 0 || named.st_ino != opened.st_ino || named.st_dev != opened.st_dev) continue;
    const bool ours = S_ISREG(opened.st_mode) && opened.st_uid == ::geteuid() && opened.st_nlink == 1 &&
                      (opened.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    if (!ours) {
      // One that has just been made under a generous umask is no stranger's.
      if (!S_ISREG(opened.st_mode) || opened.st_uid != ::geteuid() || opened.st_size != 0) return std::nullopt;
    }
    return PartialFile(std::move(fd), std::move(path), static_cast<std::uint64_t>(opened.st_size));
  }
}

Result<std::unique_ptr<Reader>> PartialFile::content(const Context& context) const {
  return open_file(context, path_, 0);
}

Result<void> PartialFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto wrote = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return system_error(errno, "writing", path_);
    size_ += static_cast<std::uint64_t>(wrote);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<void> PartialFile::restart() {
  if (::ftruncate(fd_.get(), 0) != 0) return system_error(errno, "writing", path_);
  size_ = 0;
  return {};
}

Result<void> PartialFile::commit(const fs::path& target) {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) return system_error(errno, "writing", target);
  if (::fchmod(fd_.get(), status.st_mode & 0444) != 0) return system_error(errno, "writing", target);
  while (::fsync(fd_.get()) != 0) {
    if (errno != EINTR) return system_error(errno, "writing", target);
  }
  if (::rename(path_.c_str(), target.c_str()) != 0) return system_error(errno, "writing", target);
  path_.clear();
  return fd_.close(target);
}

}  // namespace portolan::internal
