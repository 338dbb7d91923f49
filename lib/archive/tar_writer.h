// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <portolan/base/result.h>

namespace portolan::internal::archive {

/// A member's time: seconds since 1970 and nanoseconds, 0 to 999,999,999.
struct Time {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
};

/// Writes a tar archive with the bytes of Go's archive/tar as Helm uses it: regular files alone, mode 0644, owner 0,
/// USTAR, and PAX where USTAR cannot hold the name or time.
class TarWriter {
 public:
  /// Takes each piece that Go would write in one call: the DEFLATE encoder depends on the cuts (go-deflate 1.2).
  using Sink = std::function<Result<void>(std::string_view)>;

  explicit TarWriter(Sink sink) : sink_(std::move(sink)) {}

  /// A whole file. Errors: invalid_chart where no tar header can hold the name (NUL); the sink's.
  Result<void> add(std::string_view name, Time modified, std::string_view body);
  /// The header of a file whose `size` bytes come by body(). Errors: as add().
  Result<void> begin(std::string_view name, Time modified, std::uint64_t size);
  Result<void> body(std::string_view piece);
  /// The two closing blocks. Contract: called once, after the last member.
  Result<void> finish();

 private:
  Result<void> pad();
  Sink sink_;
  std::uint64_t pending_padding_ = 0;
  std::uint64_t body_left_ = 0;
};

}  // namespace portolan::internal::archive
