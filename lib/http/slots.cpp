// SPDX-License-Identifier: Apache-2.0
#include "http/slots.h"

#include <algorithm>

#include "base/waiting.h"

namespace portolan::internal::http {

using portolan::http::Origin;
using portolan::http::Traffic;

Slots::Slots(unsigned downloads, unsigned uploads)
    : downloads_(std::max(1U, downloads)), uploads_(std::max(1U, uploads)) {}

unsigned Slots::limit(Traffic traffic) const noexcept { return traffic == Traffic::upload ? uploads_ : downloads_; }

Result<Slots::Permit> Slots::acquire(const Context& context, const Origin& origin, Traffic traffic) {
  if (traffic == Traffic::metadata) return Permit();
  Permit::Key key(origin, traffic);
  std::unique_lock lock(mutex_);
  auto waited = wait(context, lock, changed_, [&] { return taken_[key] < limit(traffic); });
  if (!waited) return std::move(waited).error();
  ++taken_[key];
  return Permit(shared_from_this(), std::move(key));
}

Slots::Permit& Slots::Permit::operator=(Permit&& other) noexcept {
  if (this == &other) return *this;
  release();
  slots_ = std::move(other.slots_);
  key_ = std::move(other.key_);
  return *this;
}

void Slots::Permit::release() noexcept {
  const auto slots = std::move(slots_);
  if (!slots) return;
  {
    std::lock_guard lock(slots->mutex_);
    const auto taken = slots->taken_.find(key_);
    if (--taken->second == 0) slots->taken_.erase(taken);
  }
  slots->changed_.notify_all();
}

}  // namespace portolan::internal::http
