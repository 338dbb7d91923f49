// SPDX-License-Identifier: Apache-2.0
// The grammar of references, as scanners that name the first byte that breaks it (never a regular expression: the
// usual one is exponential on hostile text).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace portolan::internal::oci {

/// Where a text leaves its grammar, and what the grammar allows there.
struct Violation {
  std::size_t at = 0;  ///< a byte offset; the text's length where something is missing at its end
  std::string allowed{};
};

/// component *( "/" component ), component = alnum *( separator alnum ) in lower case.
std::optional<Violation> check_repository(std::string_view text);
/// One component.
std::optional<Violation> check_component(std::string_view text);
/// 1 to 128 characters.
std::optional<Violation> check_tag(std::string_view text);
/// HOST or HOST:PORT; a DNS name, an IPv4 address or an IPv6 address in brackets. As in Helm and unlike DNS, "_" may
/// stand where "-" may, because container networks give such names.
std::optional<Violation> check_registry(std::string_view text);

}  // namespace portolan::internal::oci
