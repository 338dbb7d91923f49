// SPDX-License-Identifier: Apache-2.0
// The header block of a tar archive (POSIX.1-1988 ustar, and what the formats around it share).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portolan::internal::archive {

inline constexpr std::size_t block_size = 512;

/// A header's extent in bytes.
struct Field {
  std::size_t at;
  std::size_t size;
};

inline constexpr Field name_field{0, 100};
inline constexpr Field mode_field{100, 8};
inline constexpr Field uid_field{108, 8};
inline constexpr Field gid_field{116, 8};
inline constexpr Field size_field{124, 12};
inline constexpr Field time_field{136, 12};
inline constexpr Field checksum_field{148, 8};
inline constexpr Field type_field{156, 1};
inline constexpr Field magic_field{257, 6};
inline constexpr Field version_field{263, 2};
inline constexpr Field device_major_field{329, 8};
inline constexpr Field device_minor_field{337, 8};
inline constexpr Field prefix_field{345, 155};

inline constexpr std::string_view ustar_magic{"ustar\0", 6};
inline constexpr std::string_view ustar_version{"00"};

/// The largest PAX header or GNU long name that Go writes or reads.
inline constexpr std::size_t max_special_size = 1 << 20;

/// The zeros that fill a body's last block.
constexpr std::uint64_t padding_after(std::uint64_t size) { return (block_size - size % block_size) % block_size; }

}  // namespace portolan::internal::archive
