// SPDX-License-Identifier: Apache-2.0
#include "store/directory_medium.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "json/json.h"
#include "oci/layout_index.h"

namespace portolan::internal::store {
namespace {

namespace fs = std::filesystem;

constexpr auto layout_name = "oci-layout";
constexpr auto index_name = "index.json";
constexpr auto lock_name = "index.json.lock";

/// Digests that are remembered.
constexpr std::size_t max_proved = 100'000;

/// What a first write that was stopped may have left, before `oci-layout` made a layout of it.
bool is_unfinished_piece(const std::string& name) {
  return name == index_name || name == lock_name || name == "blobs" || is_temporary_name(name);
}

/// Makes a directory that lasts. One that is there is fine.
Result<void> make_lasting_directory(const fs::path& directory) {
  std::vector<fs::path> missing;
  std::error_code error;
  for (auto path = directory; !fs::exists(path, error) && path.has_relative_path(); path = path.parent_path()) {
    missing.push_back(path);
  }
  if (auto made = make_directories(directory); !made) return made;
  for (const auto& path : missing) {
    if (auto synced = sync_directory(path.parent_path()); !synced) return synced;
  }
  return {};
}

}  // namespace

Result<void> check_layout_file(const std::string& bytes) {
  const auto document = json::parse(bytes);
  if (!document) return Error(document.error());
  const auto version = document->is_object() ? document->find("imageLayoutVersion") : document->end();
  if (!document->is_object() || version == document->end() || !version->is_string()) {
    return Error(Errc::corrupt, "there is no imageLayoutVersion");
  }
  const auto text = version->get<std::string>();
  if (!text.starts_with("1.")) return Error(Errc::corrupt, "layout version " + quote(text) + " is not 1.x");
  return {};
}

Result<std::unique_ptr<DirectoryMedium>> DirectoryMedium::open(const fs::path& directory) {
  std::error_code error;
  auto root = fs::absolute(directory, error).lexically_normal();
  if (error) return system_error(error.value(), "looking for", directory);
  if (!root.has_filename()) root = root.parent_path();
  std::unique_ptr<DirectoryMedium> medium(new DirectoryMedium("oci-layout:" + directory.string(), std::move(root)));
  if (auto fine = medium->inspect(); !fine) return std::move(fine).error();
  return medium;
}

Result<void> DirectoryMedium::inspect() const {
  std::error_code error;
  const auto status = fs::status(root_, error);
  if (status.type() == fs::file_type::not_found) return {};
  if (error) return system_error(error.value(), "opening", root_);
  if (!fs::is_directory(status)) return Error(Errc::invalid_argument, root_.string() + " is not a directory");
  const auto file = root_ / layout_name;
  if (fs::exists(file, error)) {
    const auto bytes = read_file(file, max_layout_file_size);
    if (!bytes) return Error(bytes.error());
    return check_layout_file(*bytes).within("reading " + file.string());
  }
  for (fs::directory_iterator entry(root_, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (is_unfinished_piece(name)) continue;
    if (name == layout_name) return inspect();  // somebody's first write has just ended
    return Error(Errc::invalid_argument, root_.string() + " is neither an OCI image layout nor empty");
  }
  if (error) return system_error(error.value(), "reading", root_);
  return {};
}

Result<void> DirectoryMedium::prepare(const Context& context) {
  {
    std::lock_guard lock(mutex_);
    if (prepared_) return {};
  }
  // It may have become something else since it was opened.
  auto made = inspect().and_then([&] { return make_files(context); });
  if (!made) return made;
  std::lock_guard lock(mutex_);
  prepared_ = true;
  return {};
}

Result<void> DirectoryMedium::make_files(const Context& context) const {
  if (auto made = make_lasting_directory(root_); !made) return made;
  if (auto made = blobs_.make_folders(); !made) return made;
  remove_stale_temporaries(root_);
  std::error_code error;
  // `oci-layout` comes last: a directory with it but without index.json is a layout that oras refuses.
  if (!fs::exists(root_ / index_name, error)) {
    auto lock = FileLock::acquire(context, root_ / lock_name);
    if (!lock) return std::move(lock).error();
    if (!fs::exists(root_ / index_name, error)) {
      auto written = write_file(root_ / index_name, oci::LayoutIndex().serialise());
      if (!written) return written;
    }
  }
  if (fs::exists(root_ / layout_name, error)) return {};
  return write_file(root_ / layout_name, layout_file);
}

Result<bool> DirectoryMedium::has_blob(const Context& context, const Descriptor& blob, Proof proof) {
  {
    std::lock_guard lock(mutex_);
    if (proved_.contains(blob.digest)) return blobs_.has(context, blob, Proof::none);
  }
  std::error_code error;
  const auto changed = fs::last_write_time(blobs_.path(blob.digest), error);
  if (!error && proof == Proof::none) {
    const auto told = fs::last_write_time(root_ / index_name, error);
    // Every blob is written before the index that leads to it.
    if (error || changed > told) proof = Proof::all;
  }
  auto has = blobs_.has(context, blob, proof);
  if (has && *has && proof == Proof::all) {
    remember(blob.digest);
    // So that the next run need not read it again. Whoever may not do so reads it again.
    const auto told = fs::last_write_time(root_ / index_name, error);
    if (!error && changed > told) fs::last_write_time(blobs_.path(blob.digest), told, error);
  }
  return has;
}

void DirectoryMedium::remember(const Digest& digest) {
  std::lock_guard lock(mutex_);
  if (proved_.size() < max_proved) proved_.insert(digest);
}

Result<void> DirectoryMedium::write_blob(const Context& context, const Descriptor& blob, const BlobSource& content) {
  if (auto ready = prepare(context); !ready) return ready;
  const auto held = hold_blobs(context);
  if (!held) return Error(held.error());
  auto written = blobs_.write(context, blob, content);
  if (written) remember(blob.digest);
  return written;
}

Result<LayoutMedium::Hold> DirectoryMedium::hold_blobs(const Context& context) {
  {
    std::lock_guard lock(mutex_);
    if (auto there = hold_.lock()) return there;
    std::error_code error;
    if (!fs::is_directory(blobs_.folders(), error)) return Hold();
  }
  auto locked = FileLock::acquire_directory(context, blobs_.folders(), FileLock::Hold::shared);
  if (!locked) return std::move(locked).error();
  std::lock_guard lock(mutex_);
  if (auto there = hold_.lock()) return there;
  Hold hold = std::make_shared<const FileLock>(*std::move(locked));
  hold_ = hold;
  // Others may have changed what was proved before.
  proved_.clear();
  return hold;
}

Result<void> DirectoryMedium::each_file(const Context& context, const std::function<void(LayoutFile)>& see) {
  std::error_code error;
  for (fs::directory_iterator entry(root_, error), end; !error && entry != end; entry.increment(error)) {
    auto name = entry->path().filename().string();
    if (!is_temporary_name(name)) continue;
    std::error_code ignored;
    const auto size = fs::file_size(entry->path(), ignored);
    see({.kind = LayoutFile::Kind::temporary, .name = std::move(name), .size = ignored ? 0 : size});
  }
  if (error) return system_error(error.value(), "reading", root_);
  return blobs_.each_file(context, see);
}

Result<IndexStamp> DirectoryMedium::index_stamp() {
  const auto path = root_ / index_name;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return IndexStamp{};
    return system_error(errno, "looking for", path);
  }
  return IndexStamp{.device = status.st_dev,
                    .file = status.st_ino,
                    .size = static_cast<std::uint64_t>(status.st_size),
                    .changed = status.st_ctim.tv_sec * std::int64_t{1'000'000'000} + status.st_ctim.tv_nsec};
}

Result<std::optional<std::string>> DirectoryMedium::index_bytes() const {
  auto bytes = read_file(root_ / index_name, oci::max_layout_index_size);
  if (bytes) return std::optional(*std::move(bytes));
  if (bytes.error().code() == Errc::no_such_file) return std::nullopt;
  return std::move(bytes).error();
}

Result<IndexFile> DirectoryMedium::read_index() {
  // In this order, so that a file that is replaced in between looks changed, not unchanged.
  auto stamp = index_stamp();
  if (!stamp) return std::move(stamp).error();
  auto bytes = index_bytes();
  if (!bytes) return std::move(bytes).error();
  return IndexFile{*std::move(bytes), *stamp};
}

Result<void> DirectoryMedium::edit_index(const Context& context, const Edit& edit, const Written& written) {
  if (auto ready = prepare(context); !ready) return ready;
  const auto held = hold_blobs(context);
  if (!held) return Error(held.error());
  auto lock = FileLock::acquire(context, root_ / lock_name);
  if (!lock) return std::move(lock).error();
  const auto path = root_ / index_name;
  if (auto real = refuse_link(path); !real) return real;
  auto bytes = index_bytes();
  if (!bytes) return std::move(bytes).error();
  const auto edited = edit(*bytes);
  if (!edited) return Error(edited.error());
  if (*edited) {
    auto kept = blobs_.sync().and_then([&] { return write_file(path, **edited); });
    if (!kept) return kept;
  }
  const auto stamp = index_stamp();
  if (!stamp) return Error(stamp.error());
  written(*stamp);
  return {};
}

}  // namespace portolan::internal::store
