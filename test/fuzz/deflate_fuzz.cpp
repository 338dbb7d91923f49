// SPDX-License-Identifier: Apache-2.0
// Compresses what a small program says and inflates it again. The program: the number of cuts, where they are, and then
// literals and copies, so that little input reaches the places where the window moves.
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "archive/deflate.h"

namespace {

constexpr std::size_t most_bytes = 200'000;
constexpr unsigned copy_flag = 128;

void require(bool holds) {
  if (!holds) std::abort();
}

class Program {
 public:
  Program(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  bool ended() const { return at_ == end_; }
  unsigned byte() { return ended() ? 0 : *at_++; }
  unsigned word() {
    const unsigned low = byte();
    return low | byte() << 8;
  }

  std::vector<std::size_t> cuts() {
    std::vector<std::size_t> cuts(byte() % 8);
    for (auto& cut : cuts) cut = word() + std::size_t{byte() % 4} * 32768;
    std::sort(cuts.begin(), cuts.end());
    return cuts;
  }

  std::string input() {
    std::string text;
    while (!ended() && text.size() < most_bytes) {
      const unsigned op = byte();
      if (op < copy_flag || text.empty()) {
        for (unsigned i = 0; i <= op % copy_flag && !ended(); ++i) text += static_cast<char>(byte());
      } else {
        const std::size_t distance = 1 + word() % std::min<std::size_t>(text.size(), 40'000);
        // Lengths grow fast, so that few copies fill the window.
        std::size_t count = op % copy_flag < 64 ? op % copy_flag : (op % copy_flag - 63) * 600;
        for (; count > 0; --count) text += text[text.size() - distance];
      }
    }
    return text;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

std::string inflated(std::string_view raw, std::size_t size) {
  z_stream stream{};
  require(inflateInit2(&stream, -MAX_WBITS) == Z_OK);
  std::string out(size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(raw.data()));
  stream.avail_in = static_cast<uInt>(raw.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  require(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  require(stream.avail_in == 0);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Program program(data, size);
  const auto cuts = program.cuts();
  const auto input = program.input();
  std::string out;
  portolan::internal::archive::Deflater deflater(out);
  std::size_t done = 0;
  for (const auto cut : cuts) {
    const auto stop = std::min(cut, input.size());
    deflater.write(std::string_view(input).substr(done, stop - done));
    done = stop;
  }
  deflater.write(std::string_view(input).substr(done));
  deflater.finish();
  require(inflated(out, input.size()) == input);
  return 0;
}
