// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <portolan/base/reader.h>

namespace portolan::internal::archive {

/// Decompresses gzip, concatenated members being one stream, and judges no earlier than Go does: what is wrong after
/// some content fails the read after that content. Opening reads the first header.
/// Errors: invalid_chart with Go's texts ("EOF" for no input at all, "gzip: invalid header", "gzip: invalid checksum",
/// "flate: corrupt input", "unexpected EOF"); those of `compressed`.
Result<std::unique_ptr<Reader>> gunzipping(std::unique_ptr<Reader> compressed);

}  // namespace portolan::internal::archive
