// SPDX-License-Identifier: Apache-2.0
// The input is the value of a header that a stranger sends: WWW-Authenticate, Link, Retry-After, a scope list.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auth/challenge.h"
#include "auth/token.h"
#include "http/link.h"
#include "http/retry.h"

using namespace portolan::internal;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const portolan::http::Headers headers{{"WWW-Authenticate", std::string(text)}, {"Link", std::string(text)}};
  const auto challenges = auth::parse_challenges(headers);
  require(challenges.size() <= auth::max_challenges);
  for (const auto& challenge : challenges) require(challenge.parameters.size() <= auth::max_parameters);
  if (const auto chosen = auth::preferred(challenges)) {
    static const auto asked = http::Url::parse("https://registry.example/v2/").value();
    const auto realm = auth::realm_of(*chosen, asked);
    if (realm) require(realm->url.origin.secure());
  }
  if (const auto next = http::next_link(headers); next && *next) require((*next)->size() <= text.size());
  const auto pause = http::parse_retry_after(text, 1'700'000'000);
  if (pause) require(pause->count() >= 0);
  const auto scopes = portolan::auth::Scopes::parse(text);
  require(portolan::auth::Scopes::parse(scopes.string()) == scopes);
  require(scopes.covers(scopes));
  return 0;
}
