// SPDX-License-Identifier: Apache-2.0
#include "http/decoded_body.h"

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <zlib.h>

#include "base/ascii.h"

namespace portolan::internal::http {
namespace {

using portolan::http::Response;

bool is_gzip(std::string_view encoding) { return same_word(encoding, "gzip") || same_word(encoding, "x-gzip"); }

/// What is in a gzip stream (RFC 1952), of any number of members.
class Inflated final : public Reader {
 public:
  explicit Inflated(std::unique_ptr<Reader> packed) : packed_(std::move(packed)) {
    constexpr int gzip_alone = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, gzip_alone) != Z_OK) throw std::bad_alloc();
  }
  Inflated(const Inflated&) = delete;
  Inflated& operator=(const Inflated&) = delete;
  ~Inflated() override { inflateEnd(&stream_); }

  Result<std::size_t> read(std::span<char> into) override {
    if (failure_) return *failure_;
    if (into.empty()) return std::size_t{0};
    for (;;) {
      if (stream_.avail_in == 0 && !packed_ended_) {
        auto got = packed_->read(input_);
        if (!got) return fail(std::move(got).error());
        packed_ended_ = *got == 0;
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(*got);
      }
      if (form_ == Form::unknown) form_ = begins_as_gzip() ? Form::gzip : Form::as_it_is;
      if (form_ == Form::as_it_is) return hand_on(into);
      if (stream_.avail_in == 0 && packed_ended_) {
        if (between_members_) return std::size_t{0};
        return fail(Error(Errc::corrupt, "gzip that ends early"));
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
  enum class Form : std::uint8_t { unknown, gzip, as_it_is };

  bool begins_as_gzip() const noexcept {
    return stream_.avail_in == 0 || static_cast<unsigned char>(input_[0]) == 0x1F;
  }
  /// What has been read for nothing.
  std::size_t hand_on(std::span<char> into) {
    const std::size_t n = std::min<std::size_t>(into.size(), stream_.avail_in);
    std::copy_n(reinterpret_cast<const char*>(stream_.next_in), n, into.begin());
    stream_.next_in += n;
    stream_.avail_in -= static_cast<uInt>(n);
    return n;
  }
  static Error broken() { return Error(Errc::corrupt, "damaged gzip"); }
  Error fail(Error error) {
    failure_ = error;
    return error;
  }

  const std::unique_ptr<Reader> packed_;
  std::array<char, 16 * 1024> input_{};
  z_stream stream_{};
  Form form_ = Form::unknown;
  bool packed_ended_ = false;
  bool between_members_ = true;  // before the first and after the last, too
  std::optional<Error> failure_;
};

}  // namespace

void decode_body(Response& response, std::uint64_t expected) {
  if (!response.body || response.status == 206 || response.status == 204 || response.status == 304) return;
  if (!is_gzip(response.headers.get("Content-Encoding"))) return;
  const bool as_it_is = expected != 0 && response.headers.get("Content-Length") == std::to_string(expected);
  response.headers.remove("Content-Encoding");
  if (as_it_is) return;
  response.headers.remove("Content-Length");
  response.body = std::make_unique<Inflated>(std::move(response.body));
}

}  // namespace portolan::internal::http
