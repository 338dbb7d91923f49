// SPDX-License-Identifier: Apache-2.0
// Who may do what: Basic, and the tokens of a token server of one's own.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <testregistry/server.h>

#include "endpoints.h"
#include "message.h"
#include "record.h"

namespace testregistry {

class Gate {
 public:
  Gate(const Authentication& authentication, Record& record);

  /// Where the registry and its token server are: known once they listen. No request comes before that.
  void set_origins(std::string registry, std::string token_server);

  bool open() const noexcept { return authentication_.scheme == Authentication::Scheme::none; }
  /// The refusal of a request, if it is refused.
  std::optional<Answer> refusal(const Head& head, const Place& place) const;
  /// What the token server says to a request.
  Answer token(const Head& head, const std::string& body);

 private:
  struct Rights {
    const Account* account = nullptr;  // null: anonymous
    bool allows(const Authentication& authentication, const std::string& repository, const std::string& action) const;
  };
  const Account* account(std::string_view user, std::string_view password) const;
  const Account* account_of(std::string_view authorization) const;
  Answer challenge(const std::string& scope, const char* error) const;
  std::string issue(const Rights& rights, const std::vector<std::string>& scopes) const;

  const Authentication authentication_;
  Record& record_;
  const std::string key_;
  std::string registry_;
  std::string token_server_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, const Account*> refresh_tokens_;
};

}  // namespace testregistry
