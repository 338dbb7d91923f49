// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace portolan::internal::http {

/// Whether a peer moves a body at least at the least speed. Only the time counts in which somebody waits for the peer:
/// who reads slowly himself, or has nothing to send, says nothing about it. It asks no clock.
class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// At least `least` bytes have to move while it is waited for `within`.
  Pace(std::uint64_t least, std::chrono::milliseconds within) noexcept : least_(least), within_(within) {}

  /// Somebody waits from now on. Contract: nobody does already.
  void wait(Time now) noexcept { since_ = now; }
  /// Nobody waits any more.
  void go_on(Time now) noexcept {
    if (since_) waited_ += now - *since_;
    since_.reset();
  }
  /// Bytes have come or gone.
  void moved(std::uint64_t bytes, Time now) noexcept {
    bytes_ += bytes;
    if (bytes_ < least_) return;
    bytes_ = 0;
    waited_ = {};
    if (since_) since_ = now;
  }
  /// When the peer is too slow, if nothing moves until then. Contract: somebody waits.
  Time limit() const noexcept { return *since_ + (within_ - waited_); }

 private:
  const std::uint64_t least_;
  const std::chrono::milliseconds within_;
  std::uint64_t bytes_ = 0;  // that have moved since there were enough
  std::chrono::steady_clock::duration waited_{};
  std::optional<Time> since_;
};

}  // namespace portolan::internal::http
