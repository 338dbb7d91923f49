// SPDX-License-Identifier: Apache-2.0
#include "http/decoded_body.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zlib.h>

#include "base/ascii.h"
#include "http/header_text.h"

namespace portolan::internal::http {

using portolan::http::Headers;
using portolan::http::Request;
using portolan::http::Response;

namespace {

/// Encodings one upon another that are taken off; a proxy before a proxy makes two.
constexpr std::size_t max_encodings = 4;

enum class Encoding : std::uint8_t {
  none,  ///< also a label of stores and proxies that changes no byte: "aws-chunked", "utf-8"
  gzip,
  deflate,
  other,  ///< one that nobody here can take off
};

Encoding encoding_named(std::string_view word) {
  if (same_word(word, "gzip") || same_word(word, "x-gzip")) return Encoding::gzip;
  if (same_word(word, "deflate")) return Encoding::deflate;
  for (const auto* one : {"br", "zstd", "compress", "x-compress", "dcb", "dcz"}) {
    if (same_word(word, one)) return Encoding::other;
  }
  return Encoding::none;
}

/// The words of Content-Encoding that are about the bytes, in the order in which they were put on.
std::vector<std::string_view> encodings(const Headers& headers) {
  std::vector<std::string_view> words;
  for (const auto value : headers.all("Content-Encoding")) {
    for (const auto word : listed(value)) {
      if (encoding_named(word) != Encoding::none) words.push_back(word);
    }
  }
  return words;
}

/// What is in a gzip stream (RFC 1952), of any number of members, or in a deflate one: in zlib's frame (RFC 1950), as
/// HTTP has it, or in none (RFC 1951), as some servers have it.
class Inflated final : public Reader {
 public:
  Inflated(std::unique_ptr<Reader> packed, Encoding encoding) : packed_(std::move(packed)), encoding_(encoding) {}
  Inflated(const Inflated&) = delete;
  Inflated& operator=(const Inflated&) = delete;
  ~Inflated() override { inflateEnd(&stream_); }

  Result<std::size_t> read(std::span<char> into) override {
    if (failure_) return *failure_;
    if (into.empty()) return std::size_t{0};
    if (form_ == Form::unknown) {
      if (auto begun = begin(); !begun) return fail(std::move(begun).error());
    }
    for (;;) {
      if (stream_.avail_in == 0 && !packed_ended_) {
        if (auto filled = fill(0); !filled) return fail(std::move(filled).error());
      }
      if (form_ == Form::as_it_is) return hand_on(into);
      if (stream_.avail_in == 0 && packed_ended_) {
        if (between_members_) return std::size_t{0};
        return fail(Error(Errc::corrupt, name() + " that ends early"));
      }
      if (std::exchange(between_members_, false) && inflateReset(&stream_) != Z_OK) return fail(broken());
      const auto room = static_cast<uInt>(std::min<std::size_t>(into.size(), 1U << 30));
      stream_.next_out = reinterpret_cast<Bytef*>(into.data());
      stream_.avail_out = room;
      const int state = inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_MEM_ERROR) throw std::bad_alloc();
      if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) return fail(broken());
      between_members_ = state == Z_STREAM_END;
      if (const std::size_t made = room - stream_.avail_out; made != 0) return made;
    }
  }

 private:
  enum class Form : std::uint8_t { unknown, packed, as_it_is };

  /// Puts what comes next behind the `kept` bytes that are there.
  Result<void> fill(std::size_t kept) {
    auto got = packed_->read(std::span(input_).subspan(kept));
    if (!got) return std::move(got).error();
    packed_ended_ = *got == 0;
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(kept + *got);
    return {};
  }

