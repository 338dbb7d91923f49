// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/reader.h>

#include <atomic>
#include <memory>
#include <utility>

namespace portolan::internal::http {

/// A request's body that remembers whether it was the one that failed: asking the peer again is of no use then, however
/// much its error looks like one of the peer's (it may come from another registry).
class WatchedBody final : public BlobSource {
 public:
  /// `inner` must outlive it.
  explicit WatchedBody(const BlobSource& inner) : inner_(inner) {}

  bool failed() const noexcept { return *failed_; }

  Result<std::unique_ptr<Reader>> open(const Context& context, std::uint64_t offset) const override {
    auto reader = inner_.open(context, offset);
    if (!reader) {
      *failed_ = true;
      return reader;
    }
    return std::unique_ptr<Reader>(std::make_unique<Watched>(*std::move(reader), failed_));
  }

 private:
  class Watched final : public Reader {
   public:
    Watched(std::unique_ptr<Reader> inner, std::shared_ptr<std::atomic<bool>> failed)
        : inner_(std::move(inner)), failed_(std::move(failed)) {}
    Result<std::size_t> read(std::span<char> into) override {
      auto n = inner_->read(into);
      if (!n) *failed_ = true;
      return n;
    }

   private:
    const std::unique_ptr<Reader> inner_;
    const std::shared_ptr<std::atomic<bool>> failed_;
  };

  const BlobSource& inner_;
  const std::shared_ptr<std::atomic<bool>> failed_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace portolan::internal::http
