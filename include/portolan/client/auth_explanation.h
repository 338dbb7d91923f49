// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <portolan/auth/credential_files.h>
#include <portolan/client/client.h>
#include <portolan/oci/reference.h>
#include <portolan/registry/access_report.h>

namespace portolan {

/// Which account is used for a reference, where it was looked for, and what the registry says to it.
struct AuthExplanation {
  Reference reference;
  auth::CredentialSearch search{};  ///< without places where the account was given
  registry::AccessReport access{};

  /// What keeps from pulling; none where pulling works.
  const Error* failure() const noexcept;
};

/// Looks for the account (`given`, or else in the files), and tries it at the registry. Of `config`, everything but the
/// credentials counts. Errors: invalid_reference (no registry), invalid_configuration (certificate files), cancelled,
/// timed_out.
Result<AuthExplanation> explain_auth(const Context& context, Config config, const auth::CredentialFiles& files,
                                     const std::optional<auth::Credential>& given, const Reference& reference);

/// `{"schema":"portolan.auth-explain/v1",…}`; no secret is in it.
std::string to_json(const AuthExplanation& explanation);

/// "password", "identity token", "token", or "none".
std::string_view kind_of(const auth::Credential& credential) noexcept;

}  // namespace portolan
