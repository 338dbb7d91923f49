// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include <portolan/store/store.h>

#include "base/partial_file.h"

namespace portolan::internal::store {

/// What it takes to believe that a file of the right name and size holds the right bytes.
enum class Proof : std::uint8_t {
  none,
  all,  ///< every byte is read
};

struct LayoutFile;

/// The folder `blobs` of a layout: `blobs/ALGORITHM/ENCODED`. Threads and processes: any number at once.
class BlobDirectory {
 public:
  /// `root` is the layout's directory.
  explicit BlobDirectory(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const noexcept { return root_; }
  /// The folder of them all.
  std::filesystem::path folders() const { return root_ / "blobs"; }
  std::filesystem::path folder(Digest::Algorithm algorithm) const;
  std::filesystem::path path(const Digest& digest) const;

  /// Nothing where the blob is missing. Errors: io_error (also where a folder stands in its place) and its kin.
  Result<std::optional<std::uint64_t>> size(const Digest& digest) const;
  /// The bytes as they are. Errors: not_found, io_error and its kin.
  Result<std::unique_ptr<Reader>> open(const Context& context, const Digest& digest, std::uint64_t offset) const;
  /// Whether the blob is there with that size, and, where it is to be proved, with those bytes.
  Result<bool> has(const Context& context, const Descriptor& blob, Proof proof) const;
  /// Writes a blob, whole and verified, over what stands there. Its name lasts after sync(). Where the source breaks
  /// off, what has come of a large one stays for the next write() to go on with.
  /// Contract: make_folders() has been called. Errors: as Store::push_blob().
  Result<void> write(const Context& context, const Descriptor& blob, const BlobSource& content) const;

  /// As LayoutMedium::each_file(), of `blobs`.
  Result<void> each_file(const Context& context, const std::function<void(LayoutFile)>& see) const;

  /// Makes the folders, and refuses those that are symbolic links: nothing is written to where they lead.
  Result<void> make_folders() const;
  /// Makes the names of all blobs last, also of those that other processes wrote.
  Result<void> sync() const;

 private:
  Result<void> write_over_runs(const Context& context, const Descriptor& blob, const BlobSource& content,
                               PartialFile partial) const;

  std::filesystem::path root_;
};

/// Errors: unsupported where that is a symbolic link.
Result<void> refuse_link(const std::filesystem::path& path);

}  // namespace portolan::internal::store
