// SPDX-License-Identifier: Apache-2.0
#include "explain_auth.h"

#include <algorithm>

#include "output.h"

namespace portolan::cli {
namespace {

using Scheme = registry::AccessReport::Scheme;

std::string account_of(const auth::Credential& account) {
  if (account.anonymous()) return "none, as nobody";
  const auto name = account.username().empty() ? "the holder of a token" : account.username();
  return name + " (" + std::string(kind_of(account)) + "), from " + account.source;
}

std::string asked_for(const registry::AccessReport& access) {
  switch (access.scheme) {
    case Scheme::unknown: return "nobody knows what";
    case Scheme::none: return "nothing";
    case Scheme::basic: return "user name and password (Basic)";
    case Scheme::bearer: return "a token of " + access.realm + (access.service.empty() ? "" : " for " + access.service);
    case Scheme::other: break;
  }
  return "something that is not understood";
}

void print(std::ostream& out, const AuthExplanation& explanation) {
  const auto& [reference, search, access] = explanation;
  out << reference.display() << "\n";
  std::size_t width = 0;
  for (const auto& place : search.places) width = std::max(width, place.name.size());
  for (const auto& place : search.places) {
    out << "  " << place.name << std::string(width - place.name.size() + 2, ' ') << printable(place.found) << "\n";
  }
  if (search.failure) return;
  out << "  account   " << printable(account_of(search.credential)) << "\n";
  if (access.scheme != Scheme::unknown) out << "  asks for  " << printable(asked_for(access)) << "\n";
  if (access.scheme == Scheme::bearer && !access.pull_scope.empty()) {
    out << "  to pull   " << printable(access.pull_scope) << "\n"
        << "  to push   " << printable(access.push_scope) << "\n";
  }
  if (!access.refusal) out << "  pulling   works\n";
}

}  // namespace

int explain_auth(Session& session, const ExplainArguments& arguments,
                 const std::function<Result<AuthExplanation>(const Reference&)>& explain) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  const bool whole = Reference::is_reference(arguments.reference);
  const auto reference = Reference::parse(whole ? arguments.reference : "oci://" + arguments.reference);
  if (!reference) return fail(reference.error());
  const auto explanation = explain(*reference);
  if (!explanation) return fail(explanation.error());
  auto& out = session.io().out;
  const auto* failure = explanation->failure();
  if (session.json()) {
    out << to_json(*explanation) << "\n";
  } else {
    print(out, *explanation);
    if (failure != nullptr) print_error(session.io(), *failure);
  }
  return failure == nullptr ? 0 : exit_code(*failure);
}

}  // namespace portolan::cli
