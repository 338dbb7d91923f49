// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include <portolan/base/context.h>

namespace portolan::internal {

/// Lets one thread at a time do something about a name; the others wait for their turn, as long as their contexts
/// allow. No lock is held meanwhile. Threads: any number at once. It must outlive the turns.
class Turns {
 public:
  class Turn {
   public:
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), name_(std::move(other.name_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ == nullptr) return;
      {
        std::lock_guard lock(turns_->mutex_);
        turns_->taken_.erase(name_);
      }
      turns_->changed_.notify_all();
    }

   private:
    friend class Turns;
    Turn(Turns& turns, std::string name) : turns_(&turns), name_(std::move(name)) {}
    Turns* turns_;
    std::string name_;
  };

  /// Errors: cancelled, timed_out.
  Result<Turn> take(const Context& context, const std::string& name);

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  std::set<std::string> taken_;
};

}  // namespace portolan::internal
