// SPDX-License-Identifier: Apache-2.0
// What a server wants to see, as WWW-Authenticate headers say it (RFC 7235).
#pragma once

#include <portolan/http/headers.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portolan::internal::auth {

/// Challenges of one answer, and parameters of one challenge, that are read.
inline constexpr std::size_t max_challenges = 16;
inline constexpr std::size_t max_parameters = 32;

struct Challenge {
  std::string scheme{};                                           ///< lower case
  std::vector<std::pair<std::string, std::string>> parameters{};  ///< names in lower case; a `token68` is left out

  /// The first parameter of that name; nothing where there is none.
  std::optional<std::string> parameter(std::string_view name) const;
  /// All of them, separated by spaces: `scope` may come more than once.
  std::string joined(std::string_view name) const;
};

/// Every challenge of all headers, in order. Quotes and commas that are missing or too many are lived with, as
/// registries send them (registry-protocol 19.1); what cannot be understood is skipped.
std::vector<Challenge> parse_challenges(const portolan::http::Headers& headers);

/// The one that is answered: Bearer with a realm, else Basic; null where there is neither.
const Challenge* preferred(const std::vector<Challenge>& challenges) noexcept;

}  // namespace portolan::internal::auth
