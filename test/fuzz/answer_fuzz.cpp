// SPDX-License-Identifier: Apache-2.0
// The input is the body of an answer: a token, an error, a list of tags.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auth/error_body.h"
#include "auth/token.h"
#include "base/text.h"
#include "registry/name_list.h"

using namespace portolan::internal;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto token = auth::parse_token(text)) {
    require(!token->value.empty() && token->lasts.count() >= 0);
    for (const char c : token->value.reveal()) require(c > ' ' && c < '\x7F');
  }
  const auto error = auth::parse_error_body(text);
  require(error.message.size() < 320 && is_utf8(error.message));
  for (const char c : error.message) require(static_cast<unsigned char>(c) >= 0x20);
  static_cast<void>(registry::read_names(text, "tags", [](std::string_view) { return true; }));
  return 0;
}
