// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <portolan/base/context.h>
#include <portolan/oci/reference.h>

namespace portolan {

struct LayoutGcOptions {
  bool dry_run = false;  ///< tells what would be taken away
};

/// A file that nothing leads to.
struct LayoutGarbage {
  std::string file{};      ///< relative to the layout
  std::uint64_t size = 0;  ///< bytes
};

struct LayoutGcReport {
  Reference layout;
  std::vector<LayoutGarbage> removed{};  ///< by file
  std::uint64_t bytes = 0;               ///< of all that was removed
  bool dry_run = false;
};

/// Takes away from a layout directory the blobs that index.json does not lead to, and what broken-off writers have left
/// over. What a manifest refers to as its subject, and what refers to it from index.json, stays.
/// Nothing is taken away while somebody writes: a writer counts on blobs that nothing leads to yet.
/// Errors: conflict (somebody is writing), corrupt (what a damaged manifest leads to cannot be known; nothing is
/// removed), unsupported (archives), not_found, invalid_argument (no reference to a whole layout),
/// limit_exceeded, those of the system. What other programs write without asking for the lock is not noticed.
Result<LayoutGcReport> collect_layout_garbage(const Context& context, const Reference& layout,
                                              const LayoutGcOptions& options = {});

/// The report as JSON, schema portolan.layout-gc/v1.
std::string layout_gc_json(const LayoutGcReport& report);

}  // namespace portolan
