// SPDX-License-Identifier: Apache-2.0
#include <portolan/registry/access_report.h>

#include "auth/challenge.h"
#include "auth/token.h"
#include "http/drain.h"
#include "registry/access_report.h"

namespace portolan::internal::registry {

using portolan::auth::Scopes;
using portolan::http::Response;
using portolan::registry::AccessReport;

namespace {

bool ends_everything(const Error& error) { return error.code() == Errc::cancelled || error.code() == Errc::timed_out; }

/// Reads what the answer to nobody's question says. Errors: protocol_error (a token server that gets no password).
Result<void> read_challenge(const Response& response, AccessReport& report) {
  const auto challenges = auth::parse_challenges(response.headers);
  const auto* challenge = auth::preferred(challenges);
  if (challenge == nullptr) {
    report.scheme = response.status == 401 ? AccessReport::Scheme::other : AccessReport::Scheme::none;
    return {};
  }
  if (challenge->scheme != "bearer") {
    report.scheme = AccessReport::Scheme::basic;
    return {};
  }
  report.scheme = AccessReport::Scheme::bearer;
  const auto asked = http::Url::parse(response.url);
  if (!asked) return asked.error();
  auto realm = auth::realm_of(*challenge, *asked, auth::came(response));
  if (!realm) return std::move(realm).error();
  auto place = realm->url;
  place.query.clear();
  place.has_query = false;
  report.realm = place.string();
  report.service = realm->service;
  return {};
}

}  // namespace

Result<AccessReport> explain_access(const Context& context, Connection& connection, std::string_view repository) {
  AccessReport report;
  const auto fail = [&report](Error error) -> Result<AccessReport> {
    if (ends_everything(error)) return error;
    report.refusal = std::move(error);
    return report;
  };
  auto open = connection.ask_as_nobody(context);
  if (!open) return fail(std::move(open).error());
  auto read = read_challenge(*open, report);
  http::drain(*open);
  if (!read) return fail(std::move(read).error());
  Scopes scopes;
  auto path = std::string("/v2/");
  if (!repository.empty()) {
    scopes = Scopes::repository(repository, {"pull"});
    report.pull_scope = scopes.string();
    report.push_scope = Scopes::repository(repository, {"pull", "push"}).string();
    path += std::string(repository) + "/tags/list";
  }
  auto access = connection.access(repository, std::move(scopes));
  access.as_nobody = auth::Access::AsNobody::never;
  auto url = connection.url(path);
  if (!repository.empty()) url = url.with_parameter("n", "1");
  auto response = connection.send(context, {.url = url.string()}, access);
  if (!response) return fail(std::move(response).error());
  const Purpose purpose{.doing = repository.empty() ? "the question for its version"
                                                    : "the request for the tags of " + std::string(repository),
                        .thing = repository.empty() ? "registry at /v2/" : std::string(repository)};
  const bool none_yet = response->status == 404 && !repository.empty();
  if (response->status != 200 && !none_yet) return fail(connection.refusal(*response, access, purpose));
  if (response->headers.get("Content-Type").starts_with("text/html")) {
    return fail(connection.nonsense(purpose, "a web page: it is no registry"));
  }
  http::drain(*response);
  return report;
}

}  // namespace portolan::internal::registry
