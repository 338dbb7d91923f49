// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/file.h"
#include "store/blob_directory.h"
#include "store/layout_medium.h"

namespace portolan::internal::store {

/// The largest `oci-layout` that is read; it is 30 bytes long.
inline constexpr std::uint64_t max_layout_file_size = 64 * 1024;

/// Whether the content of the file `oci-layout` is that of a layout which is understood here. Errors: corrupt.
Result<void> check_layout_file(const std::string& bytes);
/// The content of `oci-layout` as it is written.
inline constexpr std::string_view layout_file = R"({"imageLayoutVersion":"1.0.0"})";

/// A layout in a directory.
class DirectoryMedium final : public LayoutMedium {
 public:
  /// Errors: as Layout::open().
  static Result<std::unique_ptr<DirectoryMedium>> open(const std::filesystem::path& directory);

  std::string name() const override { return name_; }
  Result<std::optional<std::uint64_t>> blob_size(const Digest& digest) override { return blobs_.size(digest); }
  Result<std::unique_ptr<Reader>> open_blob(const Context& context, const Digest& digest,
                                            std::uint64_t offset) override {
    return blobs_.open(context, digest, offset);
  }
  Result<bool> has_blob(const Context& context, const Descriptor& blob, Proof proof) override;
  Result<void> write_blob(const Context& context, const Descriptor& blob, const BlobSource& content) override;
  Result<Hold> hold_blobs(const Context& context) override;
  Result<void> each_file(const Context& context, const std::function<void(LayoutFile)>& see) override;
  Result<IndexStamp> index_stamp() override;
  Result<IndexFile> read_index() override;
  Result<void> edit_index(const Context& context, const Edit& edit, const Written& written) override;

 private:
  DirectoryMedium(std::string name, std::filesystem::path root)
      : name_(std::move(name)), root_(std::move(root)), blobs_(root_) {}
  void remember(const Digest& digest);
  Result<void> inspect() const;
  Result<void> prepare(const Context& context);
  Result<void> make_files(const Context& context) const;
  Result<std::optional<std::string>> index_bytes() const;

  const std::string name_;
  const std::filesystem::path root_;  // absolute: the working directory may change
  const BlobDirectory blobs_;
  std::mutex mutex_;  // guards what follows
  bool prepared_ = false;
  std::weak_ptr<const void> hold_;
  std::unordered_set<Digest> proved_;  // blobs that this object has written or read whole
};

}  // namespace portolan::internal::store
