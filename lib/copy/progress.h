// SPDX-License-Identifier: Apache-2.0
// How a copy tells about itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <portolan/base/context.h>
#include <portolan/oci/descriptor.h>

namespace portolan::internal::copy {

/// Counts the items of a copy and tells the caller's on_progress, one call at a time. Threads: any number at once.
class ProgressTeller {
 public:
  explicit ProgressTeller(std::function<void(const Progress&)> callback) : callback_(std::move(callback)) {}

  /// So many more items are known.
  void know(std::size_t more) { known_ += more; }
  void tell(Progress::Event event, const Descriptor& item, std::uint64_t done, std::string note = {});
  /// Hands on what a store tells, with this copy's counts.
  void tell(Progress progress);

 private:
  const std::function<void(const Progress&)> callback_;
  // Held during the callback, against the rule: one call at a time is what the callback was promised, and an
  // operation that waits for a slow one is better than a queue that grows.
  std::mutex mutex_;
  std::atomic<std::uint64_t> known_ = 0;
  std::uint64_t completed_ = 0;
};

}  // namespace portolan::internal::copy
