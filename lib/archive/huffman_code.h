// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace portolan::internal::archive {

/// How one symbol is written: `bits`, least significant first, `length` of them; length 0 where it does not occur.
struct HuffmanSymbol {
  std::uint16_t bits = 0;
  std::uint8_t length = 0;
};

/// The largest alphabet of DEFLATE: literals and lengths.
inline constexpr unsigned max_symbols = 286;
/// The longest code of DEFLATE.
inline constexpr unsigned max_code_length = 15;

/// The canonical code (RFC 1951 3.2.2) of the length-limited optimal lengths that Go chooses (go-deflate 4.3).
/// Contract: as many symbols as frequencies, at most max_symbols; `limit` at most max_code_length and large enough for
/// them; frequencies below 2^22.
void build_huffman_code(std::span<const std::uint32_t> frequencies, unsigned limit, std::span<HuffmanSymbol> code);

/// Fills in the canonical bits of symbols whose lengths are set.
void assign_canonical_bits(std::span<HuffmanSymbol> code);

}  // namespace portolan::internal::archive
