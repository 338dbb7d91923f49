// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>

#include "base/text.h"

namespace portolan::internal {
namespace {

namespace fs = std::filesystem;

// Temporary names: ".portolan-" + 16 hexadecimal digits + ".tmp".
constexpr std::string_view temporary_prefix = ".portolan-";
constexpr std::string_view temporary_suffix = ".tmp";

class FileReader final : public Reader {
 public:
  FileReader(Context context, FileDescriptor fd, fs::path path)
      : context_(std::move(context)), fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (auto go = context_.check(); !go) return std::move(go).error();
    const auto got = retry_interrupted([&] { return ::read(fd_.get(), into.data(), into.size()); });
    if (got < 0) return system_error(errno, "reading", path_);
    return static_cast<std::size_t>(got);
  }

 private:
  Context context_;
  FileDescriptor fd_;
  fs::path path_;
};

// Whether the file system locks no directories.
bool locks_nothing(int error_number) {
  return error_number == EBADF || error_number == EINVAL || error_number == ENOLCK || error_number == EOPNOTSUPP;
}

// 0, or the errno that the system refused the lock with.
Result<int> wait_for_lock(const Context& context, const FileDescriptor& fd, const fs::path& path, int how = LOCK_EX) {
  // flock() cannot be woken by a stop token, so a waiter asks again, ever less often up to 20 ms.
  auto pause = std::chrono::milliseconds{1};
  std::mutex mutex;
  std::condition_variable_any wakeup;
  while (::flock(fd.get(), how | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return errno;
    if (auto go = context.check(); !go) return std::move(go).error().within("waiting for the lock on " + path.string());
    std::unique_lock lock(mutex);
    wakeup.wait_for(lock, context.stop, pause, [] { return false; });
    pause = std::min(pause * 2, std::chrono::milliseconds{20});
  }
  return 0;
}

}  // namespace

Result<std::unique_ptr<Reader>> open_file(const Context& context, const fs::path& path, std::uint64_t offset) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  FileDescriptor fd(retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
  if (!fd) return system_error(errno, "opening", path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return system_error(errno, "reading", path);
  if (S_ISDIR(status.st_mode)) return system_error(EISDIR, "reading", path);
  if (!S_ISREG(status.st_mode)) return Error(Errc::io_error, "reading " + path.string() + ": not a regular file");
  if (offset != 0 && ::lseek(fd.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    return system_error(errno, "seeking in", path);
  }
  return std::unique_ptr<Reader>(std::make_unique<FileReader>(context, std::move(fd), path));
}

Result<std::string> read_file(const fs::path& path, std::uint64_t limit) {
  auto reader = open_file({}, path);
  if (!reader) return std::move(reader).error();
  std::error_code unknown;
  const auto size = fs::file_size(path, unknown);
  return read_all(**reader, limit, unknown ? 0 : size).within("reading " + path.string());
}

Result<void> make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return system_error(error.value(), "making directory", path);
  return {};
}

Result<void> sync_directory(const fs::path& directory) {
  const fs::path& path = directory.empty() ? fs::path(".") : directory;
  FileDescriptor fd(retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd) return system_error(errno, "opening", path);
  if (retry_interrupted([&] { return ::fsync(fd.get()); }) != 0 && errno != EINVAL) {
    return system_error(errno, "syncing", path);
  }
  return {};
}

std::string temporary_name() {
  static constexpr char hex[] = "0123456789abcdef";
  unsigned char bytes[8] = {};
  // Unpredictable names are no security measure here (O_EXCL is), so a failing getrandom() costs retries alone.
  if (::getrandom(bytes, sizeof bytes, 0) < 0) {
    const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) ^
                     static_cast<std::uint64_t>(::getpid()) << 40;
    std::memcpy(bytes, &now, sizeof bytes);
  }
  std::string name(temporary_prefix);
  for (const auto byte : bytes) {
    name += hex[byte >> 4];
    name += hex[byte & 15];
  }
  return name.append(temporary_suffix);
}

bool is_temporary_name(std::string_view name) noexcept {
  return name.starts_with(temporary_prefix) && name.ends_with(temporary_suffix);
}

AtomicFile::AtomicFile(FileDescriptor fd, fs::path temporary, fs::path target)
    : fd_(std::move(fd)), temporary_(std::move(temporary)), target_(std::move(target)) {}
AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      temporary_(std::exchange(other.temporary_, {})),
      target_(std::exchange(other.target_, {})) {}
AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(temporary_, other.temporary_);
  std::swap(target_, other.target_);
  return *this;
}
AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

