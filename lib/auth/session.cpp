// SPDX-License-Identifier: Apache-2.0
#include "auth/session.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "auth/challenge.h"
#include "auth/error_body.h"
#include "auth/token.h"
#include "base/waiting.h"
#include "http/drain.h"
#include "http/url.h"

namespace portolan::internal::auth {

using portolan::auth::BearerToken;
using portolan::auth::Credential;
using portolan::auth::CredentialProviderPtr;
using portolan::auth::IdentityToken;
using portolan::auth::Password;
using portolan::auth::Scopes;
using portolan::http::Authorization;
using portolan::http::Headers;
using portolan::http::Method;
using portolan::http::Origin;
using portolan::http::Request;
using portolan::http::Response;
using portolan::http::Transport;

namespace {

/// Tokens that are kept; the oldest one goes for a new one.
constexpr std::size_t max_tokens = 1000;

std::string describe(const Credential& credential) {
  if (credential.anonymous()) return "anonymous";
  auto user = credential.username();
  if (user.empty()) user = "the holder of a token";
  return credential.source.empty() ? user : user + ", from " + credential.source;
}

}  // namespace

struct Session::State {
  /// What a token is for, and whose.
  struct Key {
    Realm realm;
    Credential credential;
    Scopes scopes;

    /// Whether a token for this one serves the other one.
    bool serves(const Key& other) const {
      return realm == other.realm && credential.value == other.credential.value && scopes.covers(other.scopes);
    }
  };
  struct Held {
    Key key;
    Secret value;
    Clock::time_point until;
  };
  /// What is known of an origin: that it wants Basic, or tokens of that realm.
  struct Scheme {
    std::optional<Realm> realm{};  // none: Basic
  };

  State(std::shared_ptr<Transport> with, CredentialProviderPtr from, std::string agent,
        std::function<Clock::time_point()> now)
      : transport(std::move(with)), provider(std::move(from)), user_agent(std::move(agent)), clock(std::move(now)) {}

  Result<Credential> credential_for(const Context& context, const portolan::auth::Where& where);
  Result<std::optional<Secret>> authorization(const Context& context, const Access& access,
                                              const Credential& credential);
  Result<Secret> token(const Context& context, const Key& wanted);
  Result<Token> fetch_token(const Context& context, const Key& wanted) const;
  Result<Response> ask_token_server(const Context& context, const Key& wanted, Grant grant) const;
  Error refused_by(const Realm& realm, Response& response, const Key& wanted) const;
  const Held* find(const Key& wanted);
  void drop(const Secret& value);

