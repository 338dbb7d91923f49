// SPDX-License-Identifier: Apache-2.0
// URLs as HTTP uses them (RFC 3986), kept as they were written: upload locations carry signatures over their own text.
#pragma once

#include <portolan/http/origin.h>

#include <string>
#include <string_view>

namespace portolan::internal::http {

/// Bytes of the longest URL that is taken from a peer.
inline constexpr std::size_t max_url_size = 16 * 1024;

/// An absolute http or https URL without user information and without fragment.
struct Url {
  portolan::http::Origin origin{};
  std::string path{};   ///< begins with a slash
  std::string query{};  ///< without the question mark; `has_query` tells an empty one from none
  bool has_query = false;

  /// Errors: protocol_error, with what is wrong; the URL itself is in no text. A fragment is left out.
  static Result<Url> parse(std::string_view text);
  /// A reference as a Location or Link header has it, relative or not, seen from this URL (RFC 3986, 5.2). Spaces and
  /// bytes beyond ASCII, which no URL may hold and some servers write, are escaped, as browsers do.
  Result<Url> resolve(std::string_view reference) const;
  /// The same with one more parameter at the end of the query; what is there is not touched.
  Url with_parameter(std::string_view name, std::string_view value) const;

  std::string string() const;
};

/// The text with everything escaped that is not unreserved (RFC 3986, 2.3), for values of a query.
std::string percent_encode(std::string_view text);

/// A URL as it may stand in a log: without user information, fragment, and the values of its query's parameters, except
/// of those that are known to hold nothing secret.
std::string redacted(std::string_view url);

/// Whether that is what a server at `own` calls itself that does not know of the proxy before it, which ends TLS.
bool differs_in_scheme(const portolan::http::Origin& named, const portolan::http::Origin& own) noexcept;

}  // namespace portolan::internal::http
