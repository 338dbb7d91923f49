// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <cstdint>

namespace portolan::internal::http {

/// Takes gzip off an answer that has it although it was not asked for, and with it the headers that are about what came
/// (Content-Encoding, Content-Length). A body of exactly `expected` bytes is what was asked for as it is: stores put
/// that header on content that is itself packed; and what does not begin as gzip is none. An answer to a Range stays as
/// it is; so do other encodings. What comes out is bounded by whoever reads it. Its errors: of the body; corrupt.
void decode_body(portolan::http::Response& response, std::uint64_t expected);

}  // namespace portolan::internal::http
