// SPDX-License-Identifier: Apache-2.0
// What a reader takes from tar headers, with the tolerance and the refusals of Go's archive/tar.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "archive/tar_format.h"
#include "archive/tar_writer.h"

namespace portolan::internal::archive {

enum class TarDialect : std::uint8_t { v7, ustar, star, gnu };

/// One header block, or what the extended headers before it made of it.
struct TarHeader {
  std::string name;
  std::int64_t size = 0;
  std::int64_t mode = 0;
  Time modified{};
  char type = '0';
  TarDialect dialect = TarDialect::v7;
};

/// Nothing where the check sum is wrong or a field is no number.
std::optional<TarHeader> parse_tar_header(std::span<const char, block_size> block);

/// A number as header fields hold it, octal or in base 256. Nothing where it is none, or too large.
std::optional<std::int64_t> parse_tar_number(std::string_view field);

/// A decimal number with an optional sign.
std::optional<std::int64_t> parse_decimal(std::string_view text);

/// Everything up to the first NUL.
constexpr std::string_view until_nul(std::string_view text) { return text.substr(0, text.find('\0')); }

/// The keywords of PAX headers that matter here. The others say nothing that Helm looks at.
enum class PaxKey : std::uint8_t {
  path,
  size,
  mtime,
  atime,
  ctime,
  uid,
  gid,
  sparse_major,
  sparse_minor,
  sparse_name,
  sparse_size,
  sparse_real_size,
  sparse_blocks,
  sparse_map,
};
inline constexpr std::size_t pax_key_count = 14;

/// The records of one PAX header. An empty value means the same as none.
class PaxRecords {
 public:
  /// Nothing where a record is malformed.
  static std::optional<PaxRecords> parse(std::string_view content);

  const std::string& operator[](PaxKey key) const { return values_[static_cast<std::size_t>(key)]; }
  /// Replaces what the records replace. False where a value is none that its key may have.
  bool apply_to(TarHeader& header) const;

 private:
  std::string& at(PaxKey key) { return values_[static_cast<std::size_t>(key)]; }
  std::array<std::string, pax_key_count> values_;
};

}  // namespace portolan::internal::archive
