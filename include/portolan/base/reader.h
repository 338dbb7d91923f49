// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include <portolan/base/context.h>
#include <portolan/base/digest.h>

namespace portolan {

/// Content that is read once, from its start to its end. Content is bytes; `char` is their type throughout.
/// Threads: one at a time.
class Reader {
 public:
  virtual ~Reader() = default;
  /// Reads at least one byte and at most `into.size()`; 0 is the end (or an empty `into`).
  /// Errors: those of the source; cancelled and timed_out by the Context that the Reader was opened with.
  /// After an error every further call fails.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
};

/// A Reader that hands on `inner` and fails with verification_failed where its content is shorter or longer than
/// `size`, or has another digest. The bytes before such a failure have been handed on by then: use nothing of them
/// before the end was seen. One that proves just that already is given back. Contract: the digest is verifiable.
std::unique_ptr<Reader> verifying(std::unique_ptr<Reader> inner, Digest digest, std::uint64_t size);

/// Everything up to the end. Where its size is known by all likelihood, `expected` bytes spare growing step by step.
/// Errors: those of the reader; limit_exceeded beyond `limit` bytes.
Result<std::string> read_all(Reader& reader, std::uint64_t limit, std::uint64_t expected = 0);

/// Content that can be opened again and again, from any offset: what an upload needs to be repeatable.
/// Threads: any number at once.
class BlobSource {
 public:
  virtual ~BlobSource() = default;
  /// A Reader of the content from byte `offset` on. The Reader may outlive the source.
  virtual Result<std::unique_ptr<Reader>> open(const Context& context, std::uint64_t offset) const = 0;
};

/// Content in memory, shared with its Readers.
class MemoryBlob final : public BlobSource {
 public:
  explicit MemoryBlob(std::string content);
  explicit MemoryBlob(std::shared_ptr<const std::string> content);
  Result<std::unique_ptr<Reader>> open(const Context& context, std::uint64_t offset) const override;
  /// For those who would only copy it.
  const std::shared_ptr<const std::string>& content() const noexcept { return content_; }

 private:
  std::shared_ptr<const std::string> content_;
};

/// Content of a file, opened anew by each open().
class FileBlob final : public BlobSource {
 public:
  explicit FileBlob(std::filesystem::path path);
  Result<std::unique_ptr<Reader>> open(const Context& context, std::uint64_t offset) const override;

 private:
  std::filesystem::path path_;
};

}  // namespace portolan
