// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include <portolan/base/result.h>

namespace portolan {

/// The name of content by its hash, `algorithm:encoded` (OCI image specification, descriptor.md).
class Digest {
 public:
  enum class Algorithm : std::uint8_t {
    sha256,
    sha512,
    other,  ///< well formed, but nothing that can be verified here
  };

  /// sha256 and sha512 need exactly 64 and 128 lower-case hexadecimal digits; other algorithms the grammar alone.
  /// Errors: invalid_reference.
  static Result<Digest> parse(std::string_view text);

  Algorithm algorithm() const noexcept { return algorithm_; }
  /// For example "sha256".
  std::string_view algorithm_name() const noexcept { return std::string_view(text_).substr(0, colon_); }
  /// What follows the colon.
  std::string_view encoded() const noexcept { return std::string_view(text_).substr(colon_ + 1); }
  const std::string& string() const noexcept { return text_; }
  bool verifiable() const noexcept { return algorithm_ != Algorithm::other; }

  friend bool operator==(const Digest& a, const Digest& b) noexcept { return a.text_ == b.text_; }
  friend std::strong_ordering operator<=>(const Digest& a, const Digest& b) noexcept { return a.text_ <=> b.text_; }
  friend std::ostream& operator<<(std::ostream& out, const Digest& digest);

 private:
  Digest(Algorithm algorithm, std::string text, std::size_t colon)
      : text_(std::move(text)), colon_(colon), algorithm_(algorithm) {}

  std::string text_;
  std::size_t colon_;
  Algorithm algorithm_;
};

/// Computes a digest of content that comes in pieces. Threads: one at a time.
class Hasher {
 public:
  /// Contract: the algorithm is sha256 or sha512.
  explicit Hasher(Digest::Algorithm algorithm = Digest::Algorithm::sha256);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  void update(std::string_view bytes);
  /// The digest of all bytes so far. Contract: called once, and nothing after it.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The digest of the whole content. Contract: the algorithm is sha256 or sha512.
Digest digest_of(std::string_view content, Digest::Algorithm algorithm = Digest::Algorithm::sha256);

}  // namespace portolan

template <>
struct std::hash<portolan::Digest> {
  std::size_t operator()(const portolan::Digest& digest) const noexcept {
    return std::hash<std::string>{}(digest.string());
  }
};
