// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace portolan::internal::archive {

/// DEFLATE (RFC 1951) bit for bit as Go's compress/flate of Go 1.26 and older writes it at its default level.
/// The output depends on the input and, in a corner, on how it is cut into write() calls.
class Deflater {
 public:
  /// Appends to `out`, which must outlive the Deflater.
  explicit Deflater(std::string& out);
  Deflater(Deflater&&) noexcept;
  Deflater& operator=(Deflater&&) noexcept;
  ~Deflater();

  void write(std::string_view segment);
  /// Ends the stream. Contract: called once, and nothing after it.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace portolan::internal::archive
