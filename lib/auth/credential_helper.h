// SPDX-License-Identifier: Apache-2.0
// The programs that keep credentials for docker and its kin (registry-protocol 20.2).
#pragma once

#include <portolan/auth/credential.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace portolan::internal::auth {

/// Which helper, and how it is run.
struct Helper {
  std::string name{};      ///< "pass" of docker-credential-pass
  std::string named_by{};  ///< for people: the file that names it
  std::string folders{};   ///< where it is looked for, as PATH
  std::vector<std::string> environment{};
  std::chrono::seconds limit{30};

  std::string program() const { return "docker-credential-" + name; }
};

/// What the helper has for that address; Anonymous where it has nothing. The source is left empty.
/// Errors: invalid_configuration (it is not there, hangs, fails, or answers with something else; nothing of its answer
/// is told), cancelled, timed_out.
Result<portolan::auth::Credential> get_from(const Context& context, const Helper& helper, const std::string& address);

/// Errors: as get_from(); unsupported: a bearer token, which helpers do not keep.
Result<void> store_in(const Context& context, const Helper& helper, const std::string& address,
                      const portolan::auth::Credential& credential);
Result<void> erase_from(const Context& context, const Helper& helper, const std::string& address);

/// What `get` printed. Errors: protocol_error, without the text.
Result<portolan::auth::Credential> parse_helper_answer(std::string_view text);

}  // namespace portolan::internal::auth
