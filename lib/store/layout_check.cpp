// SPDX-License-Identifier: Apache-2.0
#include <portolan/store/layout_check.h>

#include <algorithm>
#include <utility>

#include "json/writer.h"
#include "store/layout_walk.h"
#include "store/whole_layout.h"

namespace portolan {

using namespace internal::store;

namespace {

using internal::json::Writer;

std::string_view word(LayoutNote::Kind kind) {
  switch (kind) {
    case LayoutNote::Kind::unreferenced: return "unreferenced";
    case LayoutNote::Kind::temporary: return "temporary";
    case LayoutNote::Kind::partial: return "partial";
    case LayoutNote::Kind::elsewhere: return "elsewhere";
  }
  return "";
}

std::string_view word(LayoutCheck::Status status) {
  switch (status) {
    case LayoutCheck::Status::whole: return "whole";
    case LayoutCheck::Status::incomplete: return "incomplete";
    case LayoutCheck::Status::damaged: return "damaged";
  }
  return "";
}

LayoutNote::Kind note_of(LayoutFile::Kind kind) {
  switch (kind) {
    case LayoutFile::Kind::blob: return LayoutNote::Kind::unreferenced;
    case LayoutFile::Kind::temporary: return LayoutNote::Kind::temporary;
    case LayoutFile::Kind::partial: return LayoutNote::Kind::partial;
  }
  return LayoutNote::Kind::unreferenced;
}

void note(LayoutCheck& check, LayoutNote::Kind kind, std::string file, std::uint64_t size) {
  if (check.notes.size() == max_layout_report_rows) {
    ++check.notes_left_out;
  } else {
    check.notes.push_back({kind, std::move(file), size});
  }
}

void take(LayoutCheck& check, LayoutProblem problem) {
  ++(problem.kind == LayoutProblem::Kind::missing ? check.missing_problems : check.damage_problems);
  if (check.problems.size() < max_layout_report_rows) check.problems.push_back(std::move(problem));
}

}  // namespace

std::string_view to_string(LayoutProblem::Kind kind) noexcept {
  switch (kind) {
    case LayoutProblem::Kind::missing: return "missing";
    case LayoutProblem::Kind::changed: return "changed";
    case LayoutProblem::Kind::malformed: return "malformed";
    case LayoutProblem::Kind::unreadable: return "unreadable";
  }
  return "";
}

LayoutCheck::Status LayoutCheck::status() const noexcept {
  if (damage_problems != 0) return Status::damaged;
  return missing_problems != 0 ? Status::incomplete : Status::whole;
}

Result<LayoutCheck> check_layout(const Context& context, const Reference& layout) {
  auto opened = open_whole_layout(context, layout);
  if (!opened) return std::move(opened).error();
  auto& [medium, index] = *opened;
  LayoutCheck check{.layout = layout};
  const WalkEvents events{
      .problem = [&](LayoutProblem problem) { take(check, std::move(problem)); },
      .whole =
          [&](WalkEvents::Content content, std::uint64_t size) {
            ++(content == WalkEvents::Content::blob ? check.blobs : check.manifests);
            check.bytes += size;
          },
      .elsewhere = [&](const Digest& digest,
                       std::uint64_t size) { note(check, LayoutNote::Kind::elsewhere, blob_name(digest), size); },
  };
  const auto reached = walk_layout(context, *medium, index, Blobs::prove, events);
  if (!reached) return Error(reached.error()).within("checking " + layout.string());
  auto seen = medium->each_file(context, [&](const LayoutFile& file) {
    if (file.kind == LayoutFile::Kind::blob && reached->contains(*file.digest)) return;
    note(check, note_of(file.kind), file.name, file.size);
  });
  if (!seen) return std::move(seen).error().within("checking " + layout.string());
  std::sort(check.notes.begin(), check.notes.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
  return check;
}

std::string layout_check_json(const LayoutCheck& check) {
  Writer out;
  out.begin_object().member("schema", "portolan.layout-check/v1").member("layout", check.layout.string());
  out.member("status", word(check.status()));
  out.key("manifests").unsigned_integer(check.manifests);
  out.key("blobs").unsigned_integer(check.blobs);
  out.key("bytes").unsigned_integer(check.bytes);
  out.key("problems").begin_array();
  for (const auto& problem : check.problems) {
    out.begin_object().member("problem", to_string(problem.kind)).member("digest", problem.digest.string());
    out.member("media_type", problem.media_type).member("needed_by", problem.needed_by);
    out.member("message", problem.why).end_object();
  }
  out.end_array();
  out.key("problems_left_out").unsigned_integer(check.problems_left_out());
  out.key("notes").begin_array();
  for (const auto& row : check.notes) {
    out.begin_object().member("note", word(row.kind)).member("file", row.file);
    out.key("size").unsigned_integer(row.size);
    out.end_object();
  }
  out.end_array();
  out.key("notes_left_out").unsigned_integer(check.notes_left_out);
  out.end_object();
  return std::move(out).printable();
}

}  // namespace portolan
