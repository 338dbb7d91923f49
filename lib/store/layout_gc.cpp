// SPDX-License-Identifier: Apache-2.0
#include <portolan/store/layout_gc.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "json/writer.h"
#include "store/layout_walk.h"
#include "store/whole_layout.h"

namespace portolan {

using namespace internal::store;

namespace {

namespace fs = std::filesystem;

/// Errors: corrupt, and those of the walk.
Result<std::unordered_set<Digest>> all_that_is_needed(const Context& context, const WholeLayout& layout) {
  std::optional<LayoutProblem> problem;
  const WalkEvents events{.problem = [&](LayoutProblem found) {
    // Of an image for many platforms some may never have been copied; what index.json itself names was there.
    const bool expected = found.kind == LayoutProblem::Kind::missing && Digest::parse(found.needed_by);
    if (!problem && !expected) problem = std::move(found);
  }};
  auto needed = walk_layout(context, *layout.medium, layout.index, Blobs::keep, events);
  if (needed && problem) {
    return Error(Errc::corrupt, "what " + problem->digest.string() + ", needed by " + problem->needed_by +
                                    ", leads to cannot be known, so nothing was removed: " + problem->why);
  }
  return needed;
}

/// Whether it may belong to something that is being written by a program that takes no lock.
bool is_fresh(const fs::path& file, std::chrono::seconds min_age) {
  std::error_code error;
  const auto written = fs::last_write_time(file, error);
  return !error && fs::file_time_type::clock::now() - written < min_age;
}

}  // namespace

Result<LayoutGcReport> collect_layout_garbage(const Context& context, const Reference& layout,
                                              const LayoutGcOptions& options) {
  const auto frame = "removing what nothing leads to from " + layout.string();
  if (layout.kind() == Reference::Kind::archive) {
    return Error(Errc::unsupported, "an archive is not changed in its place; copy what is wanted into a new one")
        .within(frame);
  }
  auto opened = open_whole_layout(context, layout);
  if (!opened) return std::move(opened).error();
  const fs::path root = layout.location();
  for (const auto* folder : {"blobs", "blobs/sha256", "blobs/sha512"}) {
    // Other layouts may share what is there.
    if (auto real = refuse_link(root / folder); !real) return std::move(real).error().within(frame);
  }
  auto alone = internal::FileLock::try_directory(root / "blobs", internal::FileLock::Hold::alone);
  if (!alone && alone.error().code() == Errc::no_such_file) return LayoutGcReport{.layout = layout};
  if (!alone) return std::move(alone).error().within(frame);
  if (!*alone) {
    return Error(Errc::conflict, "somebody is writing into it, so nothing was removed; try again").within(frame);
  }
  // Only now nobody adds to what the index leads to.
  opened = open_whole_layout(context, layout);
  if (!opened) return std::move(opened).error();
  const auto needed = all_that_is_needed(context, *opened);
  if (!needed) return Error(needed.error()).within(frame);
  LayoutGcReport report{.layout = layout, .dry_run = options.dry_run};
  auto seen = opened->medium->each_file(context, [&](const LayoutFile& file) {
    if (file.kind == LayoutFile::Kind::blob && needed->contains(*file.digest)) return;
    if (is_fresh(root / file.name, options.min_age)) {
      ++report.fresh;
      return;
    }
    report.removed.push_back({file.name, file.size});
    report.bytes += file.size;
  });
  if (!seen) return std::move(seen).error().within(frame);
  std::sort(report.removed.begin(), report.removed.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
  if (options.dry_run) return report;
  for (const auto& [file, size] : report.removed) {
    if (auto go = context.check(); !go) return std::move(go).error().within(frame);
    std::error_code error;
    fs::remove_all(root / file, error);
    if (error) return internal::system_error(error.value(), "removing", root / file).within(frame);
  }
  return report;
}

std::string layout_gc_json(const LayoutGcReport& report) {
  internal::json::Writer out;
  out.begin_object().member("schema", "portolan.layout-gc/v1").member("layout", report.layout.string());
  out.key("dry_run").boolean(report.dry_run);
  out.key("removed").begin_array();
  for (const auto& [file, size] : report.removed) {
    out.begin_object().member("file", file);
    out.key("size").unsigned_integer(size);
    out.end_object();
  }
  out.end_array();
  out.key("bytes").unsigned_integer(report.bytes);
  out.key("fresh").unsigned_integer(report.fresh);
  out.end_object();
  return std::move(out).printable();
}

}  // namespace portolan
