// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <portolan/copy/copy.h>
#include <portolan/store/store.h>

namespace portolan {

/// A manifest that refers to another one, and what refers to it.
struct ReferrerNode {
  Descriptor descriptor;  ///< as the list of referrers has it: artifact type and annotations are a claim
  std::vector<ReferrerNode> referrers{};
};

/// What refers to a manifest.
struct ReferrerTree {
  Descriptor subject;
  std::vector<ReferrerNode> referrers{};  ///< in the order of their digests
};

struct ReferrerTreeOptions {
  std::string artifact_type{};          ///< of those that refer to the subject itself; all where empty
  unsigned depth = max_referrer_depth;  ///< 1: what refers to the subject, and not what refers to that
};

/// Nodes of one tree.
inline constexpr std::size_t max_tree_nodes = 10'000;

/// What refers to the manifest that `selector` names: signatures, reports, and their own signatures.
/// A request to a registry for the selector, unless it is a digest, and one for each node above the deepest.
/// Errors: not_found, unsupported (a store that knows no referrers), limit_exceeded, those of the store.
Result<ReferrerTree> referrer_tree(const Context& context, ReadStore& store, std::string_view selector,
                                   const ReferrerTreeOptions& options = {});

}  // namespace portolan
