// SPDX-License-Identifier: Apache-2.0
// What can be done about a refused request. Decisions alone: no input or output.
#pragma once

#include <cstdint>

namespace portolan::internal::auth {

/// What a request carried.
enum class Sent : std::uint8_t {
  nothing,
  basic,
  known_token,  ///< from before this request
  fresh_token,  ///< issued since this request began: another one would be no better
};

/// What the registry asks for.
enum class Wants : std::uint8_t { nothing_known, basic, token };

/// A refusal, as far as it decides what helps.
struct Refusal {
  int status = 401;
  Sent sent = Sent::nothing;
  Wants wants = Wants::nothing_known;
  bool names_more = false;      ///< the challenge names scopes that the token was not asked for
  bool has_password = false;    ///< Basic could be sent
  bool used_by_others = false;  ///< other requests showed the token, too
};

enum class Remedy : std::uint8_t {
  none,
  take_token,   ///< one that is known, or a new one
  more_scopes,  ///< a token that has those of the challenge too
  new_token,    ///< in the place of one that the registry no longer takes
  own_token,    ///< one that no other request gets: some registries take a token but once
  basic,
};

/// Each remedy that one request has tried already.
struct Tried {
  bool token = false;
  bool more_scopes = false;
  bool new_token = false;
  bool own_token = false;
  bool basic = false;
};

/// What to do next about a 401, or a 403 that names a scope (registry-protocol 19.1); each remedy is tried once.
Remedy remedy(const Refusal& refusal, Tried& tried) noexcept;

}  // namespace portolan::internal::auth
