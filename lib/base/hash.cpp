// SPDX-License-Identifier: Apache-2.0
// The functions that OpenSSL 3 calls outdated need no set-up; the new ones first read its configuration and look for
// providers, which takes more time than to package a small chart.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <array>
#include <variant>

#include <portolan/base/digest.h>

namespace portolan {

struct Hasher::State {
  std::variant<SHA256_CTX, SHA512_CTX> context;
};

// None of the functions called here can fail on a context that was initialised.
Hasher::Hasher(Digest::Algorithm algorithm) : state_(std::make_unique<State>()) {
  switch (algorithm) {
    case Digest::Algorithm::sha512: SHA512_Init(&state_->context.emplace<SHA512_CTX>()); break;
    case Digest::Algorithm::sha256:
    case Digest::Algorithm::other: SHA256_Init(&state_->context.emplace<SHA256_CTX>()); break;
  }
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::string_view bytes) {
  if (auto* context = std::get_if<SHA256_CTX>(&state_->context)) {
    SHA256_Update(context, bytes.data(), bytes.size());
  } else {
    SHA512_Update(std::get_if<SHA512_CTX>(&state_->context), bytes.data(), bytes.size());
  }
}

Digest Hasher::finish() {
  static constexpr char hex[] = "0123456789abcdef";
  std::array<unsigned char, SHA512_DIGEST_LENGTH> hash{};
  std::size_t length = SHA512_DIGEST_LENGTH;
  std::string text = "sha512:";
  if (auto* context = std::get_if<SHA256_CTX>(&state_->context)) {
    SHA256_Final(hash.data(), context);
    length = SHA256_DIGEST_LENGTH;
    text = "sha256:";
  } else {
    SHA512_Final(hash.data(), std::get_if<SHA512_CTX>(&state_->context));
  }
  text.reserve(text.size() + 2 * length);
  for (std::size_t i = 0; i < length; ++i) {
    text += hex[hash[i] >> 4];
    text += hex[hash[i] & 15];
  }
  return *Digest::parse(text);
}

}  // namespace portolan
