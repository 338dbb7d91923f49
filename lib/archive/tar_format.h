// SPDX-License-Identifier: Apache-2.0
// The header block of a tar archive (POSIX.1-1988 ustar, and what the formats around it share).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portolan::internal::archive {

inline constexpr std::size_t kBlock = 512;

/// A header's extent in bytes.
struct Field {
  std::size_t at;
  std::size_t size;
};

inline constexpr Field kName{0, 100};
inline constexpr Field kMode{100, 8};
inline constexpr Field kUid{108, 8};
inline constexpr Field kGid{116, 8};
inline constexpr Field kSize{124, 12};
inline constexpr Field kTime{136, 12};
inline constexpr Field kChecksum{148, 8};
inline constexpr Field kType{156, 1};
inline constexpr Field kMagic{257, 6};
inline constexpr Field kVersion{263, 2};
inline constexpr Field kDeviceMajor{329, 8};
inline constexpr Field kDeviceMinor{337, 8};
inline constexpr Field kPrefix{345, 155};

inline constexpr std::string_view kUstarMagic{"ustar\0", 6};
inline constexpr std::string_view kUstarVersion{"00"};

/// The largest PAX header or GNU long name that Go writes or reads.
inline constexpr std::size_t kMaxSpecialSize = 1 << 20;

/// The zeros that fill a body's last block.
constexpr std::uint64_t padding_after(std::uint64_t size) { return (kBlock - size % kBlock) % kBlock; }

}  // namespace portolan::internal::archive