Result<AtomicFile> AtomicFile::create(const fs::path& target, unsigned mode) {
  for (;;) {
    auto temporary = target.parent_path() / temporary_name();
    FileDescriptor fd(retry_interrupted(
        [&] { return ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode); }));
    if (!fd && errno == EEXIST) continue;
    if (!fd) return system_error(errno, "writing", target);
    return AtomicFile(std::move(fd), std::move(temporary), target);
  }
}

Result<void> AtomicFile::write(std::string_view bytes) { return write_all(fd_, target_, bytes); }

Result<void> AtomicFile::commit(NameLasts name_lasts) {
  if (retry_interrupted([&] { return ::fsync(fd_.get()); }) != 0) return system_error(errno, "writing", target_);
  if (auto closed = fd_.close(target_); !closed) return closed;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return system_error(errno, "writing", target_);
  temporary_.clear();
  if (name_lasts == NameLasts::later) return {};
  return sync_directory(target_.parent_path());
}

Result<void> write_in_place(const fs::path& path, std::string_view content) {
  FileDescriptor fd(retry_interrupted(
      [&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666); }));
  if (!fd) return system_error(errno, "writing", path);
  return write_all(fd, path, content).and_then([&] { return fd.close(path); });
}

Result<void> write_file(const fs::path& target, std::string_view content, unsigned mode) {
  auto file = AtomicFile::create(target, mode);
  if (!file) return std::move(file).error();
  return file->write(content).and_then([&] { return file->commit(); });
}

Result<FileLock> FileLock::acquire(const Context& context, const fs::path& path) {
  FileDescriptor fd(
      retry_interrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644); }));
  if (!fd) return system_error(errno, "locking", path);
  auto locked = wait_for_lock(context, fd, path);
  if (!locked) return std::move(locked).error();
  if (*locked != 0) return system_error(*locked, "locking", path);
  return FileLock(std::move(fd));
}

Result<FileLock> FileLock::acquire_directory(const Context& context, const fs::path& directory, Hold hold) {
  const fs::path& path = directory.empty() ? fs::path(".") : directory;
  FileDescriptor fd(retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd) return system_error(errno, "locking", path);
  auto locked = wait_for_lock(context, fd, path, hold == Hold::alone ? LOCK_EX : LOCK_SH);
  if (!locked) return std::move(locked).error();
  if (*locked != 0 && !locks_nothing(*locked)) return system_error(*locked, "locking", path);
  return FileLock(std::move(fd));
}

Result<std::optional<FileLock>> FileLock::try_directory(const fs::path& directory, Hold hold) {
  const fs::path& path = directory.empty() ? fs::path(".") : directory;
  FileDescriptor fd(retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd) return system_error(errno, "locking", path);
  const int how = hold == Hold::alone ? LOCK_EX : LOCK_SH;
  if (retry_interrupted([&] { return ::flock(fd.get(), how | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (!locks_nothing(errno)) return system_error(errno, "locking", path);
  }
  return FileLock(std::move(fd));
}

void remove_stale_temporaries(const fs::path& directory) noexcept {
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (!is_temporary_name(entry->path().filename().native())) continue;
    std::error_code ignored;
    const auto written = entry->last_write_time(ignored);
    if (!ignored && now - written > std::chrono::hours{24}) fs::remove_all(entry->path(), ignored);
  }
}

}  // namespace portolan::internal
