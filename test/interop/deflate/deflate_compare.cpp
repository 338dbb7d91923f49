// SPDX-License-Identifier: Apache-2.0
// Reads the cases that the Go program beside this one writes, compresses each as that did, and compares; what zlib
// makes of each output must be the input. Ends with a line of counts that deflate_test.py reads.
//
// Usage: deflate-compare DIRECTORY <cases
// Cases that differ are kept in DIRECTORY.
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "archive/deflate.h"

namespace {

constexpr int most_kept = 5;

/// The stream's parts. A stream that ends too early ends the program: then the Go program has failed.
class Frames {
 public:
  std::uint32_t number() {
    unsigned char b[4];
    fill(reinterpret_cast<char*>(b), sizeof b);
    return b[0] | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[3]} << 24;
  }
  void bytes(std::string& into) {
    into.resize(number());
    fill(into.data(), into.size());
  }

 private:
  static void fill(char* at, std::size_t size) {
    if (std::fread(at, 1, size, stdin) == size) return;
    std::cerr << "the cases end too early\n";
    std::exit(2);
  }
};

bool inflates_to(std::string_view raw, std::string_view input) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  std::string out(input.size() + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(raw.data()));
  stream.avail_in = static_cast<uInt>(raw.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0;
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return whole && out == input;
}

std::string compressed(std::string_view input, const std::vector<std::uint32_t>& segments) {
  std::string out;
  portolan::internal::archive::Deflater deflater(out);
  for (const auto size : segments) {
    deflater.write(input.substr(0, size));
    input.remove_prefix(size);
  }
  deflater.finish();
  return out;
}

void keep(const std::string& directory, std::uint32_t number, const std::string& input,
          const std::vector<std::uint32_t>& segments) {
  const auto path = directory + "/deflate-case-" + std::to_string(number);
  std::ofstream(path, std::ios::binary) << input;
  std::cout << "case " << number << ": " << input.size() << " bytes, kept as " << path << ", written in";
  for (std::size_t i = 0; i < std::min<std::size_t>(segments.size(), 20); ++i) std::cout << ' ' << segments[i];
  std::cout << (segments.size() > 20 ? " …\n" : "\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: deflate-compare DIRECTORY <cases\n";
    return 2;
  }
  Frames frames;
  std::string version;
  frames.bytes(version);
  const auto cases = frames.number();
  std::uint64_t input_bytes = 0;
  std::uint64_t output_bytes = 0;
  int different = 0;
  int damaged = 0;
  std::vector<std::uint32_t> segments;
  std::string input;
  std::string theirs;
  for (std::uint32_t i = 0; i < cases; ++i) {
    segments.resize(frames.number());
    for (auto& size : segments) size = frames.number();
    frames.bytes(input);
    frames.bytes(theirs);
    const auto ours = compressed(input, segments);
    const bool same = ours == theirs;
    const bool inflates = inflates_to(ours, input);
    different += same ? 0 : 1;
    damaged += inflates ? 0 : 1;
    if (!(same && inflates) && different + damaged <= most_kept) keep(argv[1], i, input, segments);
    input_bytes += input.size();
    output_bytes += ours.size();
  }
  std::cout << version << ' ' << cases << ' ' << input_bytes << ' ' << output_bytes << ' ' << different << ' '
            << damaged << std::endl;
  return 0;
}
