// SPDX-License-Identifier: Apache-2.0
// Which authorities are given to libcurl. To read a bundle of all of them costs tens of milliseconds a connection; from
// a directory in which they lie by hash, the one that is needed is read.
#pragma once

#include <portolan/http/transport.h>

#include <optional>
#include <string>

namespace portolan::internal::http {

/// None of them: what libcurl has built in.
struct Authorities {
  std::optional<std::string> file{};
  std::optional<std::string> directory{};
  std::string bundle{};  ///< PEM; in the place of the file where not empty
};

/// Reads what has to be in memory. Errors: invalid_configuration (a file that Trust names and that cannot be read).
Result<Authorities> authorities_of(const portolan::http::Trust& trust);

}  // namespace portolan::internal::http
