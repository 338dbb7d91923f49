// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <mutex>
#include <optional>

#include <testregistry/rule.h>

namespace testregistry {

/// The rules of a server, in their order. Threads: any number at once.
class RuleBook {
 public:
  /// `times` 0: for ever.
  void add(Rule rule, unsigned times);
  void clear();
  /// The rule for a request, which is one time less there then.
  std::optional<Rule> take(const Request& request);

 private:
  struct Entry {
    Rule rule;
    unsigned left;
    unsigned skip;
    unsigned matches;
    bool forever;
  };
  std::mutex mutex_;
  std::list<Entry> rules_;
};

}  // namespace testregistry
