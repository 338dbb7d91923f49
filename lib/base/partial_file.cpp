// SPDX-License-Identifier: Apache-2.0
#include "base/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace portolan::internal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = ".portolan-";
constexpr std::string_view suffix = ".partial";

/// Whether the open file is the one that has the name.
bool is_at(const FileDescriptor& fd, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd.get(), &opened) == 0 && ::lstat(path.c_str(), &named) == 0 && named.st_ino == opened.st_ino &&
         named.st_dev == opened.st_dev;
}

/// The first bytes of an open file, which is another's.
class StartReader final : public Reader {
 public:
  StartReader(Context context, const FileDescriptor& fd, fs::path path, std::uint64_t size)
      : context_(std::move(context)), fd_(fd), path_(std::move(path)), size_(size) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (auto go = context_.check(); !go) return std::move(go).error();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - at_));
    const auto got = read_at(fd_, path_, into.first(wanted), at_);
    if (got) at_ += *got;
    return got;
  }

 private:
  const Context context_;
  const FileDescriptor& fd_;
  const fs::path path_;
  const std::uint64_t size_;
  std::uint64_t at_ = 0;
};

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
  if (!path_.empty() && is_at(fd_, path_)) ::unlink(path_.c_str());
}

Result<std::optional<PartialFile>> PartialFile::open(const fs::path& directory, std::string_view name) {
  auto path = directory / file_name(name);
  for (;;) {
    bool made = true;
    FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd && errno == EEXIST) {
      made = false;
      fd = FileDescriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    }
    if (!fd && (errno == EINTR || (!made && errno == ENOENT))) continue;
    // Something else stands there: that is no reason to get nothing at all.
    if (!fd && !made) return std::nullopt;
    if (!fd) return system_error(errno, "writing", path);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return system_error(errno, "writing", path);
    const bool ours = S_ISREG(status.st_mode) && status.st_uid == ::geteuid() && status.st_nlink == 1 &&
                      (made || (status.st_mode & (S_IWGRP | S_IWOTH)) == 0);
    if (!ours || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (made) ::unlink(path.c_str());
      return std::nullopt;
    }
    // Whoever had it locked may have given it its final name, or taken it away, before we had the lock.
    if (!is_at(fd, path)) continue;
    // What others have put to it before we had the lock counts, too.
    if (::fstat(fd.get(), &status) != 0) return system_error(errno, "writing", path);
    return PartialFile(std::move(fd), std::move(path), static_cast<std::uint64_t>(status.st_size));
  }
}

Result<std::unique_ptr<Reader>> PartialFile::content(const Context& context) const {
  return std::unique_ptr<Reader>(std::make_unique<StartReader>(context, fd_, path_, size_));
}

Result<void> PartialFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto wrote =
        retry_interrupted([&] { return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_)); });
    if (wrote < 0) return system_error(errno, "writing", path_);
    size_ += static_cast<std::uint64_t>(wrote);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<void> PartialFile::restart() {
  // Another file: where locks reach only this machine, others may be writing to the one that there is.
  if (is_at(fd_, path_)) ::unlink(path_.c_str());
  FileDescriptor fresh(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fresh) return system_error(errno, "writing", path_);
  if (::flock(fresh.get(), LOCK_EX | LOCK_NB) != 0) return system_error(errno, "locking", path_);
  fd_ = std::move(fresh);
  size_ = 0;
  return {};
}

Result<void> PartialFile::commit(const fs::path& target) {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) return system_error(errno, "writing", target);
  if (static_cast<std::uint64_t>(status.st_size) != size_ || !is_at(fd_, path_)) {
    return Error(Errc::io_error, "writing " + target.string() + ": somebody else has written to " + path_.string());
  }
  if (::fchmod(fd_.get(), status.st_mode & 0444) != 0) return system_error(errno, "writing", target);
  if (retry_interrupted([&] { return ::fsync(fd_.get()); }) != 0) return system_error(errno, "writing", target);
  if (::rename(path_.c_str(), target.c_str()) != 0) return system_error(errno, "writing", target);
  path_.clear();
  return fd_.close(target);
}

}  // namespace portolan::internal
