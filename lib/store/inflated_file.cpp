// SPDX-License-Identifier: Apache-2.0
#include "store/inflated_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "archive/gzip_reader.h"
#include "store/content.h"

namespace portolan::internal::store {
namespace {

namespace fs = std::filesystem;

Result<FileDescriptor> file_without_name(const fs::path& beside) {
  for (const auto& folder : {beside, fs::path("/var/tmp"), fs::path("/tmp")}) {
    FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file) return file;
    // Not every file system has such files.
    const auto named = folder / temporary_name();
    file = FileDescriptor(::open(named.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) continue;
    ::unlink(named.c_str());
    return file;
  }
  return system_error(errno, "unpacking " + beside.string() + " into", "/tmp");
}

}  // namespace

Result<bool> is_gzip(const FileDescriptor& file, const fs::path& path) {
  char start[2] = {};
  const auto got = read_at(file, path, start, 0);
  if (!got) return got.error();
  return *got == 2 && start[0] == '\x1f' && start[1] == '\x8b';
}

Result<FileDescriptor> inflated(const Context& context, const fs::path& path) {
  std::error_code error;
  const auto packed = fs::file_size(path, error);
  if (error) return system_error(error.value(), "looking for", path);
  const auto most = std::max(always_inflated, packed * max_inflation);
  auto source = open_file(context, path);
  if (!source) return std::move(source).error();
  const auto damaged = [&](const Error& why) {
    // The reader of archives speaks of charts.
    return why.code() == Errc::invalid_chart ? Error(Errc::corrupt, path.string() + " is damaged: " + why.message())
                                             : why;
  };
  auto content = archive::gunzipping(*std::move(source));
  if (!content) return damaged(content.error());
  auto file = file_without_name(path.parent_path());
  if (!file) return file;
  std::string piece(piece_size, '\0');
  for (std::uint64_t size = 0;;) {
    auto got = (*content)->read({piece.data(), piece.size()});
    if (!got) return damaged(got.error());
    if (*got == 0) return file;
    size += *got;
    if (size > most) {
      return Error(Errc::limit_exceeded, path.string() + " unpacks to more than " + std::to_string(most) + " bytes");
    }
    if (auto written = write_all(*file, path, std::string_view(piece).substr(0, *got), "unpacking"); !written) {
      return std::move(written).error();
    }
  }
}

}  // namespace portolan::internal::store
