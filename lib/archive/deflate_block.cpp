// SPDX-License-Identifier: Apache-2.0
#include "archive/deflate_block.h"

#include <algorithm>
#include <span>

namespace portolan::internal::archive {
namespace {

constexpr unsigned fixed_literal_symbols = 288;
constexpr unsigned code_length_symbols = 19;
constexpr unsigned max_stored = 65535;
constexpr std::array<std::uint8_t, code_length_symbols> code_length_order{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                                          11, 4,  12, 3, 13, 2, 14, 1, 15};

enum class BlockType : std::uint8_t { stored = 0, fixed = 1, dynamic = 2 };
constexpr std::uint64_t header_of(BlockType type) { return static_cast<std::uint64_t>(type) << 1; }
constexpr unsigned header_bits = 3;

/// The codes of a Huffman block.
struct Codes {
  std::array<HuffmanSymbol, fixed_literal_symbols> literals{};
  std::array<HuffmanSymbol, distance_symbols> distances{};
};

constexpr std::uint8_t fixed_length(unsigned symbol) {
  if (symbol < 144) return 8;
  if (symbol < 256) return 9;
  return symbol < 280 ? 7 : 8;
}

Codes fixed_codes() {
  Codes codes;
  // The two symbols that never occur take part in the numbering.
  for (unsigned s = 0; s < fixed_literal_symbols; ++s) codes.literals[s].length = fixed_length(s);
  for (auto& distance : codes.distances) distance.length = 5;
  assign_canonical_bits(codes.literals);
  assign_canonical_bits(codes.distances);
  return codes;
}

/// The code lengths of a dynamic block, run-length coded (RFC 1951 3.2.7), and the code of that coding.
class CodeLengths {
 public:
  CodeLengths(const Codes& codes, unsigned literals, unsigned distances) : literals_(literals), distances_(distances) {
    std::array<std::uint8_t, literal_symbols + distance_symbols> lengths;
    for (unsigned i = 0; i < literals; ++i) lengths[i] = codes.literals[i].length;
    for (unsigned i = 0; i < distances; ++i) lengths[literals + i] = codes.distances[i].length;
    const unsigned total = literals + distances;
    for (unsigned i = 0; i < total;) {
      unsigned stop = i + 1;
      while (stop < total && lengths[stop] == lengths[i]) ++stop;
      add_run(lengths[i], stop - i);
      i = stop;
    }
    build_huffman_code(frequencies_, length_limit, code_);
    while (written_ > 4 && frequencies_[code_length_order[written_ - 1]] == 0) --written_;
  }

  std::uint64_t bits() const {
    std::uint64_t bits = 5 + 5 + 4 + 3 * written_;
    for (unsigned s = 0; s < code_length_symbols; ++s) {
      bits += std::uint64_t{frequencies_[s]} * (code_[s].length + extra_bits(s));
    }
    return bits;
  }

  void write(BitWriter& out) const {
    out.add(literals_ - 257, 5);
    out.add(distances_ - 1, 5);
    out.add(written_ - 4, 4);
    for (unsigned i = 0; i < written_; ++i) out.add(code_[code_length_order[i]].length, 3);
    for (unsigned i = 0; i < count_; ++i) {
      const auto& symbol = code_[runs_[i].symbol];
      out.add(symbol.bits | std::uint64_t{runs_[i].extra} << symbol.length,
              symbol.length + extra_bits(runs_[i].symbol));
    }
  }

 private:
  static constexpr unsigned length_limit = 7;
  static constexpr unsigned repeat = 16, few_zeros = 17, many_zeros = 18;
  static constexpr unsigned extra_bits(unsigned symbol) {
    if (symbol < repeat) return 0;
    return symbol == repeat ? 2 : symbol == few_zeros ? 3 : 7;
  }

  void add(unsigned symbol, unsigned extra) {
    runs_[count_++] = {static_cast<std::uint8_t>(symbol), static_cast<std::uint8_t>(extra)};
    ++frequencies_[symbol];
  }

  void add_run(unsigned value, unsigned count) {
    if (value != 0) {
      add(value, 0);
      --count;
      for (unsigned taken; count >= 3; count -= taken) {
        taken = std::min(count, 6U);
        add(repeat, taken - 3);
      }
    } else {
      for (unsigned taken; count >= 11; count -= taken) {
        taken = std::min(count, 138U);
        add(many_zeros, taken - 11);
      }
      if (count >= 3) {
        add(few_zeros, count - 3);
        count = 0;
      }
    }
    for (; count != 0; --count) add(value, 0);
  }

