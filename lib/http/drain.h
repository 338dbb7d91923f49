// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <array>
#include <chrono>

namespace portolan::internal::http {

/// What is read of an unwanted answer so that its connection can be used again, and how long that may take. After that
/// a new connection is cheaper.
inline constexpr std::uint64_t max_drained_size = 64 * 1024;
inline constexpr std::chrono::seconds max_drained_time{2};

/// Takes leave of an answer: reads the rest of it where that is short.
inline void drain(portolan::http::Response& response) {
  const auto until = std::chrono::steady_clock::now() + max_drained_time;
  std::array<char, 4096> piece;
  std::uint64_t size = 0;
  while (response.body && size < max_drained_size && std::chrono::steady_clock::now() < until) {
    const auto n = response.body->read(piece);
    if (!n || *n == 0) break;
    size += *n;
  }
  response.body.reset();
}

}  // namespace portolan::internal::http
