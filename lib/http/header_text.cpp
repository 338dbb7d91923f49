// SPDX-License-Identifier: Apache-2.0
#include "http/header_text.h"

namespace portolan::internal::http {

std::string quoted_string(std::string_view text, std::size_t& at) {
  std::string value;
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    value += text[at];
  }
  if (at < text.size()) ++at;
  return value;
}

}  // namespace portolan::internal::http
