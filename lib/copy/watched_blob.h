// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include <portolan/store/store.h>

#include "copy/progress.h"

namespace portolan::internal::copy {

/// A blob of the source store, for the target to read, that remembers on which side a transfer failed.
class WatchedBlob final : public BlobSource {
 public:
  /// `source` must outlive the object, not its Readers.
  WatchedBlob(ReadStore& source, Descriptor blob, std::shared_ptr<ProgressTeller> progress);
  Result<std::unique_ptr<Reader>> open(const Context& context, std::uint64_t offset) const override;

  /// Whether the last error came from the source.
  bool source_failed() const noexcept { return watch_->failed; }
  /// Whether the source has not got the blob.
  bool source_lacks_it() const noexcept { return watch_->missing; }

 private:
  struct Watch {
    Descriptor blob;
    std::shared_ptr<ProgressTeller> progress;
    std::atomic<bool> failed = false;
    std::atomic<bool> missing = false;

    Watch(Descriptor watched, std::shared_ptr<ProgressTeller> teller)
        : blob(std::move(watched)), progress(std::move(teller)) {}
  };
  class WatchedReader;

  ReadStore& source_;
  std::shared_ptr<Watch> watch_;
};

}  // namespace portolan::internal::copy
