// SPDX-License-Identifier: Apache-2.0
// The input is an answer that was packed on the way: a line of Content-Encoding, and then the body.
#include <portolan/http/transport.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "http/decoded_body.h"

using namespace portolan;
namespace own = portolan::internal::http;

namespace {

constexpr std::uint64_t most_unpacked = 1024 * 1024;

void require(bool holds) {
  if (!holds) std::abort();
}

/// What comes of it when so many bytes were expected; nothing where it fails.
Result<std::string> unpacked(std::string_view encoding, const std::string& body, std::uint64_t expected) {
  http::Response response{.status = 200};
  response.headers.add("Content-Encoding", std::string(encoding));
  response.headers.add("Content-Length", std::to_string(body.size()));
  response.body = MemoryBlob(body).open({}, 0).value();
  own::decode_body(response, expected);
  auto bytes = read_all(*response.body, most_unpacked);
  char more[1];
  if (!bytes) require(bytes.error().code() == Errc::limit_exceeded || !response.body->read(more));
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = std::min(text.find('\n'), text.size());
  const auto encoding = text.substr(0, line);
  const std::string body(text.substr(std::min(line + 1, text.size())));
  if (encoding.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos) return 0;
  const auto found = unpacked(encoding, body, 0);
  if (!found) require(found.error().code() == Errc::corrupt || found.error().code() == Errc::limit_exceeded);
  // What has the size that was promised is what was asked for, whatever it is called.
  if (!body.empty() && body.size() <= most_unpacked) {
    const auto promised = unpacked(encoding, body, body.size());
    require(promised && *promised == body);
  }
  return 0;
}
