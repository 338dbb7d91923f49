// SPDX-License-Identifier: Apache-2.0
// GNU tar's sparse files, in its four formats: an archive may hold a file's data without its holes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <portolan/base/result.h>

#include "archive/tar_header.h"

namespace portolan::internal::archive {

/// A piece of a file that the archive holds.
struct Extent {
  std::int64_t offset = 0;
  std::int64_t length = 0;
};

/// Reads exactly one block of what follows. Errors: invalid_chart ("unexpected EOF"), those of the reader.
using ReadBlock = std::function<Result<void>(std::span<char, block_size>)>;

/// The extents of a member of GNU's own format (type S), and its size; more blocks of extents may follow the header.
/// Errors: invalid_chart.
Result<std::vector<Extent>> read_gnu_sparse(std::span<const char, block_size> block, TarHeader& header,
                                            const ReadBlock& following);

/// The extents of a member that PAX records declare sparse, and its size and name; nothing where they do not.
/// `content` reads the member's content, which begins with the extents in GNU's last format.
/// Errors: invalid_chart.
Result<std::optional<std::vector<Extent>>> read_pax_sparse(const PaxRecords& records, TarHeader& header,
                                                           const ReadBlock& content);

/// Whether the extents are in order, apart, and within the size.
bool fit(std::span<const Extent> extents, std::int64_t size);

}  // namespace portolan::internal::archive
