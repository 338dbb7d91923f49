// SPDX-License-Identifier: Apache-2.0
// What the tests of the transport over libcurl have in common.
#pragma once

#include <portolan/http/transport.h>

#include "raw_server.h"

using namespace portolan;
using namespace portolan::http;
using namespace std::chrono_literals;
using portolan::test::RawConnection;
using portolan::test::RawServer;

inline std::shared_ptr<Transport> transport(CurlOptions options = {}) {
  return make_curl_transport(std::move(options)).value();
}

inline std::string body_of(Response& response) { return read_all(*response.body, 1 << 20).value(); }

inline Result<std::string> get(Transport& over, const std::string& url, const Context& context = {}) {
  auto response = over.send(context, {.url = url});
  if (!response) return std::move(response).error();
  return read_all(*response->body, 1 << 30);
}

inline std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 13);
  return bytes;
}
