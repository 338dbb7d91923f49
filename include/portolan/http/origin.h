// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include <portolan/base/result.h>

namespace portolan::http {

/// Scheme, host and port of a URL (RFC 6454): what connections, limits and credentials belong to. Two URLs that
/// differ in any of the three have nothing in common.
struct Origin {
  std::string scheme{};  ///< "http" or "https"
  std::string host{};    ///< lower case; an IPv6 address in brackets
  std::uint16_t port = 0;

  /// The origin of an absolute http(s) URL. Errors: invalid_argument.
  static Result<Origin> of(std::string_view url);

  bool secure() const noexcept { return scheme == "https"; }
  /// Whether the host is this machine: `localhost`, 127.0.0.0/8 or [::1], as written; no name is looked up.
  bool loopback() const noexcept;
  /// Host and port, the port left out where it is the scheme's own.
  std::string authority() const;
  /// The URL without path, for example "https://registry.example".
  std::string string() const;

  friend auto operator<=>(const Origin&, const Origin&) = default;
};

}  // namespace portolan::http
