// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <string>
#include <string_view>
#include <vector>

namespace portolan::internal::auth {

/// Bytes of a refusal's body that are read.
inline constexpr std::uint64_t max_error_body_size = 64 * 1024;

/// What a registry or token server says about a refusal.
struct ErrorBody {
  std::vector<std::string> codes{};    ///< "MANIFEST_UNKNOWN"; none where the body is of another form
  std::vector<std::string> digests{};  ///< that its details name, as they are written there
  std::string message{};               ///< for people: printable, one line, shortened, without queries; may be empty
  bool wants_tls = false;              ///< it says that it was asked by plain http, and speaks TLS
};

/// Reads {"errors":[{"code","message","detail"}]} (OCI distribution specification, "Error Codes"), the form of OAuth2
/// ({"error","error_description"}), that of object stores (<Error><Code/><Message/></Error>), or a line of plain text.
/// Whatever else it is, nothing is told of it.
ErrorBody parse_error_body(std::string_view body);
/// The same of a response, whose body is used up.
ErrorBody read_error_body(portolan::http::Response& response);

}  // namespace portolan::internal::auth
