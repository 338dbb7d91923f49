// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <portolan/base/error.h>

namespace portolan::registry {

/// What a registry wants to see before it lets somebody pull, and whether it lets us.
struct AccessReport {
  enum class Scheme : std::uint8_t {
    unknown,  ///< it did not say
    none,     ///< it is open
    basic,    ///< user name and password with every request
    bearer,   ///< a token of the token server `realm`
    other,    ///< something that is not understood
  };
  Scheme scheme = Scheme::unknown;
  std::string realm{};       ///< URL, without parameters
  std::string service{};     ///< as the challenge names it
  std::string pull_scope{};  ///< what a token for pulling is asked for; empty where there is no repository
  std::string push_scope{};  ///< the same for pushing
  /// Why the registry does not let us pull. One that has no such repository would.
  std::optional<Error> refusal{};
};

}  // namespace portolan::registry
