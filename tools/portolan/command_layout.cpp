// SPDX-License-Identifier: Apache-2.0
#include <portolan/store/layout_check.h>
#include <portolan/store/layout_gc.h>

#include "commands.h"
#include "output.h"

namespace portolan::cli {
namespace {

/// For people; the document has words of its own.
std::string_view word(LayoutNote::Kind kind) {
  switch (kind) {
    case LayoutNote::Kind::unreferenced: return "unreferenced";
    case LayoutNote::Kind::temporary: return "left over";
    case LayoutNote::Kind::partial: return "broken off";
    case LayoutNote::Kind::elsewhere: return "to be had elsewhere";
  }
  return "";
}

void print(std::ostream& out, const LayoutCheck& check) {
  for (const auto& problem : check.problems) {
    out << to_string(problem.kind) << "  " << problem.digest.string() << "\n"
        << "  needed by " << printable(problem.needed_by) << ": " << printable(problem.why) << "\n";
  }
  for (const auto& note : check.notes) {
    out << word(note.kind) << "  " << printable(note.file) << "  " << size_text(note.size) << "\n";
  }
  const auto left_out = check.problems_left_out() + check.notes_left_out;
  if (left_out != 0) out << "and " << left_out << " more\n";
  out << "Checked: " << printable(check.layout.string()) << "\n"
      << "  " << count_text(check.manifests, "manifest") << ", " << count_text(check.blobs, "blob") << ", "
      << size_text(check.bytes) << " as they should be\n";
}

/// What is wrong, for who wants one sentence of it.
Error verdict(const LayoutCheck& check) {
  const auto& [what, code] = check.status() == LayoutCheck::Status::damaged
                                 ? std::pair(check.damage_problems, Errc::corrupt)
                                 : std::pair(check.missing_problems, Errc::not_found);
  return Error(code, check.layout.string() + ": " + count_text(what, "file") + " of its content " +
                         (what == 1 ? "is " : "are ") + (code == Errc::corrupt ? "damaged" : "missing") +
                         "; a copy from where it came mends that");
}

}  // namespace

int run(Session& session, const LayoutCheckArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  const auto layout = Reference::parse(arguments.reference);
  if (!layout) return fail(layout.error());
  const auto check = check_layout(session.context(), *layout);
  if (!check) return fail(check.error());
  auto& out = session.io().out;
  const bool whole = check->status() == LayoutCheck::Status::whole;
  if (session.json()) {
    out << layout_check_json(*check) << "\n";
  } else {
    print(out, *check);
    if (!whole) print_error(session.io(), verdict(*check));
  }
  return whole ? 0 : exit_code(verdict(*check));
}

int run(Session& session, const LayoutGcArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  const auto layout = Reference::parse(arguments.reference);
  if (!layout) return fail(layout.error());
  const auto report = collect_layout_garbage(session.context(), *layout,
                                             {.dry_run = session.common().dry_run, .min_age = arguments.min_age});
  if (!report) return fail(report.error());
  auto& out = session.io().out;
  if (session.json()) {
    out << layout_gc_json(*report) << "\n";
    return 0;
  }
  for (const auto& [file, size] : report->removed) out << printable(file) << "  " << size_text(size) << "\n";
  out << (report->dry_run ? "Would remove: " : "Removed: ") << count_text(report->removed.size(), "file") << ", "
      << size_text(report->bytes) << "\n";
  if (report->fresh != 0) {
    out << "  " << count_text(report->fresh, "file") << " that nothing leads to left, as they are new\n";
  }
  return 0;
}

}  // namespace portolan::cli
