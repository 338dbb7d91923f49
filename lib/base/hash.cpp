// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <array>
#include <new>

#include <portolan/base/digest.h>

namespace portolan {

struct Hasher::State {
  struct Free {
    void operator()(EVP_MD_CTX* unused) const { EVP_MD_CTX_free(unused); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context;
  const char* prefix;
};

Hasher::Hasher(Digest::Algorithm algorithm) : state_(std::make_unique<State>()) {
  const bool long_one = algorithm == Digest::Algorithm::sha512;
  state_->prefix = long_one ? "sha512:" : "sha256:";
  state_->context.reset(EVP_MD_CTX_new());
  // OpenSSL's digests fail on lack of memory alone.
  if (!state_->context ||
      EVP_DigestInit_ex(state_->context.get(), long_one ? EVP_sha512() : EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::string_view bytes) {
  if (EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

Digest Hasher::finish() {
  static constexpr char hex[] = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  if (EVP_DigestFinal_ex(state_->context.get(), hash.data(), &length) != 1) throw std::bad_alloc();
  std::string text = state_->prefix;
  text.reserve(text.size() + 2 * length);
  for (unsigned i = 0; i < length; ++i) {
    text += hex[hash[i] >> 4];
    text += hex[hash[i] & 15];
  }
  return *Digest::parse(text);
}

}  // namespace portolan