  /// Finds out by the first two bytes what it is.
  Result<void> begin() {
    while (stream_.avail_in < 2 && !packed_ended_) {
      if (auto filled = fill(stream_.avail_in); !filled) return filled;
    }
    const auto there = std::string_view(input_.data(), stream_.avail_in);
    constexpr int gzip_alone = 16 + MAX_WBITS;
    const int bits = encoding_ == Encoding::gzip ? gzip_alone : begins_as_zlib(there) ? MAX_WBITS : -MAX_WBITS;
    const bool as_it_is = encoding_ == Encoding::gzip ? !there.empty() && there[0] != '\x1F' : is_no_deflate(there);
    form_ = as_it_is ? Form::as_it_is : Form::packed;
    if (!as_it_is && inflateInit2(&stream_, bits) != Z_OK) throw std::bad_alloc();
    return {};
  }
  static bool begins_as_zlib(std::string_view there) {
    if (there.size() < 2) return false;
    const unsigned first = static_cast<unsigned char>(there[0]);
    const unsigned second = static_cast<unsigned char>(there[1]);
    return (first & 0x0F) == Z_DEFLATED && (first << 8 | second) % 31 == 0;
  }
  /// No deflate stream begins with a block of the fourth type, nor one of JSON with a brace.
  static bool is_no_deflate(std::string_view there) {
    if (there.empty() || begins_as_zlib(there)) return false;
    return (static_cast<unsigned char>(there[0]) >> 1 & 3) == 3 || there[0] == '{';
  }
  /// What has been read for nothing.
  std::size_t hand_on(std::span<char> into) {
    const std::size_t n = std::min<std::size_t>(into.size(), stream_.avail_in);
    std::copy_n(reinterpret_cast<const char*>(stream_.next_in), n, into.begin());
    stream_.next_in += n;
    stream_.avail_in -= static_cast<uInt>(n);
    return n;
  }
  std::string name() const { return encoding_ == Encoding::gzip ? "gzip" : "deflate"; }
  Error broken() const { return Error(Errc::corrupt, "damaged " + name()); }
  Error fail(Error error) {
    failure_ = error;
    return error;
  }

  const std::unique_ptr<Reader> packed_;
  const Encoding encoding_;
  std::array<char, 16 * 1024> input_{};
  z_stream stream_{};
  Form form_ = Form::unknown;
  bool packed_ended_ = false;
  bool between_members_ = true;  // before the first and after the last, too
  std::optional<Error> failure_;
};

}  // namespace

void take_as_whole(const Request& request, Response& response) {
  if (response.status != 206 || request.headers.contains("Range")) return;
  auto range = response.headers.get("Content-Range");
  if (!range.empty()) {
    const auto slash = range.find('/');
    std::uint64_t size = 0;
    if (slash == std::string_view::npos) return;
    const auto whole = range.substr(slash + 1);
    const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), size);
    if (error != std::errc() || end != whole.data() + whole.size() || size == 0) return;
    if (range.substr(0, slash) != "bytes 0-" + std::to_string(size - 1)) return;
  }
  if (same_word(response.headers.get("Content-Type").substr(0, 10), "multipart/")) return;
  response.headers.remove("Content-Range");
  response.status = 200;
}

void decode_body(Response& response, std::uint64_t expected) {
  if (!response.body || response.status == 206 || response.status == 204 || response.status == 304) return;
  const auto words = encodings(response.headers);
  const bool known =
      std::none_of(words.begin(), words.end(), [](auto word) { return encoding_named(word) == Encoding::other; });
  const bool as_it_is = expected != 0 && response.headers.get("Content-Length") == std::to_string(expected);
  if (words.empty() || (!as_it_is && (!known || words.size() > max_encodings))) return;
  if (!as_it_is) {
    // The last one was put on last.
    for (auto word = words.rbegin(); word != words.rend(); ++word) {
      response.body = std::make_unique<Inflated>(std::move(response.body), encoding_named(*word));
    }
    response.headers.remove("Content-Length");
  }
  response.headers.remove("Content-Encoding");
}

std::string_view encoding_of(const Headers& headers) {
  const auto words = encodings(headers);
  return words.empty() ? std::string_view() : words.back();
}

}  // namespace portolan::internal::http
