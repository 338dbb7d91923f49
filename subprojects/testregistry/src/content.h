// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace testregistry {

/// Bytes of a blob that need not be in memory. Reading is possible from several threads at once.
class Content {
 public:
  virtual ~Content() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills `into` from that byte on. Contract: there are so many.
  virtual void read(std::uint64_t offset, char* into, std::size_t size) const = 0;

  std::string all() const;
};
using ContentPtr = std::shared_ptr<const Content>;

ContentPtr content_of(std::string bytes);
/// `size` bytes that follow from a seed.
ContentPtr generated_content(std::uint64_t size, unsigned seed);

/// Content that grows: in memory at first, in an unnamed file from some size on. Throws std::runtime_error.
class GrowingContent final : public Content {
 public:
  GrowingContent() = default;
  ~GrowingContent() override;
  GrowingContent(const GrowingContent&) = delete;
  GrowingContent& operator=(const GrowingContent&) = delete;
  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, char* into, std::size_t size) const override;
  void append(std::string_view bytes);
  void append(const Content& other);

 private:
  std::uint64_t size_ = 0;
  std::string memory_;
  int file_ = -1;
};

/// "sha256:HEX" or "sha512:HEX" of it; the algorithm is that of `like`, or sha256.
std::string digest_of(const Content& content, std::string_view like = "sha256:");
/// Whether a text is such a digest.
bool is_digest(std::string_view text);

}  // namespace testregistry
