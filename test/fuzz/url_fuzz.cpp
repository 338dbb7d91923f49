// SPDX-License-Identifier: Apache-2.0
// The input is a reference to a place, seen from a URL: Location and Link headers, realms.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/url.h"
#include "registry/upload_location.h"

using portolan::internal::http::redacted;
using portolan::internal::http::Url;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// What a URL gives is one again, the same, and nothing that ends a request line.
void check(const Url& url) {
  const auto text = url.string();
  const auto again = Url::parse(text);
  require(again.has_value() && again->string() == text && again->origin == url.origin);
  for (const char c : text) require(c > ' ' && c < '\x7F');
  require(text.find('#') == std::string::npos);
  require(url.origin.scheme == "http" || url.origin.scheme == "https");
  const auto longer = url.with_parameter("digest", text);
  require(longer.string().starts_with(text));
  require(longer.origin == url.origin);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(redacted(text));
  if (const auto url = Url::parse(text)) check(*url);
  static const auto base = Url::parse("https://registry.example:5000/v2/app/blobs/uploads/?_state=x").value();
  if (const auto url = base.resolve(text); url && url->string().size() < 8 * 1024) check(*url);
  if (const auto url = portolan::internal::registry::upload_location(base, text)) require(url->origin.secure());
  return 0;
}
