// SPDX-License-Identifier: Apache-2.0
#include "archive/gzip_reader.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <utility>

namespace portolan::internal::archive {
namespace {

constexpr std::size_t input_size = 32 * 1024;
/// Go's limit on the file name and the comment, their NUL included.
constexpr unsigned max_text = 512;

enum Flag : unsigned { has_header_crc = 2, has_extra = 4, has_name = 8, has_comment = 16 };

Error bad(const char* text) { return Error(Errc::invalid_chart, text); }
Error cut_short() { return bad("unexpected EOF"); }

class Gunzip final : public Reader {
 public:
  explicit Gunzip(std::unique_ptr<Reader> compressed) : compressed_(std::move(compressed)) {
    // Raw DEFLATE: zlib would check the frame too early and too strictly.
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Gunzip() override { inflateEnd(&stream_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  /// Reads a member's header. False where the input ends before it.
  Result<bool> header();
  Result<std::size_t> read(std::span<char> into) override;

 private:
  Result<std::size_t> next_piece(std::span<char> into);
  /// Decompresses some; tells whether the member's data go on.
  Result<bool> inflate_some();
  Result<void> trailer();

  /// Makes input available. False at its end.
  Result<bool> fill();
  /// One byte of the frame.
  Result<unsigned> byte();
  Result<unsigned> little_endian(unsigned bytes);
  Result<void> skip_text();

  enum class Place : std::uint8_t { data, trailer, end };
  std::unique_ptr<Reader> compressed_;
  std::array<char, input_size> input_;
  z_stream stream_{};
  Place place_ = Place::data;
  std::uint32_t crc_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t header_crc_ = 0;
  std::optional<Error> failure_;
};

Result<bool> Gunzip::fill() {
  if (stream_.avail_in != 0) return true;
  auto got = compressed_->read(input_);
  if (!got) return std::move(got).error();
  stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
  stream_.avail_in = static_cast<uInt>(*got);
  return *got != 0;
}

Result<unsigned> Gunzip::byte() {
  auto more = fill();
  if (!more) return std::move(more).error();
  if (!*more) return cut_short();
  header_crc_ = static_cast<std::uint32_t>(crc32(header_crc_, stream_.next_in, 1));
  --stream_.avail_in;
  return unsigned{*stream_.next_in++};
}

Result<unsigned> Gunzip::little_endian(unsigned bytes) {
  unsigned value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    auto next = byte();
    if (!next) return next;
    value |= *next << 8 * i;
  }
  return value;
}

Result<void> Gunzip::skip_text() {
  for (unsigned i = 0; i < max_text; ++i) {
    auto next = byte();
    if (!next) return std::move(next).error();
    if (*next == 0) return {};
  }
  return bad("gzip: invalid header");
}

Result<bool> Gunzip::header() {
  if (auto more = fill(); !more || !*more) return more;
  header_crc_ = 0;
  std::array<unsigned, 10> fixed;
  for (auto& b : fixed) {
    auto next = byte();
    if (!next) return std::move(next).error();
    b = *next;
  }
  if (fixed[0] != 0x1F || fixed[1] != 0x8B || fixed[2] != Z_DEFLATED) return bad("gzip: invalid header");
  const unsigned flags = fixed[3];
  if ((flags & has_extra) != 0) {
    auto length = little_endian(2);
    if (!length) return std::move(length).error();
    for (unsigned i = 0; i < *length; ++i) {
      if (auto next = byte(); !next) return std::move(next).error();
    }
  }
  for (const unsigned text : {has_name, has_comment}) {
    if ((flags & text) == 0) continue;
    if (auto done = skip_text(); !done) return std::move(done).error();
  }
  if ((flags & has_header_crc) != 0) {
    const std::uint32_t expected = header_crc_ & 0xFFFF;
    auto stored = little_endian(2);
    if (!stored) return std::move(stored).error();
    if (*stored != expected) return bad("gzip: invalid header");
  }
  inflateReset(&stream_);
  crc_ = 0;
  size_ = 0;
  return true;
}

Result<void> Gunzip::trailer() {
  auto crc = little_endian(4);
  if (!crc) return std::move(crc).error();
  auto size = little_endian(4);
  if (!size) return std::move(size).error();
  if (*crc != crc_ || *size != size_) return bad("gzip: invalid checksum");
  return {};
}

Result<bool> Gunzip::inflate_some() {
  auto more = fill();
  if (!more) return more;
  switch (inflate(&stream_, Z_NO_FLUSH)) {
    case Z_OK: return true;
    case Z_STREAM_END: return false;
    case Z_MEM_ERROR: throw std::bad_alloc();
    case Z_BUF_ERROR:
      if (!*more) return cut_short();
      return true;
    default:
      return Error(Errc::invalid_chart, "flate: corrupt input before offset " + std::to_string(stream_.total_in));
  }
}

Result<std::size_t> Gunzip::next_piece(std::span<char> into) {
  for (;;) {
    if (place_ == Place::end) return std::size_t{0};
    if (place_ == Place::trailer) {
      if (auto checked = trailer(); !checked) return std::move(checked).error();
      auto another = header();
      if (!another) return std::move(another).error();
      place_ = *another ? Place::data : Place::end;
      continue;
    }
    const auto room = std::min<std::size_t>(into.size(), std::numeric_limits<uInt>::max());
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(room);
    auto more = inflate_some();
    const std::size_t got = room - stream_.avail_out;
    crc_ = static_cast<std::uint32_t>(crc32(crc_, reinterpret_cast<const Bytef*>(into.data()), static_cast<uInt>(got)));
    size_ += static_cast<std::uint32_t>(got);
    if (!more) {
      if (got == 0) return std::move(more).error();
      failure_ = std::move(more).error();
    } else if (!*more) {
      place_ = Place::trailer;
    }
    if (got != 0) return got;
  }
}

Result<std::size_t> Gunzip::read(std::span<char> into) {
  if (failure_) return *failure_;
  if (into.empty()) return std::size_t{0};
  auto got = next_piece(into);
  if (!got) failure_ = got.error();
  return got;
}

}  // namespace

Result<std::unique_ptr<Reader>> gunzipping(std::unique_ptr<Reader> compressed) {
  auto reader = std::make_unique<Gunzip>(std::move(compressed));
  auto header = reader->header();
  if (!header) return std::move(header).error();
  if (!*header) return bad("EOF");
  return std::unique_ptr<Reader>(std::move(reader));
}

}  // namespace portolan::internal::archive
