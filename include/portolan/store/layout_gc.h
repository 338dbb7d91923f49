// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <portolan/base/context.h>
#include <portolan/oci/reference.h>

namespace portolan {

struct LayoutGcOptions {
  bool dry_run = false;  ///< tells what would be taken away
  /// Files that were written since are left: other programs write blobs first, and take no lock.
  std::chrono::seconds min_age = std::chrono::hours(1);
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
  std::uint64_t fresh = 0;               ///< files that are too young to go
  bool dry_run = false;
};

/// Takes away from a layout directory the blobs that index.json does not lead to, and what broken-off writers have left
/// over. What a manifest refers to as its subject, and what refers to it from index.json, stays.
/// Nothing is taken away while somebody writes with this library: a writer counts on blobs that nothing leads to yet.
/// What may be a manifest of an unknown kind keeps all that it names.
/// Errors: conflict (somebody is writing), corrupt (what a damaged manifest leads to cannot be known; nothing is
/// removed), unsupported (archives), not_found, invalid_argument (no reference to a whole layout),
/// limit_exceeded, those of the system.
Result<LayoutGcReport> collect_layout_garbage(const Context& context, const Reference& layout,
                                              const LayoutGcOptions& options = {});

/// The report as JSON, schema portolan.layout-gc/v1.
std::string layout_gc_json(const LayoutGcReport& report);

}  // namespace portolan
