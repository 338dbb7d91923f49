// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "output.h"

namespace portolan::cli {
namespace {

/// What helm's users type by habit is told what it should be.
Result<void> check_place(const std::string& place) {
  if (place.find("://") == std::string::npos && !place.empty() && place.front() != '/') return {};
  return Error(Errc::invalid_argument,
               "'" + place + "' is no place to log in to; it is HOST[:PORT][/PATH], without oci://");
}

/// Whoever logs in need not be told to log in.
std::string advice_at_login(const Error& error) {
  if (error.code() == Errc::unauthorized) {
    return "Check the user name and the password; some registries want an access token in the password's place.";
  }
  if (error.code() == Errc::forbidden) {
    return "The account may be known there, and may not do this: ask whoever runs the registry, or take another one.";
  }
  return advice(error);
}

}  // namespace

int run(Session& session, const LoginArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  if (auto checked = check_place(arguments.place); !checked) return fail(checked.error());
  auto account =
      session.network().log_in(session.context(), session.common().registry, arguments.place, session.environment());
  if (!account) {
    const auto error = account.error().within("logging in to " + arguments.place);
    return report_error(session.common(), session.io(), error, advice_at_login(error));
  }
  const bool checked = account->worth == Network::Account::Worth::checked;
  if (!checked) {
    session.context().log(LogLevel::warning, arguments.place + " asks nobody for an account: " + account->username +
                                                 " is kept, and was not checked");
  }
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::login_json(arguments.place, account->username, account->where,
                             checked ? chart::Account::checked : chart::Account::not_checked)
        << "\n";
  } else {
    out << "Login Succeeded\n  " << account->username << ", kept in " << account->where << "\n";
  }
  return 0;
}

int run(Session& session, const LogoutArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  if (auto checked = check_place(arguments.place); !checked) return fail(checked.error());
  auto account =
      session.network().log_out(session.context(), session.common().registry, arguments.place, session.environment());
  if (!account) return fail(account.error().within("logging out of " + arguments.place));
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::logout_json(arguments.place, account->where) << "\n";
  } else {
    out << "Removing login credentials for " << arguments.place << "\n  from " << account->where << "\n";
  }
  return 0;
}

int run(Session& session, const ExplainArguments& arguments) { return session.network().explain(session, arguments); }

}  // namespace portolan::cli
