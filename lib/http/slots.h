// SPDX-License-Identifier: Apache-2.0
// How many transfers may go on at once between us and an origin.
#pragma once

#include <portolan/base/context.h>
#include <portolan/http/origin.h>
#include <portolan/http/transport.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace portolan::internal::http {

/// Slots of each kind of traffic at each origin; metadata needs none. Threads: any number at once.
class Slots : public std::enable_shared_from_this<Slots> {
 public:
  Slots(unsigned downloads, unsigned uploads);

  /// A slot that is held; it goes back when the object goes.
  class Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept = default;
    Permit& operator=(Permit&& other) noexcept;
    ~Permit() { release(); }
    void release() noexcept;

   private:
    friend class Slots;
    using Key = std::pair<portolan::http::Origin, portolan::http::Traffic>;
    Permit(std::shared_ptr<Slots> slots, Key key) : slots_(std::move(slots)), key_(std::move(key)) {}
    std::shared_ptr<Slots> slots_;
    Key key_;
  };

  /// Waits for a slot, as long as the context allows. Errors: cancelled, timed_out.
  Result<Permit> acquire(const Context& context, const portolan::http::Origin& origin, portolan::http::Traffic traffic);

 private:
  unsigned limit(portolan::http::Traffic traffic) const noexcept;

  const unsigned downloads_;
  const unsigned uploads_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Permit::Key, unsigned> taken_;
};

}  // namespace portolan::internal::http
