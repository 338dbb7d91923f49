// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <portolan/base/reader.h>

#include "archive/tar_writer.h"

namespace portolan::internal::archive {

/// One member of an archive, its name the raw bytes of the header.
struct Member {
  enum class Kind : std::uint8_t {
    file,
    directory,
    other,  ///< links, devices, FIFOs: nothing to read, Helm takes them for files
  };
  std::string name;
  Kind kind = Kind::file;
  std::uint64_t size = 0;  ///< bytes that the header promises, also for `other`; 0 for a directory
  Time modified{};
};

/// Reads a tar archive, or a gzip-compressed one, member by member: accepts and refuses what Go's archive/tar and
/// compress/gzip do, and so Helm (chart-package 4.4). What follows the end marker, the gzip check sum and trailer do
/// not matter; a missing end marker is an end. libarchive is no help here: it insists on the gzip trailer, repairs
/// damaged headers, skips members that Helm loads, and changes names according to the locale.
/// Memory does not grow with the archive.
class ArchiveReader {
 public:
  enum class Format : std::uint8_t { tar, tar_gzip };

  /// Errors: invalid_chart ("gzip: invalid header", "EOF"), those of the reader.
  static Result<ArchiveReader> open(std::unique_ptr<Reader> input, Format format);
  ArchiveReader(ArchiveReader&&) noexcept;
  ArchiveReader& operator=(ArchiveReader&&) noexcept;
  ~ArchiveReader();

  /// The next member, whatever was read of the one before; nothing at the end. Global PAX headers are passed over.
  /// Errors: invalid_chart (damaged or truncated), limit_exceeded (extended headers without end), those of the reader.
  /// After an error every further call fails.
  Result<std::optional<Member>> next();
  /// The current member's content. 0 is its end. Errors: as next().
  Result<std::size_t> read(std::span<char> into);

 private:
  struct State;
  explicit ArchiveReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace portolan::internal::archive
