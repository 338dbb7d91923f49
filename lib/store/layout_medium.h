// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <portolan/store/store.h>

#include "store/blob_directory.h"

namespace portolan::internal::store {

/// Tells one state of index.json from another without reading it.
struct IndexStamp {
  std::uint64_t device = 0;
  std::uint64_t file = 0;
  std::uint64_t size = 0;
  std::int64_t changed = 0;  ///< nanoseconds
  friend bool operator==(const IndexStamp&, const IndexStamp&) = default;
};

/// index.json as it is; without bytes where there is none.
struct IndexFile {
  std::optional<std::string> bytes{};
  IndexStamp stamp{};
};

/// A file that belongs into `blobs`, or that a writer has left over.
struct LayoutFile {
  enum class Kind : std::uint8_t {
    blob,
    temporary,  ///< also a folder of temporary files
    partial,    ///< the beginning of a blob
  };
  Kind kind = Kind::blob;
  std::string name{};              ///< relative to the layout
  std::optional<Digest> digest{};  ///< of a blob or partial
  std::uint64_t size = 0;
};

/// Where the files of a layout are: a directory, or an archive. Threads: any number at once.
class LayoutMedium {
 public:
  virtual ~LayoutMedium() = default;

  /// For messages, for example "oci-layout:dir".
  virtual std::string name() const = 0;

  /// The size of a blob; nothing where it is missing. Errors: those of the system.
  virtual Result<std::optional<std::uint64_t>> blob_size(const Digest& digest) = 0;
  /// A blob's bytes, as they are. Errors: not_found, those of the system.
  virtual Result<std::unique_ptr<Reader>> open_blob(const Context& context, const Digest& digest,
                                                    std::uint64_t offset) = 0;
  /// Whether a blob is there with that size. Where the file has changed after index.json was written last, or `proof`
  /// wants it, its bytes are read. Errors: those of the system.
  virtual Result<bool> has_blob(const Context& context, const Descriptor& blob, Proof proof) = 0;
  /// Writes a blob, over what is there. Contract: the digest is verifiable. Errors: as Store::push_blob().
  virtual Result<void> write_blob(const Context& context, const Descriptor& blob, const BlobSource& content) = 0;
  /// While the result is kept, nobody takes away what nothing leads to yet. Waits where that is being done. It may be
  /// null, where nobody does. Errors: cancelled, timed_out; those of the system.
  using Hold = std::shared_ptr<const void>;
  virtual Result<Hold> hold_blobs(const Context& context) {
    static_cast<void>(context);
    return Hold();
  }

  /// Every blob by name, whoever needs it, and what is left over; in no order. What else is there is passed over.
  virtual Result<void> each_file(const Context& context, const std::function<void(LayoutFile)>& see) = 0;

  virtual Result<IndexStamp> index_stamp() = 0;
  virtual Result<IndexFile> read_index() = 0;
  /// What index.json shall be, given what it is; nothing where it may stay.
  using Edit = std::function<Result<std::optional<std::string>>(const std::optional<std::string>& bytes)>;
  /// Told what the file is afterwards.
  using Written = std::function<void(const IndexStamp& stamp)>;
  /// Replaces index.json, all blobs that were written before being safe by then. Nobody else does so from before
  /// `edit` is called until `written` has returned. Errors: those of `edit` and of the system.
  virtual Result<void> edit_index(const Context& context, const Edit& edit, const Written& written) = 0;
};

}  // namespace portolan::internal::store
