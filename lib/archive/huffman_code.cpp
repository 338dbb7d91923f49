// SPDX-License-Identifier: Apache-2.0
#include "archive/huffman_code.h"

#include <algorithm>
#include <array>

namespace portolan::internal::archive {
namespace {

constexpr unsigned symbol_bits = 9;
static_assert(max_symbols <= 1U << symbol_bits);
constexpr unsigned max_items = 2 * max_symbols;

/// The symbols that occur as frequency << symbol_bits | symbol, in the order that go-deflate 4.3 asks for.
struct Leaves {
  std::array<std::uint32_t, max_symbols> items;
  unsigned count = 0;
};

Leaves sorted_leaves(std::span<const std::uint32_t> frequencies) {
  Leaves leaves;
  for (std::uint32_t symbol = 0; symbol < frequencies.size(); ++symbol) {
    if (frequencies[symbol] != 0) leaves.items[leaves.count++] = frequencies[symbol] << symbol_bits | symbol;
  }
  std::sort(leaves.items.begin(), leaves.items.begin() + leaves.count);
  return leaves;
}

/// Package-merge. `lengths[i]` becomes the code length of leaf i. Contract: at least three leaves.
void package_merge(const Leaves& leaves, unsigned limit, std::array<std::uint8_t, max_symbols>& lengths) {
  const unsigned n = leaves.count;
  const unsigned rows = std::min(limit, n - 1);
  const unsigned wanted = 2 * n - 2;

  std::array<std::uint32_t, max_symbols> leaf;
  for (unsigned i = 0; i < n; ++i) leaf[i] = leaves.items[i] >> symbol_bits;

  // leaves_among[k][i] is the number of leaves among the first i items of row k. A row is rebuilt from the one before
  // it and is then needed only for these numbers. Rows count from 0 here.
  std::array<std::array<std::uint16_t, max_items + 1>, max_code_length> leaves_among;
  std::array<std::uint32_t, max_items> weights[2];
  std::copy_n(leaf.begin(), n, weights[0].begin());
  unsigned size = n;
  for (unsigned i = 0; i <= n; ++i) leaves_among[0][i] = static_cast<std::uint16_t>(i);
  for (unsigned k = 1; k < rows; ++k) {
    const auto& before = weights[(k - 1) % 2];
    auto& row = weights[k % 2];
    auto& among = leaves_among[k];
    const unsigned packages = size / 2;
    size = std::min(n + packages, wanted);
    unsigned next_leaf = 0;
    unsigned next_package = 0;
    for (unsigned i = 0; i < size; ++i) {
      among[i] = static_cast<std::uint16_t>(next_leaf);
      const std::uint32_t package =
          next_package < packages ? before[2 * next_package] + before[2 * next_package + 1] : ~std::uint32_t{0};
      // The package goes first where both weigh the same; a leaf never weighs as much as the stand-in above.
      if (next_leaf < n && leaf[next_leaf] < package) {
        row[i] = leaf[next_leaf++];
      } else {
        row[i] = package;
        ++next_package;
      }
    }
    among[size] = static_cast<std::uint16_t>(next_leaf);
  }

  // Leaf i is as long as there are rows whose chosen part holds it.
  std::array<std::uint8_t, max_symbols + 1> ends{};
  unsigned need = wanted;
  for (unsigned k = rows; k-- > 0;) {
    const unsigned chosen = leaves_among[k][need];
    ++ends[chosen];
    need = 2 * (need - chosen);
  }
  std::uint8_t length = 0;
  for (unsigned i = n; i-- > 0;) {
    length = static_cast<std::uint8_t>(length + ends[i + 1]);
    lengths[i] = length;
  }
}

std::uint16_t reversed(std::uint16_t code, unsigned length) {
  std::uint32_t v = code;
  v = (v & 0x5555) << 1 | (v >> 1 & 0x5555);
  v = (v & 0x3333) << 2 | (v >> 2 & 0x3333);
  v = (v & 0x0F0F) << 4 | (v >> 4 & 0x0F0F);
  v = (v & 0x00FF) << 8 | (v >> 8 & 0x00FF);
  return static_cast<std::uint16_t>(v >> (16 - length));
}

}  // namespace

void assign_canonical_bits(std::span<HuffmanSymbol> code) {
  std::array<std::uint16_t, max_code_length + 2> next{};
  for (const auto& symbol : code) ++next[symbol.length + 1U];
  next[1] = 0;  // symbols that do not occur take no code
  for (unsigned length = 2; length < next.size(); ++length) {
    next[length] = static_cast<std::uint16_t>((next[length] + next[length - 1]) << 1);
  }
  for (auto& symbol : code) {
    if (symbol.length != 0) symbol.bits = reversed(next[symbol.length]++, symbol.length);
  }
}

void build_huffman_code(std::span<const std::uint32_t> frequencies, unsigned limit, std::span<HuffmanSymbol> code) {
  const Leaves leaves = sorted_leaves(frequencies);
  std::fill(code.begin(), code.end(), HuffmanSymbol{});
  std::array<std::uint8_t, max_symbols> lengths;
  if (leaves.count <= 2) {
    lengths[0] = lengths[1] = 1;
  } else {
    package_merge(leaves, limit, lengths);
  }
  constexpr std::uint32_t symbol_mask = (1U << symbol_bits) - 1;
  for (unsigned i = 0; i < leaves.count; ++i) code[leaves.items[i] & symbol_mask].length = lengths[i];
  assign_canonical_bits(code);
}

}  // namespace portolan::internal::archive
