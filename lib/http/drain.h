// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

namespace portolan::internal::http {

/// Bytes of an unwanted answer that are read so that its connection can be used again.
inline constexpr std::uint64_t max_drained_size = 64 * 1024;

/// Takes leave of an answer: reads the rest of it where that is short.
inline void drain(portolan::http::Response& response) {
  if (response.body) static_cast<void>(read_all(*response.body, max_drained_size));
  response.body.reset();
}

}  // namespace portolan::internal::http
