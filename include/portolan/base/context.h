// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <portolan/base/result.h>

namespace portolan {

/// How much a log line matters.
enum class LogLevel : std::uint8_t {
  debug,    ///< for whoever looks for a fault
  info,     ///< worth knowing, nothing to do
  warning,  ///< the result may not be what was meant
};

/// The point in time at which an operation gives up; none by default.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  Deadline() = default;
  /// So long from now.
  template <class Rep, class Period>
  Deadline(std::chrono::duration<Rep, Period> from_now)
      : at_(Clock::now() + std::chrono::duration_cast<Clock::duration>(from_now)) {}
  Deadline(Clock::time_point at) : at_(at) {}

  const std::optional<Clock::time_point>& at() const noexcept { return at_; }
  bool passed() const { return at_ && Clock::now() >= *at_; }

 private:
  std::optional<Clock::time_point> at_;
};

/// One step of a long operation, as on_progress is told.
struct Progress {
  enum class Event : std::uint8_t {
    started,   ///< the item's transfer began
    advanced,  ///< more bytes of the item went over
    finished,  ///< the item is at the target, verified
    skipped,   ///< the target had the item already
    waiting,   ///< the item waits, `note` says for what
  };
  Event event = Event::started;
  std::string item{};           ///< the item's digest
  std::string name{};           ///< a title for people (a file name, a tag, a media type)
  std::uint64_t done = 0;       ///< bytes of this item so far
  std::uint64_t size = 0;       ///< bytes of this item in whole
  std::uint64_t known = 0;      ///< items of this operation that are known so far
  std::uint64_t completed = 0;  ///< items of this operation that are finished or skipped
  std::string note{};           ///< free of secrets
};

/// How far an operation may go: cancellation, deadline, and who is told about it.
///
/// Copied freely. Threads: both callbacks are called from any thread of the operation, one call at a time for
/// on_progress; an exception that they throw ends the operation and reaches its caller.
struct Context {
  std::stop_token stop{};  ///< cancels within one slice of input or output
  Deadline deadline{};     ///< ends the operation with Errc::timed_out
  /// How long an operation that was cancelled may still take to withdraw from registries the uploads that nobody will
  /// end; they would keep what has come, some for days. Not at all by default: it returns at once.
  std::chrono::milliseconds withdraw_within{0};
  std::function<void(const Progress&)> on_progress{};        ///< told of every step
  std::function<void(LogLevel, std::string_view)> on_log{};  ///< told what happens underneath; never a secret

  /// Errors: cancelled, timed_out.
  Result<void> check() const;
  void log(LogLevel level, std::string_view line) const {
    if (on_log) on_log(level, line);
  }
};

}  // namespace portolan
