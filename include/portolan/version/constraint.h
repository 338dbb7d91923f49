// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <portolan/version/version.h>

namespace portolan::chart {

/// A range of versions, as Helm reads it: `^1.2`, `>=1.2 <2 || >3`, `1.2 - 1.4`, `~2.x`, `*`.
///
/// A pre-release satisfies a group only where the group itself names one.
class Constraint {
 public:
  /// Errors: invalid_reference (also for empty text), limit_exceeded (longer than 512 bytes, or more than
  /// 32 alternatives).
  static Result<Constraint> parse(std::string_view text);

  bool satisfied_by(const Version& version) const;
  /// As it was written.
  const std::string& string() const noexcept;

  /// Values: copies share the parsed groups, which never change.
 private:
  struct State;
  explicit Constraint(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace portolan::chart
