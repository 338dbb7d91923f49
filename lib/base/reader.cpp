// SPDX-License-Identifier: Apache-2.0
#include <portolan/base/reader.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "base/proving_reader.h"

namespace portolan {
namespace {

class Verifying final : public internal::ProvingReader {
 public:
  Verifying(std::unique_ptr<Reader> inner, Digest digest, std::uint64_t size)
      : inner_(std::move(inner)), digest_(std::move(digest)), size_(size), hasher_(digest_.algorithm()) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (failure_) return *failure_;
    if (into.empty() || ended_) return std::size_t{0};
    auto got = inner_->read(into);
    if (!got) return fail(std::move(got).error());
    read_ += *got;
    if (read_ > size_) return fail(mismatch("content is longer than the promised " + std::to_string(size_) + " bytes"));
    hasher_.update({into.data(), *got});
    if (*got != 0) return *got;
    ended_ = true;
    if (read_ != size_) {
      return fail(mismatch("content ends after " + std::to_string(read_) + " of " + std::to_string(size_) + " bytes"));
    }
    const auto actual = hasher_.finish();
    if (actual != digest_) {
      return fail(mismatch("content has another digest than promised")
                      .with("promised", digest_.string())
                      .with("content", actual.string()));
    }
    return std::size_t{0};
  }

  bool proves(const Digest& digest, std::uint64_t size) const noexcept override {
    return read_ == 0 && !ended_ && !failure_ && size == size_ && digest == digest_;
  }

 private:
  static Error mismatch(std::string text) { return Error(Errc::verification_failed, std::move(text)); }
  Error fail(Error error) {
    failure_ = std::move(error);
    return *failure_;
  }

  std::unique_ptr<Reader> inner_;
  Digest digest_;
  std::uint64_t size_;
  std::uint64_t read_ = 0;
  Hasher hasher_;
  bool ended_ = false;
  std::optional<Error> failure_;
};

class MemoryReader final : public Reader {
 public:
  MemoryReader(Context context, std::shared_ptr<const std::string> content, std::uint64_t offset)
      : context_(std::move(context)), content_(std::move(content)), at_(offset) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (auto go = context_.check(); !go) return std::move(go).error();
    const auto count = std::min(into.size(), content_->size() - at_);
    if (count != 0) std::memcpy(into.data(), content_->data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  Context context_;
  std::shared_ptr<const std::string> content_;
  std::size_t at_;
};

}  // namespace

std::unique_ptr<Reader> verifying(std::unique_ptr<Reader> inner, Digest digest, std::uint64_t size) {
  const auto* proving = dynamic_cast<const internal::ProvingReader*>(inner.get());
  if (proving != nullptr && proving->proves(digest, size)) return inner;
  return std::make_unique<Verifying>(std::move(inner), std::move(digest), size);
}

Result<std::string> read_all(Reader& reader, std::uint64_t limit, std::uint64_t expected) {
  constexpr std::uint64_t first_room = 64 * 1024;
  std::string content;
  std::size_t used = 0;
  for (;;) {
    if (used == content.size()) {
      const auto wanted = used != 0                           ? std::uint64_t{used} * 2
                          : expected < limit && expected != 0 ? expected + 1
                                                              : first_room;
      // One byte beyond the limit tells "exactly the limit" from "more".
      content.resize(static_cast<std::size_t>(std::min(limit == UINT64_MAX ? limit : limit + 1, wanted)));
    }
    auto got = reader.read({content.data() + used, content.size() - used});
    if (!got) return std::move(got).error();
    used += *got;
    if (used > limit) return Error(Errc::limit_exceeded, "larger than " + std::to_string(limit) + " bytes");
    if (*got == 0) {
      content.resize(used);
      return content;
    }
  }
}

MemoryBlob::MemoryBlob(std::string content) : content_(std::make_shared<const std::string>(std::move(content))) {}
MemoryBlob::MemoryBlob(std::shared_ptr<const std::string> content) : content_(std::move(content)) {}

Result<std::unique_ptr<Reader>> MemoryBlob::open(const Context& context, std::uint64_t offset) const {
  if (offset > content_->size()) return Error(Errc::invalid_argument, "offset beyond the end of the content");
  return std::unique_ptr<Reader>(std::make_unique<MemoryReader>(context, content_, offset));
}

FileBlob::FileBlob(std::filesystem::path path) : path_(std::move(path)) {}

Result<std::unique_ptr<Reader>> FileBlob::open(const Context& context, std::uint64_t offset) const {
  return internal::open_file(context, path_, offset);
}

}  // namespace portolan
