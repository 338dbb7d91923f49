// SPDX-License-Identifier: Apache-2.0
#include "http/slots.h"

#include <algorithm>
#include <limits>

#include "base/waiting.h"

namespace portolan::internal::http {

using portolan::http::Origin;
using portolan::http::Traffic;

Slots::Slots(unsigned downloads, unsigned uploads)
    : downloads_(std::max(1U, downloads)), uploads_(std::max(1U, uploads)) {}

unsigned Slots::limit(Traffic traffic) const noexcept {
  switch (traffic) {
    case Traffic::metadata: return std::numeric_limits<unsigned>::max();
    case Traffic::download: return downloads_;
    case Traffic::upload: break;
  }
  return uploads_;
}

Result<Slots::Permit> Slots::acquire(const Context& context, const Origin& origin, Traffic traffic,
                                     Beginning* beginning) {
  std::unique_lock lock(mutex_);
  auto& host = hosts_[origin];  // they stay where they are
  auto& place = host.of(traffic);
  auto waited = wait(context, lock, changed_,
                     [&] { return place.taken < (place.lowered == 0 ? limit(traffic) : place.lowered); });
  if (!waited) return std::move(waited).error();
  const bool alone =
      std::all_of(host.places.begin(), host.places.end(), [](const Place& one) { return one.taken == 0; });
  ++place.taken;
  ++host.begun;
  if (beginning != nullptr) {
    *beginning = {.taken = place.taken, .alone = alone, .begun = host.begun, .times_lowered = place.times_lowered};
  }
  return Permit(shared_from_this(), Permit::Key(origin, traffic));
}

Slots::Company Slots::answered(const Origin& origin, Traffic traffic, const Beginning& beginning, Load load) {
  std::unique_lock lock(mutex_);
  auto& host = hosts_[origin];
  auto& place = host.of(traffic);
  const auto company = beginning.alone && host.begun == beginning.begun ? Company::alone : Company::others;
  if (load == Load::too_much) {
    const auto under_way = std::max(beginning.taken, place.taken);
    // What began before was one crowd, and thins out by itself.
    if (under_way > 1 && beginning.times_lowered == place.times_lowered) {
      place.lowered = std::max(1U, std::min(place.lowered == 0 ? under_way : place.lowered, under_way) / 2);
      ++place.times_lowered;
    }
    place.fine = 0;
  } else if (place.lowered != 0 && ++place.fine == answers_for_one_more) {
    place.fine = 0;
    if (++place.lowered >= limit(traffic)) place.lowered = 0;
    lock.unlock();
    changed_.notify_all();
  }
  return company;
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
    --slots->hosts_.find(key_.first)->second.of(key_.second).taken;
  }
  slots->changed_.notify_all();
}

}  // namespace portolan::internal::http
