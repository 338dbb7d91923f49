// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "archive/archive_reader.h"
#include "base/text.h"
#include "chart/files.h"

namespace portolan::internal::chart {
namespace {

using archive::ArchiveReader;
using archive::Member;
using portolan::chart::File;
using portolan::chart::max_chart_size;
using portolan::chart::max_file_size;
using portolan::chart::max_members;

/// Bytes that somebody else keeps.
class BorrowedReader final : public Reader {
 public:
  BorrowedReader(const Context& context, std::string_view content) : context_(context), rest_(content) {}
  Result<std::size_t> read(std::span<char> into) override {
    if (auto go = context_.check(); !go) return std::move(go).error();
    const auto count = std::min(into.size(), rest_.size());
    if (count != 0) std::memcpy(into.data(), rest_.data(), count);
    rest_.remove_prefix(count);
    return count;
  }

 private:
  const Context& context_;
  std::string_view rest_;
};

Error refused(const std::string& text) { return Error(Errc::invalid_chart, text); }

// Go's path.Clean of a relative path.
std::string cleaned(std::string_view path) {
  std::vector<std::string_view> kept;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    const auto component = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (component.empty() || component == ".") continue;
    if (component == ".." && !kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else {
      kept.push_back(component);
    }
  }
  std::string out;
  for (const auto component : kept) (out += out.empty() ? "" : "/") += component;
  return out.empty() ? "." : out;
}

bool has_drive(std::string_view path) {
  return path.size() >= 3 && ((path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z')) &&
         path[1] == ':' && path[2] == '/';
}

// The name that a member gets in the chart (chart-package 4.2, steps 3 to 8).
Result<std::string> chart_name(const std::string& member) {
  const char separator = member.find('\\') != std::string::npos ? '\\' : '/';
  const auto first_end = std::min(member.find(separator), member.size());
  const auto first = std::string_view(member).substr(0, first_end);
  std::string rest = member.substr(std::min(first_end + 1, member.size()));
  if (separator == '\\') std::replace(rest.begin(), rest.end(), '\\', '/');
  if (rest.starts_with('/')) return refused("chart illegally contains absolute paths");
  auto name = cleaned(rest);
  if (name == ".") return refused("chart illegally contains content outside the base directory: " + quote(member));
  if (name.starts_with("..")) return refused("chart illegally references parent directory");
  if (has_drive(name)) return refused("chart contains illegally named files");
  if (first == "Chart.yaml") return refused("chart yaml not in base directory");
  // Helm would keep it until the file system refuses; nothing in a chart can be named so.
  if (name.find('\0') != std::string::npos) return refused("chart contains illegally named files");
  return name;
}

Error too_large() {
  return Error(Errc::limit_exceeded,
               "decompressed chart is larger than the maximum size " + std::to_string(max_chart_size));
}

// The member's content; `budget` is what the whole chart may still hold.
Result<std::string> content_of(ArchiveReader& reader, const Member& member, std::uint64_t& budget) {
  const auto size = member.size;
  if (size > budget) return too_large();
  if (size > max_file_size) {
    return Error(Errc::limit_exceeded, "decompressed chart file " + quote(member.name) +
                                           " is larger than the maximum file size " + std::to_string(max_file_size));
  }
  std::string data(static_cast<std::size_t>(size), '\0');
  std::size_t used = 0;
  while (used < data.size()) {
    auto got = reader.read({data.data() + used, data.size() - used});
    if (!got) return std::move(got).error();
    if (*got == 0) return refused("unexpected EOF");
    used += *got;
  }
  budget -= size;
  if (budget == 0) return too_large();
  return data;
}

}  // namespace

Result<void> read_archive(const Context& context, std::string_view bytes,
                          const std::function<Result<void>(File)>& each) {
  auto reader = ArchiveReader::open(std::make_unique<BorrowedReader>(context, bytes), ArchiveReader::Format::tar_gzip);
  if (!reader) return std::move(reader).error();
  bool empty = true;
  std::uint64_t budget = max_chart_size;
  for (std::size_t members = 0;; ++members) {
    auto member = reader->next();
    if (!member) return std::move(member).error();
    if (!*member) break;
    if (members == max_members) {
      return Error(Errc::limit_exceeded, "chart archive of more than " + std::to_string(max_members) + " members");
    }
    if ((*member)->kind == Member::Kind::directory) continue;
    auto name = chart_name((*member)->name);
    if (!name) return std::move(name).error();
    auto data = content_of(*reader, **member, budget);
    if (!data) return std::move(data).error();
    strip_byte_order_mark(*data);
    empty = false;
    auto done = each({.name = *std::move(name),
                      .data = *std::move(data),
                      .modified = {(*member)->modified.seconds, (*member)->modified.nanoseconds}});
    if (!done) return done;
  }
  if (empty) return refused("no files in chart archive");
  return {};
}

Result<FileList> read_archive(const Context& context, std::string_view bytes) {
  FileList list;
  auto read = read_archive(context, bytes, [&](File file) {
    list.newest = list.files.empty() ? file.modified : std::max(list.newest, file.modified);
    list.files.push_back(std::move(file));
    return Result<void>();
  });
  if (!read) return std::move(read).error();
  return list;
}

}  // namespace portolan::internal::chart
