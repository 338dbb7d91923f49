// SPDX-License-Identifier: Apache-2.0
// What the tests of the DEFLATE encoder share: hexadecimal patterns, and zlib as an independent decoder.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "archive/deflate.h"

namespace portolan::test {

inline unsigned hex_digit(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

/// Hexadecimal text as go-deflate 8.1 writes it: `61*258` repeats a byte, `00..8f` counts, blanks mean nothing.
inline std::string unhex(std::string_view text) {
  std::string bytes;
  const auto byte_at = [&](std::size_t at) { return hex_digit(text.at(at)) << 4 | hex_digit(text.at(at + 1)); };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    const unsigned byte = byte_at(at);
    at += 2;
    if (at < text.size() && text[at] == '*') {
      std::size_t count = 0;
      for (++at; at < text.size() && text[at] != ' '; ++at)
        count = count * 10 + static_cast<std::size_t>(text[at] - '0');
      bytes.append(count, static_cast<char>(byte));
    } else if (text.substr(at).starts_with("..")) {
      const unsigned last = byte_at(at + 2);
      at += 4;
      for (unsigned b = byte; b <= last; ++b) bytes += static_cast<char>(b);
    } else {
      bytes += static_cast<char>(byte);
    }
  }
  return bytes;
}

inline std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    text += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

/// What zlib makes of a raw DEFLATE stream. Throws where it is none, or does not end with the text.
inline std::string inflated(std::string_view raw, std::size_t expected_size) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::runtime_error("inflateInit2 failed");
  std::string out(expected_size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(raw.data()));
  stream.avail_in = static_cast<uInt>(raw.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  const auto left = stream.avail_in;
  out.resize(stream.total_out);
  inflateEnd(&stream);
  if (result != Z_STREAM_END || left != 0) throw std::runtime_error("not one whole DEFLATE stream");
  return out;
}

/// The input written in segments of the given sizes.
inline std::string deflated(std::string_view input, const std::vector<std::size_t>& segments) {
  std::string out;
  internal::archive::Deflater deflater(out);
  for (const auto size : segments) {
    deflater.write(input.substr(0, size));
    input.remove_prefix(size);
  }
  if (!input.empty()) throw std::logic_error("the segments do not cover the input");
  deflater.finish();
  return out;
}

inline std::string deflated(std::string_view input) { return deflated(input, {input.size()}); }

}  // namespace portolan::test
