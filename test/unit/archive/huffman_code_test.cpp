// SPDX-License-Identifier: Apache-2.0
#include "archive/huffman_code.h"

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

#include "generators.h"

using namespace portolan::internal::archive;

namespace {

std::vector<HuffmanSymbol> code_of(const std::vector<std::uint32_t>& frequencies, unsigned limit) {
  std::vector<HuffmanSymbol> code(frequencies.size());
  build_huffman_code(frequencies, limit, code);
  return code;
}

std::vector<unsigned> lengths_of(const std::vector<std::uint32_t>& frequencies, unsigned limit) {
  std::vector<unsigned> lengths;
  for (const auto& symbol : code_of(frequencies, limit)) lengths.push_back(symbol.length);
  return lengths;
}

using Lengths = std::vector<unsigned>;

}  // namespace

TEST_CASE("code lengths follow the frequencies, within the limit, the lower symbol the longer of equals") {
  struct Row {
    std::vector<std::uint32_t> frequencies;
    unsigned limit;
    Lengths lengths;
  };
  const Row rows[] = {
      {{0, 0, 0}, 15, {0, 0, 0}},
      {{0, 7, 0}, 15, {0, 1, 0}},
      {{9, 0, 1}, 15, {1, 0, 1}},
      {{1, 1, 1}, 15, {2, 2, 1}},
      {{1, 1, 2}, 15, {2, 2, 1}},
      {{5, 1, 1}, 15, {1, 2, 2}},
      {{1, 1, 1, 1}, 15, {2, 2, 2, 2}},
      {{1, 1, 1, 1, 1}, 15, {3, 3, 2, 2, 2}},
      {{1, 2, 4, 8, 16}, 15, {4, 4, 3, 2, 1}},
      {{1, 2, 4, 8, 16}, 3, {3, 3, 3, 3, 1}},
      {{1, 1, 2, 3, 5, 8, 13, 21}, 15, {7, 7, 6, 5, 4, 3, 2, 1}},
      {{1, 1, 2, 3, 5, 8, 13, 21}, 4, {4, 4, 4, 4, 3, 3, 2, 2}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.frequencies.size());
    CAPTURE(row.limit);
    CHECK(lengths_of(row.frequencies, row.limit) == row.lengths);
  }
}

TEST_CASE("codes are canonical, their first bit to be written last in the number") {
  const auto code = code_of({1, 2, 4, 8, 16}, 15);
  // 1111 1110 110 10 0 of RFC 1951, each reversed.
  const unsigned expected[] = {0b0111, 0b1111, 0b011, 0b01, 0b0};
  for (unsigned i = 0; i < 5; ++i) CHECK(code[i].bits == expected[i]);
}

TEST_CASE("every code is complete and within its limit") {
  portolan::test::Xorshift draw(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::uint32_t> frequencies(2 + draw.next() % (max_symbols - 1));
    const auto skew = draw.next() % 14;
    for (auto& f : frequencies)
      f = draw.next() % 4 == 0 ? 0 : 1 + (draw.next() & 0xFFFF) / (1 + (draw.next() >> (18 + skew)));
    unsigned limit = 9;
    limit += draw.next() % 7;
    const auto lengths = lengths_of(frequencies, limit);
    std::uint32_t kraft = 0;
    unsigned used = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      REQUIRE((lengths[i] != 0) == (frequencies[i] != 0));
      REQUIRE(lengths[i] <= limit);
      if (lengths[i] == 0) continue;
      ++used;
      kraft += 1U << (max_code_length - lengths[i]);
    }
    if (used >= 2) CHECK(kraft == 1U << max_code_length);
  }
}
