// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include <portolan/store/store.h>

namespace portolan::internal::store {

/// What becomes of a file of the right name and size: whoever reads it finds out whether its bytes are right too.
enum class Existing : std::uint8_t {
  keep,
  replace,  ///< somebody has found out
};

/// The folder `blobs` of a layout: `blobs/ALGORITHM/ENCODED`. Threads and processes: any number at once.
class BlobDirectory {
 public:
  /// `root` is the layout's directory.
  explicit BlobDirectory(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const noexcept { return root_; }
  std::filesystem::path folder(Digest::Algorithm algorithm) const;
  std::filesystem::path path(const Digest& digest) const;

  /// Nothing where the blob is missing. Errors: io_error (also where a folder stands in its place) and its kin.
  Result<std::optional<std::uint64_t>> size(const Digest& digest) const;
  /// The bytes as they are. Errors: not_found, io_error and its kin.
  Result<std::unique_ptr<Reader>> open(const Context& context, const Digest& digest, std::uint64_t offset) const;
  /// Writes a blob, whole and verified. Its name lasts after sync().
  /// Contract: make_folders() has been called. Errors: as Store::push_blob().
  Result<PushOutcome> write(const Context& context, const Descriptor& blob, const BlobSource& content,
                            Existing existing) const;

  /// Makes the folders, and refuses those that are symbolic links: nothing is written to where they lead.
  Result<void> make_folders() const;
  /// Makes the names of all blobs last, also of those that other processes wrote.
  Result<void> sync() const;

 private:
  std::filesystem::path root_;
};

/// Errors: unsupported where that is a symbolic link.
Result<void> refuse_link(const std::filesystem::path& path);

}  // namespace portolan::internal::store
