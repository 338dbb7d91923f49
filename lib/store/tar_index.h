// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/file.h"

namespace portolan::internal::store {

/// Members of a tar archive that are read: more than a copy may have nodes.
inline constexpr std::size_t max_tar_members = 250'000;

/// Where a file of an archive has its bytes.
struct TarMember {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
using TarIndex = std::map<std::string, TarMember, std::less<>>;

/// Links to other members, symbolic and hard ones, as they are written: by name, without `./` before it.
using TarLinks = std::map<std::string, std::string, std::less<>>;

/// The regular files of a tar archive (ustar, PAX, GNU), by name, without `./` before it; of several with one name the
/// last. The content is not read. `path` is for messages, `links` gets the links where it is not null.
/// Errors: corrupt, limit_exceeded, unsupported (compressed, sparse members), those of the system.
Result<TarIndex> index_tar(const FileDescriptor& file, const std::filesystem::path& path, TarLinks* links = nullptr);

}  // namespace portolan::internal::store
