// SPDX-License-Identifier: Apache-2.0
// How many transfers may go on at once between us and an origin.
#pragma once

#include <portolan/base/context.h>
#include <portolan/http/origin.h>
#include <portolan/http/transport.h>

#include <array>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace portolan::internal::http {

/// Slots of each kind of traffic at each origin. Metadata needs none, as long as the origin does not say that it is
/// asked too much at once: then half of what was under way of that kind is left, and one more after each
/// `answers_for_one_more` other answers (registry-protocol 23.5). Threads: any number at once.
class Slots : public std::enable_shared_from_this<Slots> {
 public:
  static constexpr unsigned answers_for_one_more = 20;

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

  /// What was going on when a request began.
  struct Beginning {
    unsigned taken = 1;       ///< slots of its kind, its own among them
    bool alone = true;        ///< no other request to the origin, of any kind
    std::uint64_t begun = 0;  ///< requests to the origin so far
    unsigned times_lowered = 0;
  };

  /// Waits for a slot, as long as the context allows. Errors: cancelled, timed_out.
  Result<Permit> acquire(const Context& context, const portolan::http::Origin& origin, portolan::http::Traffic traffic,
                         Beginning* beginning = nullptr);

  /// What an answer says of how much is asked at once.
  enum class Load : std::uint8_t { fine, too_much };
  enum class Company : std::uint8_t { alone, others };
  /// The answer is there; the slot may have gone back. Tells whether other requests to that origin were under way.
  Company answered(const portolan::http::Origin& origin, portolan::http::Traffic traffic, const Beginning& beginning,
                   Load load);

 private:
  static constexpr std::size_t kinds = 3;
  struct Place {
    unsigned taken = 0;
    unsigned lowered = 0;  // slots that are left; 0: all
    unsigned times_lowered = 0;
    unsigned fine = 0;  // answers since a slot came or went
  };
  struct Host {
    std::array<Place, kinds> places{};
    std::uint64_t begun = 0;
    Place& of(portolan::http::Traffic traffic) { return places[static_cast<std::size_t>(traffic)]; }
  };

  unsigned limit(portolan::http::Traffic traffic) const noexcept;

  const unsigned downloads_;
  const unsigned uploads_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<portolan::http::Origin, Host> hosts_;
};

}  // namespace portolan::internal::http
