// SPDX-License-Identifier: Apache-2.0
#include "content.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace testregistry {
namespace {

constexpr std::size_t in_memory_at_most = 4 * 1024 * 1024;

class Bytes final : public Content {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, char* into, std::size_t size) const override {
    std::memcpy(into, bytes_.data() + offset, size);
  }

 private:
  const std::string bytes_;
};

class Generated final : public Content {
 public:
  Generated(std::uint64_t size, unsigned seed) : size_(size), seed_(seed) {
    std::uint64_t state = seed + 0x9E3779B97F4A7C15U;
    for (auto& byte : block_) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      byte = static_cast<char>(state >> 32);
    }
  }
  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, char* into, std::size_t size) const override {
    // A block that differs from the one before by its number, so that no piece can stand in another one's place.
    while (size != 0) {
      const auto at = static_cast<std::size_t>(offset % block_.size());
      const auto n = std::min(size, block_.size() - at);
      const auto mark = static_cast<char>((offset / block_.size() * 0x9E3779B1U + seed_) >> 3);
      for (std::size_t i = 0; i < n; ++i) into[i] = static_cast<char>(block_[at + i] ^ mark);
      into += n;
      offset += n;
      size -= n;
    }
  }

 private:
  const std::uint64_t size_;
  const unsigned seed_;
  std::array<char, 65'536> block_{};
};

}  // namespace

std::string Content::all() const {
  std::string bytes(static_cast<std::size_t>(size()), '\0');
  read(0, bytes.data(), bytes.size());
  return bytes;
}

ContentPtr content_of(std::string bytes) { return std::make_shared<Bytes>(std::move(bytes)); }
ContentPtr generated_content(std::uint64_t size, unsigned seed) { return std::make_shared<Generated>(size, seed); }

GrowingContent::~GrowingContent() {
  if (file_ >= 0) ::close(file_);
}

void GrowingContent::append(std::string_view bytes) {
  if (file_ < 0 && size_ + bytes.size() > in_memory_at_most) {
    const char* folder = std::getenv("TMPDIR");
    std::string name = std::string(folder == nullptr ? "/tmp" : folder) + "/testregistry-XXXXXX";
    file_ = ::mkstemp(name.data());
    if (file_ < 0) throw std::runtime_error("testregistry: no temporary file");
    ::unlink(name.c_str());
    std::string before;
    before.swap(memory_);
    size_ = 0;
    append(std::string_view(before));
  }
  if (file_ < 0) {
    memory_ += bytes;
    size_ += bytes.size();
    return;
  }
  while (!bytes.empty()) {
    const auto n = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (n <= 0) throw std::runtime_error("testregistry: the temporary file cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    size_ += static_cast<std::uint64_t>(n);
  }
}

void GrowingContent::append(const Content& other) {
  std::string piece;
  for (std::uint64_t at = 0; at < other.size(); at += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(1 << 20, other.size() - at)));
    other.read(at, piece.data(), piece.size());
    append(std::string_view(piece));
  }
}

void GrowingContent::read(std::uint64_t offset, char* into, std::size_t size) const {
  if (file_ < 0) {
    std::memcpy(into, memory_.data() + offset, size);
    return;
  }
  while (size != 0) {
    const auto n = ::pread(file_, into, size, static_cast<off_t>(offset));
    if (n <= 0) throw std::runtime_error("testregistry: the temporary file cannot be read");
    into += n;
    offset += static_cast<std::uint64_t>(n);
    size -= static_cast<std::size_t>(n);
  }
}

std::string digest_of(const Content& content, std::string_view like) {
  const bool long_one = like.starts_with("sha512:");
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), long_one ? EVP_sha512() : EVP_sha256(), nullptr);
  std::array<char, 65'536> piece;
  for (std::uint64_t at = 0; at < content.size();) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), content.size() - at));
    content.read(at, piece.data(), n);
    EVP_DigestUpdate(context.get(), piece.data(), n);
    at += n;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), raw.data(), &size);
  std::string text = long_one ? "sha512:" : "sha256:";
  constexpr std::string_view digits = "0123456789abcdef";
  for (unsigned i = 0; i < size; ++i) {
    text += digits[raw[i] >> 4];
    text += digits[raw[i] & 15];
  }
  return text;
}

bool is_digest(std::string_view text) {
  const std::size_t size = text.starts_with("sha256:") ? 64 : text.starts_with("sha512:") ? 128 : 0;
  if (size == 0 || text.size() != 7 + size) return false;
  return text.find_first_not_of("0123456789abcdef", 7) == std::string_view::npos;
}

}  // namespace testregistry
