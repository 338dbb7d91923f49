// SPDX-License-Identifier: Apache-2.0
// All that index.json leads to.
#pragma once

#include <functional>
#include <unordered_set>

#include <portolan/store/layout_check.h>

#include "oci/layout_index.h"
#include "store/layout_medium.h"

namespace portolan::internal::store {

/// What a walk does with blobs; manifests it has to read in any case.
enum class Blobs : std::uint8_t {
  prove,  ///< every byte is read
  /// They are not even looked for. What may be a manifest of a kind that nobody here knows, or one among layers, is
  /// searched for digests, and these count as reached.
  keep,
};

/// Told of everything that is found. Each is called once for a problem, or for content that is as it should be.
struct WalkEvents {
  std::function<void(LayoutProblem)> problem{};
  enum class Content : std::uint8_t { manifest, blob };
  std::function<void(Content content, std::uint64_t size)> whole{};
  std::function<void(const Digest& digest, std::uint64_t size)> elsewhere{};
};

/// Walks the graphs of all entries of an index, and returns the digests of all that they lead to, also of what is
/// missing. A manifest leads to its subject, where that is there.
/// Errors: limit_exceeded (nodes), cancelled, timed_out.
Result<std::unordered_set<Digest>> walk_layout(const Context& context, LayoutMedium& medium,
                                               const oci::LayoutIndex& index, Blobs blobs, const WalkEvents& events);

}  // namespace portolan::internal::store
