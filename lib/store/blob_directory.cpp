// SPDX-License-Identifier: Apache-2.0
#include "store/blob_directory.h"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "store/content.h"
#include "store/layout_medium.h"

namespace portolan::internal::store {
namespace {

namespace fs = std::filesystem;

constexpr std::array algorithms = {Digest::Algorithm::sha256, Digest::Algorithm::sha512};

std::string_view folder_name(Digest::Algorithm algorithm) {
  return algorithm == Digest::Algorithm::sha512 ? "sha512" : "sha256";
}

Error missing(const Digest& digest) {
  return Error(Errc::not_found, "blob " + digest.string() + " is missing from the layout");
}

}  // namespace

Result<void> refuse_link(const fs::path& path) {
  std::error_code error;
  if (!fs::is_symlink(fs::symlink_status(path, error))) return {};
  return Error(Errc::unsupported, path.string() + " is a symbolic link, and nothing is written through one");
}

fs::path BlobDirectory::folder(Digest::Algorithm algorithm) const { return root_ / "blobs" / folder_name(algorithm); }

fs::path BlobDirectory::path(const Digest& digest) const { return folder(digest.algorithm()) / digest.encoded(); }

Result<std::optional<std::uint64_t>> BlobDirectory::size(const Digest& digest) const {
  if (auto known = check_verifiable(digest); !known) return std::move(known).error();
  std::error_code error;
  const auto file = path(digest);
  const auto status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) return std::nullopt;
  if (error) return system_error(error.value(), "looking for", file);
  if (!fs::is_regular_file(status)) return Error(Errc::io_error, file.string() + " is not a regular file");
  const auto size = fs::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory) return std::nullopt;
  if (error) return system_error(error.value(), "looking for", file);
  return size;
}

Result<std::unique_ptr<Reader>> BlobDirectory::open(const Context& context, const Digest& digest,
                                                    std::uint64_t offset) const {
  if (auto known = check_verifiable(digest); !known) return std::move(known).error();
  auto file = open_file(context, path(digest), offset);
  if (!file && file.error().code() == Errc::no_such_file) return missing(digest);
  return file;
}

Result<bool> BlobDirectory::has(const Context& context, const Descriptor& blob, Proof proof) const {
  const auto there = size(blob.digest);
  if (!there) return Error(there.error());
  if (*there != blob.size) return false;
  if (proof == Proof::none) return true;
  auto content = open(context, blob.digest, 0);
  if (!content) return std::move(content).error();
  return proves(blob, *std::move(content));
}

Result<void> BlobDirectory::write(const Context& context, const Descriptor& blob, const BlobSource& content) const {
  // A folder in its place is told before anything is fetched.
  if (const auto there = size(blob.digest); !there) return Error(there.error());
  if (blob.digest.algorithm() == Digest::Algorithm::sha512) {
    if (auto made = make_directories(folder(Digest::Algorithm::sha512)); !made) return made;
  }
  if (blob.size >= least_partial_size) {
    auto partial = PartialFile::open(folder(blob.digest.algorithm()), blob.digest.encoded());
    if (!partial) return std::move(partial).error();
    if (*partial) return write_over_runs(context, blob, content, **std::move(partial));
  }
  auto file = AtomicFile::create(path(blob.digest), 0444);
  if (!file) return std::move(file).error();
  auto moved = move_verified(context, blob, content, [&](std::string_view piece) { return file->write(piece); });
  if (!moved) return moved;
  return file->commit(AtomicFile::NameLasts::later);
}

Result<void> BlobDirectory::write_over_runs(const Context& context, const Descriptor& blob, const BlobSource& content,
                                            PartialFile partial) const {
  if (partial.size() > blob.size) {
    if (auto emptied = partial.restart(); !emptied) return emptied;
  }
  auto moved = Result<void>();
  if (partial.size() != 0) {
    context.log(LogLevel::debug,
                "going on with " + blob.digest.string() + " at byte " + std::to_string(partial.size()));
    auto beginning = partial.content(context);
    if (!beginning) return std::move(beginning).error();
    moved = move_rest_verified(context, blob, *std::move(beginning), content,
                               [&](std::string_view piece) { return partial.write(piece); });
    if (!moved && moved.error().code() == Errc::verification_failed) {
      context.log(LogLevel::debug, "what was there of " + blob.digest.string() + " is not its beginning");
      if (auto emptied = partial.restart(); !emptied) return emptied;
    }
  }
  if (partial.size() == 0) {
    moved = move_verified(context, blob, content, [&](std::string_view piece) { return partial.write(piece); });
  }
  if (!moved) {
    if (worth_keeping(moved.error(), partial.size())) partial.keep();
    return moved;
  }
  return partial.commit(path(blob.digest));
}

Result<void> BlobDirectory::each_file(const Context& context, const std::function<void(LayoutFile)>& see) const {
  for (const auto algorithm : algorithms) {
    std::error_code error;
    const auto directory = folder(algorithm);
    const auto above = "blobs/" + std::string(folder_name(algorithm));
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
      if (auto go = context.check(); !go) return go;
      const auto name = entry->path().filename().string();
      LayoutFile file{.name = above + "/" + name};
      if (auto digest = Digest::parse(std::string(folder_name(algorithm)) + ":" + name);
          digest && digest->verifiable()) {
        file.digest = *std::move(digest);
      } else if (PartialFile::name_of(name)) {
        file.kind = LayoutFile::Kind::partial;
      } else if (is_temporary_name(name)) {
        file.kind = LayoutFile::Kind::temporary;
      } else {
        continue;
      }
      // Gone, or no file: what others do, and what nothing here has made.
      std::error_code ignored;
      const auto status = entry->symlink_status(ignored);
      if (!fs::is_regular_file(status) && !fs::is_symlink(status)) continue;
      const auto size = fs::file_size(entry->path(), ignored);
      file.size = ignored ? 0 : size;
      see(std::move(file));
    }
    if (error && error != std::errc::no_such_file_or_directory)
      return system_error(error.value(), "reading", directory);
  }
  return {};
}

Result<void> BlobDirectory::make_folders() const {
  if (auto real = refuse_link(root_ / "blobs"); !real) return real;
  for (const auto algorithm : algorithms) {
    const auto path = folder(algorithm);
    if (auto real = refuse_link(path); !real) return real;
    // sha512 is rare: a layout that never has any looks like everybody's.
    if (algorithm == Digest::Algorithm::sha512) continue;
    if (auto made = make_directories(path); !made) return made;
    remove_stale_temporaries(path);
  }
  return {};
}

Result<void> BlobDirectory::sync() const {
  for (const auto algorithm : algorithms) {
    auto synced = sync_directory(folder(algorithm));
    if (!synced && synced.error().code() != Errc::no_such_file) return synced;
  }
  return sync_directory(root_ / "blobs");
}

}  // namespace portolan::internal::store
