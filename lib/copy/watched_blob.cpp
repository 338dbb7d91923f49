// SPDX-License-Identifier: Apache-2.0
#include "copy/watched_blob.h"

#include <utility>

#include "base/proving_reader.h"

namespace portolan::internal::copy {

class WatchedBlob::WatchedReader final : public ProvingReader {
 public:
  WatchedReader(std::unique_ptr<Reader> inner, std::shared_ptr<Watch> watch, std::uint64_t offset)
      : inner_(std::move(inner)), watch_(std::move(watch)), at_(offset) {}

  Result<std::size_t> read(std::span<char> into) override {
    auto got = inner_->read(into);
    if (!got) {
      watch_->failed = true;
      return got;
    }
    at_ += *got;
    if (*got != 0) watch_->progress->tell(Progress::Event::advanced, watch_->blob, at_);
    return got;
  }

  bool proves(const Digest& digest, std::uint64_t size) const noexcept override {
    const auto* proving = dynamic_cast<const ProvingReader*>(inner_.get());
    return proving != nullptr && proving->proves(digest, size);
  }

 private:
  std::unique_ptr<Reader> inner_;
  std::shared_ptr<Watch> watch_;
  std::uint64_t at_;
};

WatchedBlob::WatchedBlob(ReadStore& source, Descriptor blob, std::shared_ptr<ProgressTeller> progress)
    : source_(source), watch_(std::make_shared<Watch>(std::move(blob), std::move(progress))) {}

Result<std::unique_ptr<Reader>> WatchedBlob::open(const Context& context, std::uint64_t offset) const {
  watch_->failed = false;
  const auto& blob = watch_->blob;
  // What the parent carries along was verified when the parent was read.
  auto reader = blob.data ? MemoryBlob(*blob.data).open(context, offset) : source_.fetch(context, blob, offset);
  if (!reader) {
    watch_->failed = true;
    watch_->missing = reader.error().code() == Errc::not_found;
    return reader;
  }
  if (offset == 0) watch_->progress->tell(Progress::Event::started, blob, 0);
  return std::unique_ptr<Reader>(std::make_unique<WatchedReader>(*std::move(reader), watch_, offset));
}

}  // namespace portolan::internal::copy
