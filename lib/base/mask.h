// SPDX-License-Identifier: Apache-2.0
// Texts of peers, who may repeat what was sent to them.
#pragma once

#include <string>
#include <string_view>

namespace portolan::internal {

/// Blanks out every repetition of a secret. One of fewer than four bytes stays, as it would blank out words.
inline void mask(std::string& text, std::string_view secret) {
  constexpr std::string_view blank = "***";
  if (secret.size() <= blank.size()) return;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + blank.size())) {
    text.replace(at, secret.size(), blank);
  }
}

}  // namespace portolan::internal
