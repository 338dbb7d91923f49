// SPDX-License-Identifier: Apache-2.0
// A layout as a whole, not one of its repositories: what check and gc work on.
#pragma once

#include <memory>
#include <string>

#include <portolan/oci/reference.h>

#include "oci/layout_index.h"
#include "store/layout_medium.h"

namespace portolan::internal::store {

struct WholeLayout {
  std::unique_ptr<LayoutMedium> medium;
  oci::LayoutIndex index{};
};

/// `blobs/ALGORITHM/ENCODED`, as a layout names it whatever the system.
std::string blob_name(const Digest& digest);

/// Errors: invalid_argument (a registry's reference, or one with a path, tag or digest), not_found (there is none, or
/// it has no index.json), corrupt, those of the system.
Result<WholeLayout> open_whole_layout(const Context& context, const Reference& layout);

}  // namespace portolan::internal::store
