// SPDX-License-Identifier: Apache-2.0
#include "store/blob_directory.h"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "store/content.h"

namespace portolan::internal::store {
namespace {

namespace fs = std::filesystem;

constexpr std::array algorithms = {Digest::Algorithm::sha256, Digest::Algorithm::sha512};

Error missing(const Digest& digest) {
  return Error(Errc::not_found, "blob " + digest.string() + " is missing from the layout");
}

}  // namespace

Result<void> refuse_link(const fs::path& path) {
  std::error_code error;
  if (!fs::is_symlink(fs::symlink_status(path, error))) return {};
  return Error(Errc::unsupported, path.string() + " is a symbolic link, and nothing is written through one");
}

fs::path BlobDirectory::folder(Digest::Algorithm algorithm) const {
  return root_ / "blobs" / (algorithm == Digest::Algorithm::sha512 ? "sha512" : "sha256");
}

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

Result<PushOutcome> BlobDirectory::write(const Context& context, const Descriptor& blob, const BlobSource& content,
                                         Existing existing) const {
  const auto there = size(blob.digest);
  if (!there) return Error(there.error());
  if (*there == blob.size && existing == Existing::keep) return PushOutcome::present;
  if (blob.digest.algorithm() == Digest::Algorithm::sha512) {
    if (auto made = make_directories(folder(Digest::Algorithm::sha512)); !made) return std::move(made).error();
  }
  auto file = AtomicFile::create(path(blob.digest), 0444);
  if (!file) return std::move(file).error();
  auto moved = move_verified(context, blob, content, [&](std::string_view piece) { return file->write(piece); });
  if (!moved) return std::move(moved).error();
  if (auto kept = file->commit(AtomicFile::NameLasts::later); !kept) return std::move(kept).error();
  return PushOutcome::stored;
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
