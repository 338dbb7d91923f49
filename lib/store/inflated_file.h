// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/file.h"

namespace portolan::internal::store {

/// What an archive may become when it is unpacked: so many times its size, or so many bytes if that is more.
inline constexpr std::uint64_t max_inflation = 200;
inline constexpr std::uint64_t always_inflated = 1024 * 1024 * 1024;

/// Whether a file begins as gzip does. Errors: those of the system.
Result<bool> is_gzip(const FileDescriptor& file, const std::filesystem::path& path);

/// The content of a file that gzip has packed, in a file without a name: beside it where that can be, else in the
/// system's folders for such files. It goes with its descriptor. `path` is for messages, and for the place.
/// Errors: corrupt, limit_exceeded, cancelled, timed_out, those of the system.
Result<FileDescriptor> inflated(const Context& context, const std::filesystem::path& path);

}  // namespace portolan::internal::store
