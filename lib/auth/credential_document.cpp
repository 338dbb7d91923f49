// SPDX-License-Identifier: Apache-2.0
#include "auth/credential_document.h"

#include <algorithm>
#include <optional>

#include "auth/pull_secret.h"
#include "auth/token.h"
#include "base/base64.h"
#include "json/json.h"

namespace portolan::internal::auth {

using portolan::auth::BearerToken;
using portolan::auth::Credential;
using portolan::auth::IdentityToken;
using portolan::auth::Password;

namespace {

using Entry = CredentialDocument::Entry;

Error broken(std::string_view why) { return Error(Errc::invalid_configuration, std::string(why)); }

/// The member of that name, or null where there is none, or JSON's null, which Go reads as none.
const json::Value* member(const json::Value& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// base64 as it is found in files: without padding, or with the line breaks that programs put in.
std::optional<std::string> decode(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  while (text.ends_with('=')) text.pop_back();
  text.append((4 - text.size() % 4) % 4, '=');
  return base64_decode(text);
}

/// Docker on Windows once padded passwords with NULs.
std::string_view without_nuls(std::string_view text) {
  while (text.starts_with('\0')) text.remove_prefix(1);
  while (text.ends_with('\0')) text.remove_suffix(1);
  return text;
}

/// The texts of an entry; nothing where one of them is of another type.
struct Texts {
  std::string auth{};
  std::string username{};
  std::string password{};
  std::string identity_token{};
  std::string registry_token{};

  static std::optional<Texts> of(const json::Value& object) {
    Texts texts;
    const std::pair<std::string_view, std::string*> fields[] = {{"auth", &texts.auth},
                                                                {"username", &texts.username},
                                                                {"password", &texts.password},
                                                                {"identitytoken", &texts.identity_token},
                                                                {"registrytoken", &texts.registry_token}};
    for (const auto& [name, text] : fields) {
      const auto* value = member(object, name);
      if (value == nullptr) continue;
      if (!value->is_string()) return std::nullopt;
      *text = value->get<std::string>();
    }
    return texts;
  }
};

/// Nothing where the texts make no sense.
std::optional<Credential> credential_in(Texts texts) {
  if (!texts.registry_token.empty()) {
    BearerToken ready{Secret(std::move(texts.registry_token))};
    return fits_header(ready.token) ? std::optional(Credential{.value = std::move(ready)}) : std::nullopt;
  }
  if (!texts.identity_token.empty()) {
    return Credential{.value = IdentityToken{Secret(std::move(texts.identity_token))}};
  }
  if (texts.auth.empty()) return credential_of(std::move(texts.username), Secret(std::move(texts.password)));
  const auto decoded = decode(std::move(texts.auth));
  const auto colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return credential_of(decoded->substr(0, colon), Secret(std::string(without_nuls(decoded->substr(colon + 1)))));
}

void fill(Entry& entry, const json::Value& value) {
  if (value.is_null()) return;
  auto texts = value.is_object() ? Texts::of(value) : std::nullopt;
  auto credential = texts ? credential_in(*std::move(texts)) : std::nullopt;
  if (!credential) {
    entry.state = Entry::State::damaged;
  } else if (!credential->anonymous()) {
    entry.state = Entry::State::holds;
    entry.credential = *std::move(credential);
  }
}

void add_entries(CredentialDocument& document, const json::Value& object) {
  for (const auto& [key, value] : object.items()) {
    auto place = ServerKey::parse(key);
    if (!place) continue;
    auto& entry = document.entries.emplace_back(Entry{.key = key, .place = *std::move(place)});
    fill(entry, value);
  }
}

Result<void> add_auths(CredentialDocument& document, const json::Value& object) {
  const auto* auths = member(object, "auths");
  if (auths == nullptr) return {};
  if (!auths->is_object()) return broken("its \"auths\" is no object");
  add_entries(document, *auths);
  return {};
}

Result<void> add_helpers(CredentialDocument& document, const json::Value& object) {
  if (const auto* helpers = member(object, "credHelpers")) {
    if (!helpers->is_object()) return broken("its \"credHelpers\" is no object");
    for (const auto& [host, name] : helpers->items()) {
      if (!name.is_string()) return broken("its \"credHelpers\" holds something that is no name");
      document.helper_names.emplace_back(host, name.get<std::string>());
    }
  }
  if (const auto* store = member(object, "credsStore")) {
    if (!store->is_string()) return broken("its \"credsStore\" is no name");
    document.store = store->get<std::string>();
  }
  return {};
}

/// Kubernetes knows no helpers, and what comes from elsewhere names no program to run here.
Result<void> add_secret(CredentialDocument& document, const json::Value& object) {
  document.form = CredentialDocument::Form::kubernetes_secret;
  const auto secret = open_pull_secret(object);
  if (!secret) return secret.error();
  if (secret->holds == PullSecret::Holds::docker_config) return add_auths(document, secret->document);
  add_entries(document, secret->document);
  return {};
}

/// Whether a key of `credHelpers` means that registry.
bool means(std::string_view key, std::string_view host) {
  const auto place = ServerKey::parse(key);
  return place && place->path.empty() && place->host == host;
}

}  // namespace

Credential credential_of(std::string username, Secret secret) {
  if (username.empty() && secret.empty()) return {};
  if (username == "<token>") return {.value = IdentityToken{std::move(secret)}};
  return {.value = Password{std::move(username), std::move(secret)}};
}

std::string encode_auth(const Password& password) {
  return base64_encode(password.username + ":" + password.password.reveal());
}

Result<CredentialDocument> CredentialDocument::parse(std::string_view text) {
  CredentialDocument document;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return document;
  const auto parsed =
      is_kubernetes_yaml(text) ? parse_kubernetes_yaml(text) : json::parse(text, json::DuplicateKeys::last_wins);
  if (!parsed) return broken(parsed.error().text());
  if (!parsed->is_object()) return broken("it is no JSON object");
  if (is_kubernetes_object(*parsed)) {
    if (auto added = add_secret(document, *parsed); !added) return std::move(added).error();
    return document;
  }
  if (is_dockercfg(*parsed)) {
    document.form = Form::dockercfg;
    add_entries(document, *parsed);
    return document;
  }
  if (auto added = add_auths(document, *parsed); !added) return std::move(added).error();
  if (auto added = add_helpers(document, *parsed); !added) return std::move(added).error();
  return document;
}

const Entry* CredentialDocument::find(const ServerKey& place) const noexcept {
  const Entry* found = nullptr;
  for (const auto& entry : entries) {
    if (entry.place != place) continue;
    if (entry.key == canonical(place)) return &entry;
    const bool better = found == nullptr || (entry.key == place.host && found->key != place.host);
    if (better) found = &entry;
  }
  return found;
}

std::string_view CredentialDocument::helper_of(std::string_view host) const noexcept {
  const auto found = std::find_if(helper_names.begin(), helper_names.end(),
                                  [&](const auto& entry) { return means(entry.first, host); });
  return found == helper_names.end() ? std::string_view() : found->second;
}

}  // namespace portolan::internal::auth
