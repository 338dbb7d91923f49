// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <cstdint>
#include <string_view>

namespace portolan::internal::http {

/// Makes a 200 of a 206 to a request for no part, where it has the whole, or does not say what it has: some caches
/// answer so. Any other 206 stays as it is.
void take_as_whole(const portolan::http::Request& request, portolan::http::Response& response);

/// Takes gzip and deflate off an answer that has them although it was not asked for, also one upon another, and with
/// them the headers that are about what came (Content-Encoding, Content-Length). A body of exactly `expected` bytes is
/// what was asked for as it is, whatever it is called: stores put that header on content that is itself packed; and
/// what does not begin as such a stream is none. An answer to a Range stays as it is; so do other encodings. What comes
/// out is bounded by whoever reads it. Its errors: of the body; corrupt.
void decode_body(portolan::http::Response& response, std::uint64_t expected);

/// The encoding that was put last on what has these headers, and changes its bytes; empty: none.
std::string_view encoding_of(const portolan::http::Headers& headers);

}  // namespace portolan::internal::http
