// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/reader.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace portolan::internal::registry {

/// Some of a blob's bytes as a request's body, which tells how many of them were taken, and whether it was the source
/// that failed. `inner` must outlive it.
class PartOfBlob final : public BlobSource {
 public:
  /// Bytes [offset, offset + length) of `inner`, which has `size` of them.
  PartOfBlob(const BlobSource& inner, std::uint64_t size, std::uint64_t offset, std::uint64_t length)
      : inner_(inner), offset_(offset), length_(length), to_the_end_(offset + length == size) {}

  /// Bytes that were taken by whoever opened it last.
  std::uint64_t taken() const noexcept { return watch_->taken; }
  bool failed() const noexcept { return watch_->failed; }

  Result<std::unique_ptr<Reader>> open(const Context& context, std::uint64_t offset) const override {
    watch_->taken = offset;
    auto reader = inner_.open(context, offset_ + offset);
    if (!reader) {
      watch_->failed = true;
      return reader;
    }
    return std::unique_ptr<Reader>(std::make_unique<Part>(*std::move(reader), length_ - offset, to_the_end_, watch_));
  }

 private:
  struct Watch {
    std::atomic<std::uint64_t> taken = 0;
    std::atomic<bool> failed = false;
  };

  class Part final : public Reader {
   public:
    Part(std::unique_ptr<Reader> inner, std::uint64_t left, bool to_the_end, std::shared_ptr<Watch> watch)
        : inner_(std::move(inner)), left_(left), to_the_end_(to_the_end), watch_(std::move(watch)) {}

    Result<std::size_t> read(std::span<char> into) override {
      // Where the content ends here, it is the source that says so: it may have to prove itself.
      if (left_ == 0 && !to_the_end_) return std::size_t{0};
      if (left_ != 0) into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_)));
      auto n = inner_->read(into);
      if (!n) {
        watch_->failed = true;
        return n;
      }
      left_ -= std::min<std::uint64_t>(*n, left_);
      watch_->taken += *n;
      return n;
    }

   private:
    const std::unique_ptr<Reader> inner_;
    std::uint64_t left_;
    const bool to_the_end_;
    const std::shared_ptr<Watch> watch_;
  };

  const BlobSource& inner_;
  const std::uint64_t offset_;
  const std::uint64_t length_;
  const bool to_the_end_;
  const std::shared_ptr<Watch> watch_ = std::make_shared<Watch>();
};

}  // namespace portolan::internal::registry
