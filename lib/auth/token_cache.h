// SPDX-License-Identifier: Apache-2.0
// The tokens of one client, as long as they last.
#pragma once

#include <portolan/base/context.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "auth/token_server.h"

namespace portolan::internal::auth {

/// Threads: any number at once; of several that need the same token one fetches it, and the others wait for that, each
/// as long as its own context allows.
class TokenCache {
 public:
  using Clock = Deadline::Clock;
  using Fetch = std::function<Result<Token>()>;

  struct Issued {
    Secret value;
    std::uint64_t number;  ///< of all tokens, in the order in which they came, from 1 on
  };

  explicit TokenCache(std::function<Clock::time_point()> clock) : clock_(std::move(clock)) {}

  /// One that serves, or a new one. Errors: those of `fetch`; cancelled, timed_out.
  Result<Issued> get(const Context& context, const TokenUse& wanted, const Fetch& fetch);
  /// A new one that nobody else gets. Errors: those of `fetch`.
  Result<Issued> get_own(const Fetch& fetch);
  /// A token that the registry no longer takes.
  void drop(std::uint64_t number);

  /// How many there have been: the number of the last one.
  std::uint64_t issued() const;
  /// That a request shows it; number 0 is none.
  void note_shown(std::uint64_t number);
  /// Whether several requests have shown it: some registries take one but once.
  bool shown_again(std::uint64_t number) const;

  /// Blanks out those that there are, and the last ones that there were.
  void mask_in(std::string& text) const;

 private:
  struct Held {
    TokenUse use;
    Issued token;
    Clock::time_point until;
  };

  // Contract of both: the mutex is held.
  const Held* find(const TokenUse& wanted);
  Issued issue(Secret value);

  const std::function<Clock::time_point()> clock_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  std::vector<Held> held_;
  std::vector<TokenUse> under_way_;
  std::deque<Secret> had_;                   // to know them where they are repeated
  std::map<std::uint64_t, unsigned> shown_;  // by the token's number, how often
  std::uint64_t issued_ = 0;
};

}  // namespace portolan::internal::auth