  const std::shared_ptr<Transport> transport;
  const CredentialProviderPtr provider;
  const std::string user_agent;
  const std::function<Clock::time_point()> clock;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable_any changed;
  std::map<std::pair<std::string, std::string>, Credential> credentials;  // by registry and repository
  std::map<Origin, Scheme> schemes;
  std::vector<Held> tokens;
  std::vector<Key> under_way;
};

Session::Session(std::shared_ptr<Transport> transport, CredentialProviderPtr credentials, std::string user_agent,
                 std::function<Clock::time_point()> clock)
    : state_(std::make_unique<State>(std::move(transport), std::move(credentials), std::move(user_agent),
                                     std::move(clock))) {}
Session::~Session() = default;

Result<Credential> Session::State::credential_for(const Context& context, const portolan::auth::Where& where) {
  const std::pair key(where.registry, where.repository);
  {
    std::lock_guard lock(mutex);
    if (const auto found = credentials.find(key); found != credentials.end()) return found->second;
  }
  auto found = provider->find(context, where);
  if (!found) return found;
  std::lock_guard lock(mutex);
  return credentials.emplace(key, *std::move(found)).first->second;
}

std::string Session::identity(const Access& access) const {
  std::lock_guard lock(state_->mutex);
  const auto found = state_->credentials.find({access.where.registry, access.where.repository});
  return found == state_->credentials.end() ? "anonymous" : describe(found->second);
}

const Session::State::Held* Session::State::find(const Key& wanted) {
  const auto now = clock();
  std::erase_if(tokens, [&](const Held& held) { return held.until <= now; });
  const auto found =
      std::find_if(tokens.begin(), tokens.end(), [&](const Held& held) { return held.key.serves(wanted); });
  return found == tokens.end() ? nullptr : &*found;
}

void Session::State::drop(const Secret& value) {
  std::lock_guard lock(mutex);
  std::erase_if(tokens, [&](const Held& held) { return bearer(held.value) == value; });
}

Result<Secret> Session::State::token(const Context& context, const Key& wanted) {
  {
    std::unique_lock lock(mutex);
    auto waited = wait(context, lock, changed, [&] {
      return std::none_of(under_way.begin(), under_way.end(), [&](const Key& other) { return other.serves(wanted); });
    });
    if (!waited) return std::move(waited).error();
    if (const auto held = find(wanted)) return held->value;
    under_way.push_back(wanted);
  }
  const auto asked_at = clock();
  // What is under way has to end also where the transport throws.
  struct Ending {
    State& state;
    const Key& wanted;
    ~Ending() {
      {
        std::lock_guard lock(state.mutex);
        const auto mine = std::find_if(state.under_way.begin(), state.under_way.end(),
                                       [&](const Key& other) { return other.serves(wanted) && wanted.serves(other); });
        if (mine != state.under_way.end()) state.under_way.erase(mine);
      }
      state.changed.notify_all();
    }
  } const ending{*this, wanted};
  auto fetched = fetch_token(context, wanted);
  if (!fetched) return std::move(fetched).error();
  std::lock_guard lock(mutex);
  if (tokens.size() >= max_tokens) tokens.erase(tokens.begin());
  tokens.push_back({wanted, fetched->value, asked_at + fetched->lasts});
  return std::move(fetched->value);
}

Result<Response> Session::State::ask_token_server(const Context& context, const Key& wanted, Grant grant) const {
  Request request{.url = token_url(wanted.realm, wanted.scopes).string(), .headers = {{"Accept", "application/json"}}};
  request.headers.add("User-Agent", user_agent);
  const auto& origin = wanted.realm.url.origin;
  if (grant == Grant::get) {
    if (const auto password = std::get_if<Password>(&wanted.credential.value)) {
      request.authorization = Authorization{origin, basic(password->username, password->password)};
    } else if (const auto token = std::get_if<IdentityToken>(&wanted.credential.value)) {
      request.authorization = Authorization{origin, basic("<token>", token->token)};
    }
    return transport->send(context, request);
  }
  const auto form = token_form(wanted.realm, wanted.scopes, wanted.credential);
  const MemoryBlob body(form.reveal());
  request.method = Method::post;
  request.url = wanted.realm.url.string();
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = &body;
  request.body_size = form.reveal().size();
  return transport->send(context, request);
}

Result<Token> Session::State::fetch_token(const Context& context, const Key& wanted) const {
  const bool identity = std::holds_alternative<IdentityToken>(wanted.credential.value);
  auto grant = identity ? Grant::post : Grant::get;
  auto response = ask_token_server(context, wanted, grant);
  if (!response) return std::move(response).error();
  if (response->status != 200 && knows_other_grant(grant, response->status, wanted.credential)) {
    http::drain(*response);
    grant = grant == Grant::get ? Grant::post : Grant::get;
    response = ask_token_server(context, wanted, grant);
    if (!response) return std::move(response).error();
  }
  if (response->status != 200) return refused_by(wanted.realm, *response, wanted);
  const auto place = wanted.realm.url.origin.authority();
  auto body = read_all(*response->body, max_token_answer_size);
  if (!body) return std::move(body).error().within("asking " + place + " for a token");
  auto token = parse_token(*body);
  if (!token) return Error(Errc::protocol_error, "the token server " + place + " is none: " + token.error().text());
  return token;
}

Error Session::State::refused_by(const Realm& realm, Response& response, const Key& wanted) const {
  const auto said = read_error_body(response);
  const auto status = response.status;
  const auto place = realm.url.origin.authority();
  const bool denied = status == 400 || status == 401 || status == 403;
  auto code = denied ? Errc::unauthorized : status == 429 ? Errc::rate_limited : Errc::protocol_error;
  if (status >= 500) code = Errc::unreachable;
  Error error(code, "the token server " + place + (denied ? " refused the credential" : " gives no token") + " (HTTP " +
                        std::to_string(status) + ")");
  if (!wanted.scopes.empty()) error = std::move(error).with("asked for", wanted.scopes.string());
  error = std::move(error).with("as", describe(wanted.credential));
  if (!said.message.empty()) error = std::move(error).with("it says", said.message);
  return std::move(error).with({.registry = place, .scope = wanted.scopes.string(), .status = status});
}

/// The value of the Authorization header, as far as one knows what the registry wants; nothing where one does not.
Result<std::optional<Secret>> Session::State::authorization(const Context& context, const Access& access,
                                                            const Credential& credential) {
  if (const auto ready = std::get_if<BearerToken>(&credential.value)) return std::optional(bearer(ready->token));
  std::optional<Scheme> scheme;
  {
    std::lock_guard lock(mutex);
    if (const auto found = schemes.find(access.origin); found != schemes.end()) scheme = found->second;
  }
  if (!scheme) return std::optional<Secret>();
  if (!scheme->realm) {
    const auto password = std::get_if<Password>(&credential.value);
    return password == nullptr ? std::optional<Secret>() : std::optional(basic(password->username, password->password));
  }
  auto value = token(context, {*scheme->realm, credential, access.scopes});
  if (!value) return std::move(value).error();
  return std::optional(bearer(*value));
}

Result<Response> Session::send(const Context& context, Request request, const Access& access) {
  auto& state = *state_;
  const auto origin = Origin::of(request.url);
  if (!origin) return origin.error();
  if (*origin != access.origin) return state.transport->send(context, request);
  auto credential = state.credential_for(context, access.where);
  if (!credential) return std::move(credential).error();
  auto wanted = access;
  bool basic_was_sent = false;
  bool token_was_replaced = false;
  for (;;) {
    auto value = state.authorization(context, wanted, *credential);
    if (!value) return std::move(value).error();
    request.authorization.reset();
    if (*value) request.authorization = Authorization{access.origin, **value};
    auto response = state.transport->send(context, request);
    if (!response || response->status != 401) return response;
    const auto answered = http::Url::parse(response->url);
    // A place to which the registry has sent us has no claim to a credential.
    if (!answered || answered->origin != access.origin) return response;
    const auto challenges = parse_challenges(response->headers);
    const auto challenge = preferred(challenges);
    if (challenge == nullptr || std::holds_alternative<BearerToken>(credential->value)) return response;
    State::Scheme scheme;
    if (challenge->scheme == "bearer") {
      if (token_was_replaced) return response;
      auto realm = realm_of(*challenge, *answered);
      if (!realm) return std::move(realm).error();
      scheme.realm = *std::move(realm);
      wanted.scopes.add(Scopes::parse(challenge->joined("scope")));
      token_was_replaced = true;
      if (*value) state.drop(**value);
    } else {
      if (basic_was_sent || !std::holds_alternative<Password>(credential->value)) return response;
      basic_was_sent = true;
      if (*value && value->value().reveal().starts_with("Basic ")) return response;
    }
    {
      std::lock_guard lock(state.mutex);
      state.schemes.insert_or_assign(access.origin, std::move(scheme));
    }
    http::drain(*response);
  }
}

}  // namespace portolan::internal::auth
