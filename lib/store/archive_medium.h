// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "archive/tar_writer.h"
#include "base/file.h"
#include "base/staging_directory.h"
#include "store/blob_directory.h"
#include "store/layout_medium.h"
#include "store/tar_index.h"

namespace portolan::internal::store {

/// A layout in a tar archive, which gzip may have packed, or an archive that `docker save` wrote: these two are only
/// read. Blobs are read from their place in the archive; new ones are collected in a folder beside
/// it, and the archive is written anew when index.json is: deterministic bytes, all that was in it, all that came.
class ArchiveMedium final : public LayoutMedium {
 public:
  /// Opens an archive, or the place where the first edit_index() will make one.
  /// Errors: corrupt, limit_exceeded, unsupported (compressed otherwise), invalid_argument (no file), those of the
  /// system.
  static Result<std::unique_ptr<ArchiveMedium>> open(const Context& context, const std::filesystem::path& path);

  std::string name() const override { return name_; }
  Result<std::optional<std::uint64_t>> blob_size(const Digest& digest) override;
  Result<std::unique_ptr<Reader>> open_blob(const Context& context, const Digest& digest,
                                            std::uint64_t offset) override;
  Result<bool> has_blob(const Context& context, const Descriptor& blob, Proof proof) override;
  Result<void> write_blob(const Context& context, const Descriptor& blob, const BlobSource& content) override;
  Result<void> each_file(const Context& context, const std::function<void(LayoutFile)>& see) override;
  Result<IndexStamp> index_stamp() override;
  Result<IndexFile> read_index() override;
  /// Errors also: conflict where somebody else has changed the archive since it was opened.
  Result<void> edit_index(const Context& context, const Edit& edit, const Written& written) override;

 private:
  /// An archive that is open. Never changed: its Readers share it.
  struct Opened {
    FileDescriptor file{};
    IndexStamp stamp{};
    TarIndex members{};
    std::map<std::string, std::string, std::less<>> made{};  ///< content that no member has
    std::string only_read{};                                 ///< why nothing is written to it; empty: it may be
  };
  /// New blobs. The folder goes away with the object.
  struct Staging {
    StagingDirectory directory;
    BlobDirectory blobs;
  };
  class MemberReader;

  ArchiveMedium(std::string name, std::filesystem::path path) : name_(std::move(name)), path_(std::move(path)) {}
  Result<std::shared_ptr<const Opened>> open_archive(const Context& context) const;
  Result<void> take_docker_archive(const Context& context, Opened& archive, const TarLinks& links) const;
  std::shared_ptr<const Opened> opened();
  std::shared_ptr<const Staging> staged();
  Result<std::shared_ptr<const Staging>> stage();
  Result<std::string> member(const Opened& archive, std::string_view name, std::uint64_t limit) const;
  Result<void> write_archive(const Context& context, const std::shared_ptr<const Opened>& old, const Staging& staging,
                             const std::vector<Digest>& fresh, std::string_view index) const;
  Result<void> check_unchanged(const Opened& archive) const;

  const std::string name_;
  const std::filesystem::path path_;  // absolute: the working directory may change
  std::mutex mutex_;                  // guards what follows
  std::shared_ptr<const Opened> opened_;
  std::shared_ptr<const Staging> staging_;
};

}  // namespace portolan::internal::store
