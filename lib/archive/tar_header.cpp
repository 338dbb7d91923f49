// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_header.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <system_error>

namespace portolan::internal::archive {
namespace {

constexpr std::string_view gnu_magic{"ustar  \0", 8};
constexpr std::string_view star_mark{"tar\0", 4};
constexpr Field magic_and_version_field{257, 8};
constexpr Field gnu_access_time_field{345, 12};
constexpr Field gnu_change_time_field{357, 12};
constexpr Field star_prefix_field{345, 131};
constexpr Field star_access_time_field{476, 12};
constexpr Field star_change_time_field{488, 12};
constexpr Field star_trailer_field{508, 4};

std::optional<std::int64_t> parse_octal(std::string_view field) {
  constexpr std::string_view fill(" \0", 2);
  const auto first = field.find_first_not_of(fill);
  if (first == std::string_view::npos) return 0;
  const auto last = field.find_last_not_of(fill);
  const auto digits = until_nul(field.substr(first, last - first + 1));
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

/// Two's complement, big-endian; the first bit only marks the format.
std::optional<std::int64_t> parse_base_256(std::string_view field) {
  const unsigned invert = (field[0] & 0x40) != 0 ? 0xFF : 0;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    unsigned byte = static_cast<unsigned char>(field[i]) ^ invert;
    if (i == 0) byte &= 0x7F;
    if (value >> 56 != 0) return std::nullopt;
    value = value << 8 | byte;
  }
  if (value >> 63 != 0) return std::nullopt;
  return static_cast<std::int64_t>(invert != 0 ? ~value : value);
}

class Block {
 public:
  explicit Block(std::span<const char, block_size> bytes) : bytes_(bytes.data(), bytes.size()) {}

  std::string_view field(Field f) const { return bytes_.substr(f.at, f.size); }
  std::string_view text(Field f) const { return until_nul(field(f)); }
  bool are_numbers(std::initializer_list<Field> fields) const {
    return std::all_of(fields.begin(), fields.end(), [&](Field f) { return parse_tar_number(field(f)).has_value(); });
  }

  bool sum_is_right() const {
    std::int64_t as_unsigned = 0;
    std::int64_t as_signed = 0;  // as some old programs count
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      const bool is_sum = i >= checksum_field.at && i < checksum_field.at + checksum_field.size;
      const char c = is_sum ? ' ' : bytes_[i];
      as_unsigned += static_cast<unsigned char>(c);
      as_signed += static_cast<signed char>(c);
    }
    const auto stored = parse_octal(field(checksum_field));
    return stored && (*stored == as_unsigned || *stored == as_signed);
  }

  TarDialect dialect() const {
    if (field(magic_and_version_field) == gnu_magic) return TarDialect::gnu;
    if (field(magic_field) != ustar_magic) return TarDialect::v7;
    return field(star_trailer_field) == star_mark ? TarDialect::star : TarDialect::ustar;
  }

  /// What stands before the name. Nothing where a field of the dialect is no number.
  std::optional<std::string_view> prefix(TarDialect dialect) const {
    switch (dialect) {
      case TarDialect::v7: return std::string_view();
      case TarDialect::ustar: return text(prefix_field);
      case TarDialect::star:
        if (!are_numbers({star_access_time_field, star_change_time_field})) return std::nullopt;
        return text(star_prefix_field);
      case TarDialect::gnu: return gnu_prefix();
    }
    return std::nullopt;
  }

 private:
  /// GNU's format has times where others have the prefix; Go before 1.8 wrote a prefix there nevertheless.
  std::string_view gnu_prefix() const {
    const auto is_time = [&](Field f) { return field(f)[0] == '\0' || parse_tar_number(field(f)); };
    if (is_time(gnu_access_time_field) && is_time(gnu_change_time_field)) return {};
    const auto prefix = text(prefix_field);
    const bool ascii = std::all_of(prefix.begin(), prefix.end(), [](char c) { return (c & 0x80) == 0; });
    return ascii ? prefix : std::string_view();
  }

  std::string_view bytes_;
};

}  // namespace

std::optional<std::int64_t> parse_tar_number(std::string_view field) {
  return !field.empty() && (field[0] & 0x80) != 0 ? parse_base_256(field) : parse_octal(field);
}

std::optional<std::int64_t> parse_decimal(std::string_view text) {
  // from_chars takes a minus sign alone.
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<TarHeader> parse_tar_header(std::span<const char, block_size> bytes) {
  const Block block(bytes);
  if (!block.sum_is_right()) return std::nullopt;
  TarHeader header;
  header.dialect = block.dialect();
  header.type = block.field(type_field)[0];
  const auto size = parse_tar_number(block.field(size_field));
  const auto mode = parse_tar_number(block.field(mode_field));
  const auto seconds = parse_tar_number(block.field(time_field));
  if (!size || !mode || !seconds || !block.are_numbers({uid_field, gid_field})) return std::nullopt;
  if (header.dialect != TarDialect::v7 && !block.are_numbers({device_major_field, device_minor_field}))
    return std::nullopt;
  header.size = *size;
  header.mode = *mode;
  header.modified.seconds = *seconds;
  const auto prefix = block.prefix(header.dialect);
  if (!prefix) return std::nullopt;
  if (!prefix->empty()) header.name.append(*prefix).append("/");
  header.name += block.text(name_field);
  return header;
}

}  // namespace portolan::internal::archive
