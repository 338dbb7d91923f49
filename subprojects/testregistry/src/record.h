// SPDX-License-Identifier: Apache-2.0
// What a server has seen. Threads: any number at once.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <testregistry/request.h>

#include "message.h"

namespace testregistry {

class Record {
 public:
  /// A request whose head has come; the number under which end() is told what became of it.
  std::size_t begin(Request request);
  void end(std::size_t number, int status, std::uint64_t received, std::uint64_t sent);
  std::vector<Request> requests() const;
  void clear();

  void client_error(std::string sentence);
  std::vector<std::string> client_errors() const;

  /// A secret, and the origin that may see it; `what` names it for people. May be told again for another origin.
  void add_secret(const std::string& secret, const std::string& what, const std::string& home);
  /// Notes what came to an origin to which it does not belong; `open` says that the origin asks for no credential.
  void look_for_secrets(const std::string& origin, bool open, const Head& head, const std::string& body);
  std::vector<std::string> leaks() const;

 private:
  struct Secret {
    std::string what{};
    std::set<std::string> homes{};
  };
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Request> requests_;
  std::size_t cleared_ = 0;  // numbers before that are forgotten
  std::vector<std::string> client_errors_;
  std::map<std::string, Secret> secrets_;
  std::vector<std::string> leaks_;
};

}  // namespace testregistry
