// SPDX-License-Identifier: Apache-2.0
#include "archive/tar_writer.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <string>

#include "archive/tar_format.h"
#include "base/text.h"

namespace portolan::internal::archive {
namespace {

constexpr std::array<char, block_size> zeros{};
/// What a field of eleven octal digits holds: sizes and times.
constexpr std::uint64_t octal_limit = std::uint64_t{1} << 33;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string ascii_of(std::string_view text) {
  std::string ascii;
  std::copy_if(text.begin(), text.end(), std::back_inserter(ascii),
               [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return ascii;
}

/// Where Go cuts a long name into prefix and name: at the slash, or npos.
std::size_t split_point(std::string_view name) {
  std::size_t length = std::min(name.size(), prefix_field.size + 1);
  if (length == name.size() && name.ends_with('/')) --length;
  const auto slash = name.substr(0, length).rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::string_view::npos;
  const auto rest = name.size() - slash - 1;
  return rest == 0 || rest > name_field.size ? std::string_view::npos : slash;
}

/// A header block under construction.
class Header {
 public:
  explicit Header(char type) {
    block_[type_field.at] = type;
    put(magic_field, ustar_magic);
    put(version_field, ustar_version);
    for (const Field field : {mode_field, uid_field, gid_field, size_field, time_field}) octal(field, 0);
  }

  void put(Field field, std::string_view text) { std::copy(text.begin(), text.end(), block_.begin() + field.at); }

  /// The digits that the field has room for, and a NUL.
  void octal(Field field, std::uint64_t value) {
    for (std::size_t i = field.size - 1; i-- > 0; value >>= 3) {
      block_[field.at + i] = static_cast<char>('0' + (value & 7));
    }
  }

  /// A name that the field may be too short for; then it must not end in a slash, which old readers would take for a
  /// directory's.
  void cut_name(std::string_view name) {
    put(name_field, name.substr(0, name_field.size));
    if (name.size() <= name_field.size || name[name_field.size - 1] != '/') return;
    const auto last = name.substr(0, name_field.size - 1).find_last_not_of('/');
    block_[name_field.at + (last == std::string_view::npos ? 0 : last + 1)] = '\0';
  }

  std::string_view finish() {
    constexpr Field digits_field{checksum_field.at, checksum_field.size - 1};
    std::fill_n(block_.begin() + checksum_field.at, checksum_field.size, ' ');
    std::uint64_t sum = 0;
    for (const char c : block_) sum += static_cast<unsigned char>(c);
    octal(digits_field, sum);
    block_[digits_field.at + digits_field.size - 1] = '\0';
    return {block_.data(), block_.size()};
  }

 private:
  std::array<char, block_size> block_{};
};

std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // blank, equals sign, line feed
  // The length counts its own digits.
  std::size_t size = rest + std::to_string(rest).size();
  size = rest + std::to_string(size).size();
  std::string record = std::to_string(size);
  record.append(" ").append(key).append("=").append(value).append("\n");
  return record;
}

/// The name of the header that holds the PAX records of a member.
std::string pax_header_name(std::string_view member) {
  const auto slash = member.rfind('/');
  const auto base = slash == std::string_view::npos ? 0 : slash + 1;
  std::string path(member.substr(0, base));
  path += "PaxHeaders.0";
  if (base != member.size()) path.append("/").append(member.substr(base));
  auto name = ascii_of(std::filesystem::path(path).lexically_normal().native());
  name.resize(std::min(name.size(), name_field.size));
  name.resize(name.find_last_not_of('/') + 1);
  return name;
}

std::int64_t rounded_seconds(Time time) {
  constexpr std::int64_t go_zero_time = -62'135'596'800;  // the year 1, which Go takes for "no time"
  const bool up = time.nanoseconds >= 500'000'000 && time.seconds != std::numeric_limits<std::int64_t>::max();
  const std::int64_t seconds = time.seconds + (up ? 1 : 0);
  return seconds == go_zero_time ? 0 : seconds;
}

}  // namespace

Result<void> TarWriter::begin(std::string_view name, Time modified, std::uint64_t size) {
  if (body_left_ != 0) return Error(Errc::invalid_argument, "a tar member's body is shorter than its header says");
  if (name.find('\0') != std::string_view::npos) {
    return Error(Errc::invalid_chart,
                 "archive/tar: cannot encode header: invalid PAX record: " + quote("path = " + std::string(name)));
  }
  const bool directory = name.ends_with('/');
  if (directory && size != 0) return Error(Errc::invalid_chart, "archive/tar: write too long");
  const char type = directory ? '5' : '0';
  const std::int64_t seconds = rounded_seconds(modified);
  const bool time_fits = seconds >= 0 && static_cast<std::uint64_t>(seconds) < octal_limit;
  const bool size_fits = size < octal_limit;
  const bool short_ascii = name.size() <= name_field.size && is_ascii(name);
  const auto split = short_ascii || !is_ascii(name) ? std::string_view::npos : split_point(name);
  const bool ustar = time_fits && size_fits && (short_ascii || split != std::string_view::npos);

  if (!ustar) {
    std::string records;
    if (!time_fits) records += pax_record("mtime", std::to_string(seconds));
    if (!short_ascii) records += pax_record("path", name);
    if (!size_fits) records += pax_record("size", std::to_string(size));
    if (records.size() > max_special_size) return Error(Errc::invalid_chart, "archive/tar: header field too long");
    Header extended('x');
    extended.put(name_field, pax_header_name(name));
    extended.octal(size_field, records.size());
    if (auto done = pad(); !done) return done;
    if (auto done = sink_(extended.finish()); !done) return done;
    if (auto done = sink_(records); !done) return done;
    pending_padding_ = padding_after(records.size());
  }

  Header header(type);
  header.octal(mode_field, 0644);
  header.octal(device_major_field, 0);
  header.octal(device_minor_field, 0);
  if (size_fits) header.octal(size_field, size);
  if (time_fits) header.octal(time_field, static_cast<std::uint64_t>(seconds));
  if (!ustar) {
    header.cut_name(ascii_of(name));
  } else if (split == std::string_view::npos) {
    header.put(name_field, name);
  } else {
    header.put(prefix_field, name.substr(0, split));
    header.put(name_field, name.substr(split + 1));
  }
  if (auto done = pad(); !done) return done;
  body_left_ = size;
  pending_padding_ = padding_after(size);
  return sink_(header.finish());
}

Result<void> TarWriter::body(std::string_view piece) {
  if (piece.size() > body_left_) {
    return Error(Errc::invalid_argument, "a tar member's body is longer than its header says");
  }
  body_left_ -= piece.size();
  return piece.empty() ? Result<void>{} : sink_(piece);
}

Result<void> TarWriter::add(std::string_view name, Time modified, std::string_view body) {
  if (auto done = begin(name, modified, body.size()); !done) return done;
  return this->body(body);
}

Result<void> TarWriter::pad() {
  const auto padding = static_cast<std::size_t>(std::exchange(pending_padding_, 0));
  return padding == 0 ? Result<void>{} : sink_({zeros.data(), padding});
}

Result<void> TarWriter::finish() {
  if (body_left_ != 0) return Error(Errc::invalid_argument, "a tar member's body is shorter than its header says");
  if (auto done = pad(); !done) return done;
  // Two pieces, as Go writes them.
  if (auto done = sink_({zeros.data(), zeros.size()}); !done) return done;
  return sink_({zeros.data(), zeros.size()});
}

}  // namespace portolan::internal::archive
