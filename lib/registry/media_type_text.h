// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace portolan::internal::registry {

/// The media type of a Content-Type header, without its parameters.
inline std::string bare_type(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return std::string(type);
}

}  // namespace portolan::internal::registry
