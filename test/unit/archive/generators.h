// SPDX-License-Identifier: Apache-2.0
// The generated inputs of go-deflate 8.2, named and drawn as there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace portolan::test {

class Xorshift {
 public:
  explicit Xorshift(std::uint32_t seed) : x_(seed) {}
  std::uint32_t next() {
    x_ ^= x_ << 13;
    x_ ^= x_ >> 17;
    x_ ^= x_ << 5;
    return x_;
  }
  char byte() { return static_cast<char>(next() >> 24); }

 private:
  std::uint32_t x_;
};

inline std::string rnd(std::uint32_t seed, std::size_t n) {
  Xorshift draw(seed);
  std::string out(n, '\0');
  for (auto& c : out) c = draw.byte();
  return out;
}

inline std::string alpha(std::uint32_t seed, std::size_t n, std::uint32_t k) {
  Xorshift draw(seed);
  std::string out(n, '\0');
  for (auto& c : out) c = static_cast<char>(97 + draw.next() % k);
  return out;
}

inline std::string run(std::size_t n, int c) { return std::string(n, static_cast<char>(c)); }

inline std::string per(std::size_t n, std::size_t p) {
  std::string out(n, '\0');
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<char>(i % p);
  return out;
}

inline std::string repeated(std::string_view block, std::size_t n) {
  std::string out(n, '\0');
  for (std::size_t i = 0; i < n; ++i) out[i] = block[i % block.size()];
  return out;
}

inline std::string rep(std::uint32_t seed, std::size_t n, std::size_t p) { return repeated(rnd(seed, p), n); }

inline std::string reprun(std::uint32_t seed, std::size_t n, std::size_t p) {
  Xorshift draw(seed);
  std::string block;
  while (block.size() < p) {
    const char c = draw.byte();
    block.append(1 + draw.next() % 6, c);
  }
  block.resize(p);
  return repeated(block, n);
}

inline std::string skew(std::uint32_t seed, std::size_t n, int j) {
  Xorshift draw(seed);
  std::string out(n, '\0');
  for (auto& c : out) {
    std::uint32_t v = 255;
    for (int i = 0; i < j; ++i) v = v * (draw.next() >> 24) >> 8;
    c = static_cast<char>(v);
  }
  return out;
}

inline std::string text(std::uint32_t seed, std::size_t n) {
  static constexpr std::string_view words[] = {
      "apiVersion:", "kind:",       "metadata:", "name:",  "labels:", "app", "spec:", "replicas:",
      "template:",   "containers:", "image:",    "ports:", "-",       "{{",  "}}",    ".Values."};
  Xorshift draw(seed);
  std::string out;
  while (out.size() < n) {
    out += words[draw.next() % 16];
    if (draw.next() % 8 == 0) {
      out += '\n';
      out.append(2 * (draw.next() % 5), ' ');
    } else {
      out += ' ';
    }
  }
  out.resize(n);
  return out;
}

inline std::string copy(std::uint32_t seed, std::size_t n, std::uint32_t k, std::size_t distance, std::uint32_t most) {
  Xorshift draw(seed);
  std::string out;
  while (out.size() < n) {
    if (out.empty() || draw.next() % 2 == 0) {
      for (auto count = 1 + draw.next() % 16; count > 0; --count) out += static_cast<char>(draw.next() % k);
    } else {
      const std::size_t back = 1 + draw.next() % std::min(out.size(), distance);
      for (auto count = 1 + draw.next() % most; count > 0; --count) out += out[out.size() - back];
    }
  }
  out.resize(n);
  return out;
}

/// The text with `count` bytes at `to` made those at `from`.
inline std::string patched(std::string text, std::size_t to, std::size_t from, std::size_t count) {
  return text.replace(to, count, std::string(text, from, count));
}

}  // namespace portolan::test
