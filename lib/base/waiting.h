// SPDX-License-Identifier: Apache-2.0
// Waiting for another thread, no longer than a context allows.
#pragma once

#include <portolan/base/context.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace portolan::internal {

/// Waits until the predicate holds. Errors: cancelled, timed_out.
template <class Predicate>
Result<void> wait(const Context& context, std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed,
                  Predicate&& holds) {
  const auto& until = context.deadline.at();
  const bool held = until ? changed.wait_until(lock, context.stop, *until, std::forward<Predicate>(holds))
                          : changed.wait(lock, context.stop, std::forward<Predicate>(holds));
  if (held) return {};
  auto checked = context.check();
  // The clock may not be quite there yet when the wait is over.
  return checked ? Result<void>(Error(Errc::timed_out, "the time limit has passed")) : checked;
}

/// The same, and false where the predicate does not hold at `limit` either.
template <class Predicate>
Result<bool> wait_until(const Context& context, std::unique_lock<std::mutex>& lock,
                        std::condition_variable_any& changed, Deadline::Clock::time_point limit, Predicate&& holds) {
  const auto& deadline = context.deadline.at();
  const auto until = deadline && *deadline < limit ? *deadline : limit;
  if (changed.wait_until(lock, context.stop, until, std::forward<Predicate>(holds))) return true;
  if (auto checked = context.check(); !checked) return std::move(checked).error();
  if (deadline && until == *deadline) return Error(Errc::timed_out, "the time limit has passed");
  return false;
}

/// Waits for that moment. Errors: cancelled, timed_out.
Result<void> pause(const Context& context, Deadline::Clock::time_point until);

}  // namespace portolan::internal