  struct Run {
    std::uint8_t symbol;
    std::uint8_t extra;
  };
  unsigned literals_;
  unsigned distances_;
  unsigned written_ = code_length_symbols;
  std::array<Run, literal_symbols + distance_symbols> runs_;
  unsigned count_ = 0;
  std::array<std::uint32_t, code_length_symbols> frequencies_{};
  std::array<HuffmanSymbol, code_length_symbols> code_{};
};

template <class Frequencies, class Length>
std::uint64_t coded_bits(const Frequencies& frequencies, Length length) {
  std::uint64_t bits = 0;
  for (unsigned s = 0; s < frequencies.size(); ++s) bits += std::uint64_t{frequencies[s]} * length(s);
  return bits;
}

/// One past the highest symbol that occurs.
template <class Frequencies>
unsigned used(const Frequencies& frequencies) {
  auto n = static_cast<unsigned>(frequencies.size());
  while (n > 0 && frequencies[n - 1] == 0) --n;
  return n;
}

std::uint64_t extra_bits_of(const Tokens& tokens) {
  std::uint64_t bits = 0;
  for (unsigned s = 0; s < match_symbols.length_extra.size(); ++s) {
    bits += std::uint64_t{tokens.literals[257 + s]} * match_symbols.length_extra[s];
  }
  for (unsigned s = 0; s < distance_symbols; ++s) {
    bits += std::uint64_t{tokens.distances[s]} * match_symbols.distance_extra[s];
  }
  return bits;
}

/// Bits and their number in one word, so that a token costs one look-up.
constexpr std::uint32_t packed(std::uint32_t bits, unsigned count) { return bits | std::uint32_t{count} << 24; }
constexpr std::uint32_t bits_of(std::uint32_t packed) { return packed & 0xFF'FFFF; }
constexpr unsigned count_of(std::uint32_t packed) { return packed >> 24; }

void write_tokens(const Tokens& tokens, const Codes& codes, BitWriter& out) {
  std::array<std::uint32_t, 256> literals;
  for (unsigned i = 0; i < 256; ++i) literals[i] = packed(codes.literals[i].bits, codes.literals[i].length);
  std::array<std::uint32_t, 256> lengths;
  for (unsigned i = 0; i < 256; ++i) {
    const unsigned s = match_symbols.of_length[i];
    const auto& code = codes.literals[257 + s];
    const std::uint32_t extra = i + shortest_coded_match - match_symbols.length_base[s];
    lengths[i] = packed(code.bits | extra << code.length, code.length + match_symbols.length_extra[s]);
  }
  for (unsigned i = 0; i < tokens.count; ++i) {
    const std::uint32_t token = tokens.items[i];
    if ((token & Tokens::match_flag) == 0) {
      const std::uint32_t literal = literals[token];
      out.add(bits_of(literal), count_of(literal));
      continue;
    }
    const std::uint32_t length = lengths[token >> Tokens::length_shift & 0xFF];
    const std::uint32_t s = token >> Tokens::symbol_shift & 0xFF;
    const auto& code = codes.distances[s];
    const std::uint64_t extra = (token & 0x7FFF) + 1U - match_symbols.distance_base[s];
    const std::uint64_t distance = code.bits | extra << code.length;
    out.add(bits_of(length) | distance << count_of(length),
            count_of(length) + code.length + match_symbols.distance_extra[s]);
  }
  const auto& end = codes.literals[end_of_block];
  out.add(end.bits, end.length);
}

void write_stored(std::string_view content, BitWriter& out) {
  out.reserve(64);
  out.add(header_of(BlockType::stored), header_bits);
  out.align();
  const std::uint64_t length = content.size();
  out.add(length | (length ^ 0xFFFF) << 16, 32);
  out.append(content);
}

}  // namespace

void BitWriter::reserve(std::uint64_t bits) {
  release();
  const std::size_t size = out_->size();
  // A store writes eight bytes, of which the last seven may be only room.
  out_->resize(size + static_cast<std::size_t>(bits / 8) + 16);
  at_ = out_->data() + size;
}

void BitWriter::release() {
  if (at_ == nullptr) return;
  out_->resize(static_cast<std::size_t>(at_ - out_->data()));
  at_ = nullptr;
}

void BitWriter::append(std::string_view bytes) {
  release();
  out_->append(bytes);
}

void write_block(Tokens& tokens, std::string_view content, Storable storable, BitWriter& out) {
  tokens.literals[end_of_block] = 1;
  const unsigned literals = used(tokens.literals);
  unsigned distances = used(tokens.distances);
  if (distances == 0) {
    // Nothing is written for it, but it counts (go-deflate 4.2).
    tokens.distances[0] = 1;
    distances = 1;
  }

  Codes codes;
  build_huffman_code(tokens.literals, max_code_length, std::span(codes.literals).first<literal_symbols>());
  build_huffman_code(tokens.distances, max_code_length, codes.distances);
  const CodeLengths lengths(codes, literals, distances);

  const std::uint64_t extra = extra_bits_of(tokens);
  const std::uint64_t fixed = header_bits + extra + coded_bits(tokens.literals, fixed_length) +
                              coded_bits(tokens.distances, [](unsigned) { return 5U; });
  const std::uint64_t dynamic = header_bits + extra + lengths.bits() +
                                coded_bits(tokens.literals, [&](unsigned s) { return codes.literals[s].length; }) +
                                coded_bits(tokens.distances, [&](unsigned s) { return codes.distances[s].length; });

  if (storable == Storable::yes && content.size() <= max_stored &&
      8 * (content.size() + 5) < std::min(fixed, dynamic)) {
    write_stored(content, out);
  } else if (dynamic < fixed) {
    out.reserve(dynamic);
    out.add(header_of(BlockType::dynamic), header_bits);
    lengths.write(out);
    write_tokens(tokens, codes, out);
  } else {
    out.reserve(fixed);
    out.add(header_of(BlockType::fixed), header_bits);
    write_tokens(tokens, fixed_codes(), out);
  }
  out.release();
  tokens.clear();
}

void write_final_block(BitWriter& out) {
  out.reserve(64);
  out.add(1, header_bits);  // BFINAL, BTYPE 00
  out.align();
  out.add(0xFFFF'0000, 32);
  out.release();
}

}  // namespace portolan::internal::archive
