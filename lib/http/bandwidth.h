// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <algorithm>
#include <atomic>

namespace portolan::http {

/// libcurl limits each transfer by itself: of what there is for all, each gets an equal share. Threads: any.
class Bandwidth {
 public:
  explicit Bandwidth(std::uint64_t bytes_per_second) : all_(std::max(bytes_per_second, least_bandwidth)) {}

  void begin() noexcept { ++running_; }
  void end() noexcept { --running_; }
  std::uint64_t all() const noexcept { return all_; }
  /// Of each transfer that goes on now.
  std::uint64_t share() const noexcept { return std::max<std::uint64_t>(1, all_ / std::max(1U, running_.load())); }

 private:
  const std::uint64_t all_;
  std::atomic<unsigned> running_ = 0;
};

}  // namespace portolan::http
