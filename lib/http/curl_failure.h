// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/error.h>
#include <portolan/http/origin.h>

#include <string>
#include <string_view>

namespace portolan::internal::http {

/// How an exchange over libcurl failed.
struct CurlFailure {
  int code = 0;                    ///< a CURLcode, not CURLE_OK
  std::string_view detail{};       ///< what libcurl says about it, if anything
  long system_error = 0;           ///< the errno of its last connection attempt, or 0
  bool reused_connection = false;  ///< it was over a connection that an earlier exchange has left
  std::string_view proxy{};        ///< host and port of the proxy on the way, if there is one
  std::string_view unix_socket{};  ///< path of the socket that stands for the host, if there is one
};

/// The sentence for a proxy that lets nobody through without an account.
std::string proxy_wants_account(std::string_view proxy, const portolan::http::Origin& origin);

/// What it means for an exchange with that origin.
Error failure_of(const CurlFailure& failure, const portolan::http::Origin& origin);

}  // namespace portolan::internal::http
