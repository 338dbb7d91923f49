// SPDX-License-Identifier: Apache-2.0
#include "base/turns.h"

#include "base/waiting.h"

namespace portolan::internal {

Result<Turns::Turn> Turns::take(const Context& context, const std::string& name) {
  std::unique_lock lock(mutex_);
  if (auto waited = wait(context, lock, changed_, [&] { return !taken_.contains(name); }); !waited) {
    return std::move(waited).error();
  }
  taken_.insert(name);
  return Turn(*this, name);
}

}  // namespace portolan::internal
