// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/result.h>

namespace portolan::auth {

/// What a token allows: actions on resources (distribution's token scope, registry-protocol 19.4), kept sorted, each
/// resource once, so that equal rights are equal text.
class Scopes {
 public:
  Scopes() = default;
  /// "repository:NAME:ACTIONS"; actions such as "pull" and "push".
  static Scopes repository(std::string_view name, std::initializer_list<std::string_view> actions);
  /// A scope list as a challenge has it: separated by spaces. What is no scope is left out.
  static Scopes parse(std::string_view text);

  void add(const Scopes& other);
  /// Whether all of `other` is in this; `*` holds every action.
  bool covers(const Scopes& other) const;
  bool empty() const noexcept { return resources_.empty(); }

  /// One text a resource, "repository:charts/app:pull,push": pull before push, others after.
  std::vector<std::string> each() const;
  /// All of them, separated by spaces.
  std::string string() const;

  friend bool operator==(const Scopes&, const Scopes&) = default;

 private:
  struct Resource {
    std::string name{};  // "repository:charts/app"
    std::set<std::string, std::less<>> actions{};
    friend bool operator==(const Resource&, const Resource&) = default;
  };
  std::vector<Resource> resources_;
};

}  // namespace portolan::auth
