// SPDX-License-Identifier: Apache-2.0
// Which authorities are given to libcurl. To read a bundle of all of them costs tens of milliseconds a connection; from
// a directory in which they lie by hash, the one that is needed is read.
#pragma once

#include <portolan/http/transport.h>

#include <optional>
#include <string>

namespace portolan::internal::http {

/// Neither: what libcurl has built in.
struct Authorities {
  std::optional<std::string> file{};
  std::optional<std::string> directory{};
};

Authorities authorities_of(const portolan::http::Trust& trust);

/// Whether the files that Trust names can be read. Errors: invalid_configuration.
Result<void> check(const portolan::http::Trust& trust);

}  // namespace portolan::internal::http
