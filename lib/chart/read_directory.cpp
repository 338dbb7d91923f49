// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/file.h"
#include "base/text.h"
#include "chart/files.h"
#include "chart/ignore.h"

namespace portolan::internal::chart {
namespace {

namespace fs = std::filesystem;
using portolan::chart::max_file_size;
using portolan::chart::max_members;

// Links to an ancestor nest until the system refuses at 40; two of them would double the tree each time.
constexpr std::size_t max_entries = 4 * max_members;
constexpr std::size_t max_nesting = 255;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<std::vector<std::string>> names_in(const fs::path& directory) {
  const std::unique_ptr<DIR, CloseDirectory> stream(::opendir(directory.c_str()));
  if (!stream) return system_error(errno, "opening", directory);
  std::vector<std::string> names;
  errno = 0;
  while (const auto* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return system_error(errno, "reading", directory);
  std::sort(names.begin(), names.end());
  return names;
}

class Walk {
 public:
  Walk(const Context& context, const IgnoreRules& rules) : context_(context), rules_(rules) {}

  Result<void> enter(const fs::path& directory, const std::string& relative, std::size_t nesting) {
    if (nesting > max_nesting) {
      return Error(Errc::limit_exceeded, directory.string() + ": directories nest deeper than " +
                                             std::to_string(max_nesting) + " (a symbolic link to a parent?)");
    }
    auto names = names_in(directory);
    if (!names) return std::move(names).error();
    for (const auto& name : *names) {
      if (auto go = context_.check(); !go) return go;
      if (++entries_ > max_entries) {
        return Error(Errc::limit_exceeded, "a chart's directory with more than " + std::to_string(max_entries) +
                                               " entries (a symbolic link to a parent?)");
      }
      if (auto visited = visit(directory / name, relative.empty() ? name : relative + "/" + name, nesting); !visited) {
        return visited;
      }
    }
    return {};
  }

  FileList list;

 private:
  Result<void> visit(const fs::path& path, const std::string& relative, std::size_t nesting) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return system_error(errno, "reading", path);
    if (S_ISLNK(status.st_mode)) {
      if (::stat(path.c_str(), &status) != 0) {
        return Error(Errc::invalid_chart,
                     "error evaluating symlink " + path.string() + ": " + system_error(errno, "opening", path).text());
      }
      list.warnings.push_back("found symbolic link in path. Contents of linked file included and used: " +
                              path.string());
    }
    const bool directory = S_ISDIR(status.st_mode);
    if (rules_.ignores(relative, directory ? EntryKind::directory : EntryKind::file)) return {};
    if (directory) return enter(path, relative, nesting + 1);
    if (!S_ISREG(status.st_mode)) {
      return Error(Errc::invalid_chart,
                   "cannot load irregular file " + path.string() + " as it has file mode type bits set");
    }
    return add(path, relative, status);
  }

  Result<void> add(const fs::path& path, const std::string& relative, const struct stat& status) {
    const auto too_large = [&] {
      return Error(Errc::limit_exceeded, "chart file " + quote(path.filename().string()) +
                                             " is larger than the maximum file size " + std::to_string(max_file_size));
    };
    if (static_cast<std::uint64_t>(status.st_size) > max_file_size) return too_large();
    if (list.files.size() == max_members) {
      return Error(Errc::limit_exceeded, "a chart of more than " + std::to_string(max_members) + " files");
    }
    auto reader = open_file(context_, path);
    if (!reader) return std::move(reader).error();
    portolan::chart::File file{.name = relative,
                               .modified = {status.st_mtim.tv_sec, static_cast<std::uint32_t>(status.st_mtim.tv_nsec)}};
    // The size known beforehand spares growing; a file that grows meanwhile is read to its new end.
    file.data.resize(static_cast<std::size_t>(status.st_size));
    std::size_t used = 0;
    for (;;) {
      if (used == file.data.size()) file.data.resize(used + 1);
      auto got = (*reader)->read({file.data.data() + used, file.data.size() - used});
      if (!got) return std::move(got).error();
      if (*got == 0) break;
      used += *got;
      if (used > max_file_size) return too_large();
    }
    file.data.resize(used);
    strip_byte_order_mark(file.data);
    list.files.push_back(std::move(file));
    return {};
  }

  const Context& context_;
  const IgnoreRules& rules_;
  std::size_t entries_ = 0;
};

Result<IgnoreRules> rules_of(const fs::path& directory) {
  const auto path = directory / ".helmignore";
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return IgnoreRules::defaults();
  auto text = read_file(path, max_file_size);
  if (!text) return std::move(text).error();
  return IgnoreRules::parse(*text).within("reading " + path.string());
}

}  // namespace

void strip_byte_order_mark(std::string& data) {
  if (data.starts_with("\xEF\xBB\xBF")) data.erase(0, 3);
}

Result<FileList> read_directory(const Context& context, const fs::path& directory) {
  auto rules = rules_of(directory);
  if (!rules) return std::move(rules).error();
  Walk walk(context, *rules);
  if (auto walked = walk.enter(directory, "", 0); !walked) return std::move(walked).error();
  return std::move(walk.list);
}

}  // namespace portolan::internal::chart
