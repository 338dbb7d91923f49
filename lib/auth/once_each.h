// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/context.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/waiting.h"

namespace portolan::internal::auth {

/// Values that are made once each, at the first question; who asks meanwhile waits for the one who makes it, as long as
/// its own context allows. A failure is told to those who waited, and not kept. Threads: any number at once.
template <class Key, class Value>
class OnceEach {
 public:
  /// `make` returns a Result<Value>; it is called outside of any lock. Errors: those of `make`; cancelled, timed_out.
  template <class Make>
  Result<Value> get(const Context& context, const Key& key, Make&& make) {
    const auto flight = std::make_shared<Flight>();
    {
      std::unique_lock lock(mutex_);
      while (!flights_.try_emplace(key, flight).second) {
        const auto other = flights_.find(key)->second;
        auto waited = wait(context, lock, changed_, [&] { return other->ended; });
        if (!waited) return std::move(waited).error();
        // Where the other one was stopped, or threw, that says nothing about the value.
        if (other->result && (*other->result || !is_stopped(other->result->error().code()))) return *other->result;
      }
    }
    const Ending ending{*this, key, *flight};
    auto result = make();
    std::lock_guard lock(mutex_);
    flight->result = result;
    return result;
  }

 private:
  struct Flight {
    bool ended = false;
    std::optional<Result<Value>> result{};
  };
  /// Also where `make` throws, those who wait have to go on.
  struct Ending {
    OnceEach& all;
    const Key& key;
    Flight& flight;
    ~Ending() {
      {
        std::lock_guard lock(all.mutex_);
        flight.ended = true;
        if (!flight.result || !*flight.result) all.flights_.erase(key);
      }
      all.changed_.notify_all();
    }
  };

  static bool is_stopped(Errc code) { return code == Errc::cancelled || code == Errc::timed_out; }

  std::mutex mutex_;  // guards what follows, and the flights
  std::condition_variable_any changed_;
  std::map<Key, std::shared_ptr<Flight>> flights_;
};

}  // namespace portolan::internal::auth
