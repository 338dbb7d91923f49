// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <algorithm>

namespace portolan::internal::http {

/// How long the headers of a request's answer may take, once everything has been sent.
inline std::chrono::milliseconds answer_time(const portolan::http::Request& request,
                                             const portolan::http::Limits& limits) noexcept {
  using portolan::http::Method;
  if (request.method != Method::put) return limits.answer_within;
  const auto size = std::max(request.body_size, request.stored_size);
  const auto per_millisecond = std::max<std::uint64_t>(1, limits.stored_per_second / 1000);
  const auto longest = static_cast<std::uint64_t>(std::max<std::int64_t>(0, limits.longest_storing.count()));
  const auto storing = std::min(size / per_millisecond, longest);
  return limits.answer_upload_within + std::chrono::milliseconds(storing);
}

}  // namespace portolan::internal::http
