// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "archive/deflate.h"
#include "archive/tar_writer.h"

namespace portolan::internal::archive {

/// A chart's `.tgz` in memory, byte for byte as Helm 4.2.4 writes it: its gzip header, Go's tar, Go's DEFLATE.
class HelmArchive {
 public:
  HelmArchive();
  HelmArchive(const HelmArchive&) = delete;
  HelmArchive& operator=(const HelmArchive&) = delete;

  /// Makes room for that many bytes of archive, so that it does not grow step by step. What is not used costs nothing.
  void reserve(std::size_t size) { out_.reserve(size); }
  /// Errors: as TarWriter::add().
  Result<void> add(std::string_view name, Time modified, std::string_view body);
  /// The finished archive. Contract: called once, and nothing after it.
  Result<std::string> finish();

 private:
  std::string out_;
  Deflater deflater_;
  TarWriter tar_;
  std::uint32_t crc_ = 0;
  std::uint32_t size_ = 0;  // modulo 2^32, as gzip's trailer has it
};

}  // namespace portolan::internal::archive
