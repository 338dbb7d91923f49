// SPDX-License-Identifier: Apache-2.0
#include "base/waiting.h"

namespace portolan::internal {

Result<void> pause(const Context& context, Deadline::Clock::time_point until) {
  std::mutex nobody_else;
  std::condition_variable_any never;
  std::unique_lock lock(nobody_else);
  auto waited = wait_until(context, lock, never, until, [until] { return Deadline::Clock::now() >= until; });
  if (!waited) return std::move(waited).error();
  return {};
}

}  // namespace portolan::internal
