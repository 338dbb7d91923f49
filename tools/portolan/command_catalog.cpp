// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "output.h"

namespace portolan::cli {

int run(Session& session, const CatalogArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto place = session.source(arguments.reference);
  if (!place) return fail(place.error());
  if (!place->repository().empty() || !place->selector().empty()) {
    return fail(Error(Errc::invalid_argument,
                      arguments.reference + " names a repository; name the registry or the layout that it is in"));
  }
  std::vector<std::string> repositories;
  auto& out = session.io().out;
  auto listed = session.stores().list_repositories(session.context(), *place, [&](std::string_view name) {
    repositories.emplace_back(name);
    return true;
  });
  // A part of a list would look like all of it.
  if (!listed) return fail(listed.error().within("listing the repositories of " + place->string()));
  if (session.json()) {
    out << chart::catalog_json(*place, repositories) << "\n";
  } else {
    for (const auto& name : repositories) out << printable(name) << "\n";
  }
  return 0;
}

}  // namespace portolan::cli
