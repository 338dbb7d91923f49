// SPDX-License-Identifier: Apache-2.0
// The input is the value of a header field that a registry answers with: Range, Content-Range, Link, Warning,
// Retry-After; or what a user's environment says of proxies.
#include <portolan/http/headers.h>
#include <portolan/http/transport.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/link.h"
#include "http/no_proxy.h"
#include "http/retry.h"
#include "registry/resuming_reader.h"
#include "registry/upload_course.h"
#include "registry/warnings.h"

using namespace portolan;
namespace own = portolan::internal;

namespace {

constexpr std::uint64_t size_of_blob = 1'000'000;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);

  if (const auto received = own::registry::bytes_received(text, size_of_blob)) require(*received <= size_of_blob);

  http::Response response{.status = 206};
  response.headers.add("Content-Range", text);
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{500}, size_of_blob}) {
    // A 206 is either exactly what was asked for, or nothing.
    if (const auto before = own::registry::bytes_before(response, offset, size_of_blob)) {
      require(*before == 0 && text.starts_with("bytes ") && text.find(std::to_string(offset) + "-") != text.npos);
    }
  }

  http::Headers headers;
  headers.add("Link", text);
  headers.add("Warning", text);
  if (const auto next = own::http::next_link(headers); next && *next) require(text.find(**next) != std::string::npos);
  for (const auto& warning : own::registry::parse_warnings(headers)) {
    require(!warning.empty());
    for (const char c : warning) require(static_cast<unsigned char>(c) >= ' ' && c != '\x7F');
  }

  if (const auto wait = own::http::parse_retry_after(text, 1'700'000'000)) require(wait->count() >= 0);

  const http::Origin origin = http::Origin::of("https://registry.example:5000").value();
  static_cast<void>(own::http::is_spared(origin, text));
  return 0;
}
