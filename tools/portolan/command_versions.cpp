// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "commands.h"
#include "output.h"

namespace portolan::cli {
namespace {

void print_details(std::ostream& out, const std::vector<chart::VersionEntry>& entries) {
  std::size_t version_width = 0;
  std::size_t app_width = 0;
  for (const auto& entry : entries) {
    version_width = std::max(version_width, entry.version.string().size());
    app_width = std::max(app_width, printable(entry.app_version).size());
  }
  for (const auto& entry : entries) {
    const auto version = entry.version.string();
    const auto app_version = printable(entry.app_version);
    out << version << std::string(version_width - version.size() + 2, ' ') << app_version
        << std::string(app_width - app_version.size() + 2, ' ') << entry.digest << "\n";
  }
}

}  // namespace

int run(Session& session, const VersionsArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto reference = session.source(arguments.reference);
  if (!reference) return fail(reference.error());
  auto store = session.stores().open(session.context(), *reference);
  if (!store) return fail(store.error());
  auto entries =
      chart::versions(session.context(), **store,
                      {.range = arguments.version, .prereleases = arguments.prereleases, .details = arguments.details});
  if (!entries) return fail(entries.error());
  if (entries->empty()) {
    return fail(no_version(*reference, arguments.version));
  }
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::versions_json(reference->repository_only(), *entries, arguments.details) << "\n";
  } else if (arguments.details == chart::Details::manifests) {
    print_details(out, *entries);
  } else {
    for (const auto& entry : *entries) out << entry.version.string() << "\n";
  }
  return 0;
}

}  // namespace portolan::cli
