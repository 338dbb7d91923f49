// SPDX-License-Identifier: Apache-2.0
#include <portolan/client/auth_explanation.h>

#include <utility>

#include "json/writer.h"

namespace portolan {
namespace {

using Scheme = registry::AccessReport::Scheme;

std::string_view name_of(Scheme scheme) {
  switch (scheme) {
    case Scheme::unknown: return "unknown";
    case Scheme::none: return "none";
    case Scheme::basic: return "basic";
    case Scheme::bearer: return "bearer";
    case Scheme::other: break;
  }
  return "other";
}

}  // namespace

std::string_view kind_of(const auth::Credential& credential) noexcept {
  if (std::holds_alternative<auth::Password>(credential.value)) return "password";
  if (std::holds_alternative<auth::IdentityToken>(credential.value)) return "identity token";
  if (std::holds_alternative<auth::BearerToken>(credential.value)) return "token";
  return "none";
}

const Error* AuthExplanation::failure() const noexcept {
  if (search.failure) return &*search.failure;
  return access.refusal ? &*access.refusal : nullptr;
}

Result<AuthExplanation> explain_auth(const Context& context, Config config, const auth::CredentialFiles& files,
                                     const std::optional<auth::Credential>& given, const Reference& reference) {
  if (reference.kind() != Reference::Kind::registry) {
    return Error(Errc::invalid_reference, reference.string() + " is at no registry, and needs no account");
  }
  config.credentials = nullptr;
  auto place = Client(config).place(context, reference);
  if (!place) return std::move(place).error();
  // Whose account it is, as for pulling and pushing: of the place that is asked.
  const auto name = place->registry->name();
  AuthExplanation explanation{.reference = reference};
  if (!given) {
    auto search = auth::search_credentials(context, files, {.registry = name, .repository = place->repository});
    if (!search) return std::move(search).error();
    explanation.search = *std::move(search);
    if (explanation.search.failure) return explanation;
  } else if (place->is == RegistryPlace::Is::named_registry) {
    explanation.search.credential = *given;
  } else {
    explanation.search.places.push_back(
        {.name = given->source,
         .found = "is for " + reference.registry() + ", and not for " + name + ", where that is asked"});
  }
  config.credentials = auth::fixed(explanation.search.credential, name);
  place = Client(std::move(config)).place({}, reference);
  if (!place) return std::move(place).error();
  auto access = place->registry->explain_access(context, place->repository);
  if (!access) return std::move(access).error();
  explanation.access = *std::move(access);
  return explanation;
}

std::string to_json(const AuthExplanation& explanation) {
  const auto& [reference, search, access] = explanation;
  internal::json::Writer out;
  out.begin_object().member("schema", "portolan.auth-explain/v1");
  out.member("registry", reference.registry()).member("repository", reference.repository());
  out.key("looked_in").begin_array();
  for (const auto& place : search.places) {
    out.begin_object().member("place", place.name).member("found", place.found).end_object();
  }
  out.end_array();
  out.key("account").begin_object().member("kind", kind_of(search.credential));
  out.member("username", search.credential.username()).member("source", search.credential.source).end_object();
  out.key("challenge").begin_object().member("scheme", name_of(access.scheme));
  out.member("realm", access.realm).member("service", access.service).end_object();
  out.key("scopes").begin_object().member("pull", access.pull_scope).member("push", access.push_scope).end_object();
  out.key("error");
  if (const auto* failure = explanation.failure(); failure == nullptr) {
    out.null();
  } else {
    out.begin_object().member("code", to_string(failure->code()));
    out.key("exit_code").integer(exit_code(*failure));
    out.member("message", failure->message()).key("details").begin_object();
    for (const auto& [name, value] : failure->details()) out.member(name, value);
    out.end_object().end_object();
  }
  out.end_object();
  return std::move(out).printable();
}

}  // namespace portolan
