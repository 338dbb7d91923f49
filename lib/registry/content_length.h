// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <charconv>
#include <optional>

namespace portolan::internal::registry {

/// What a response says of its body's size, in bytes; for the answer to a HEAD, that of the GET's body. Beside a
/// Transfer-Encoding it says nothing (RFC 9112, 6.3).
inline std::optional<std::uint64_t> content_length(const portolan::http::Response& response) {
  if (response.headers.contains("Transfer-Encoding")) return std::nullopt;
  const auto text = response.headers.get("Content-Length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return length;
}

}  // namespace portolan::internal::registry
