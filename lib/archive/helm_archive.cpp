// SPDX-License-Identifier: Apache-2.0
#include "archive/helm_archive.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace portolan::internal::archive {
namespace {

/// Magic, DEFLATE, FEXTRA and FCOMMENT, no time, no hints, no operating system; the extra field and the comment of
/// Helm 4.2.4 (go-deflate 1.3).
constexpr char gzip_header[] =
    "\x1f\x8b\x08\x14\0\0\0\0\0\xff"
    "\x2c\0rr\x28\0"
    "aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo="
    "Helm";  // its NUL ends the comment

std::uint32_t crc_with(std::uint32_t crc, std::string_view bytes) {
  constexpr std::size_t most_bytes = std::numeric_limits<uInt>::max();
  while (!bytes.empty()) {
    const auto n = std::min(bytes.size(), most_bytes);
    crc = static_cast<std::uint32_t>(crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(n)));
    bytes.remove_prefix(n);
  }
  return crc;
}

void append_little_endian(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
}

}  // namespace

HelmArchive::HelmArchive()
    : out_(gzip_header, sizeof gzip_header), deflater_(out_), tar_([this](std::string_view piece) -> Result<void> {
        crc_ = crc_with(crc_, piece);
        size_ += static_cast<std::uint32_t>(piece.size());
        deflater_.write(piece);
        return {};
      }) {}

Result<void> HelmArchive::add(std::string_view name, Time modified, std::string_view body) {
  return tar_.add(name, modified, body);
}

Result<std::string> HelmArchive::finish() {
  if (auto done = tar_.finish(); !done) return std::move(done).error();
  deflater_.finish();
  append_little_endian(out_, crc_);
  append_little_endian(out_, size_);
  return std::move(out_);
}

}  // namespace portolan::internal::archive
