// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/reader.h>

namespace portolan::internal {

/// A Reader that proves size and digest of what it hands on, as verifying() makes it, or that hands on what such a one
/// has proved: nobody has to hash it once more.
class ProvingReader : public Reader {
 public:
  /// Whether reading it from here to its end proves that.
  virtual bool proves(const Digest& digest, std::uint64_t size) const noexcept = 0;
};

}  // namespace portolan::internal
