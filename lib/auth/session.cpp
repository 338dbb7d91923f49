// SPDX-License-Identifier: Apache-2.0
#include "auth/session.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "auth/challenge.h"
#include "auth/identity.h"
#include "auth/remedy.h"
#include "auth/token.h"
#include "auth/token_cache.h"
#include "auth/token_server.h"
#include "base/base64.h"
#include "base/mask.h"
#include "base/waiting.h"
#include "http/drain.h"
#include "http/private_address.h"
#include "http/url.h"

namespace portolan::internal::auth {

using portolan::auth::BearerToken;
using portolan::auth::Credential;
using portolan::auth::CredentialProviderPtr;
using portolan::auth::IdentityToken;
using portolan::auth::Password;
using portolan::auth::Scopes;
using portolan::http::Authorization;
using portolan::http::Method;
using portolan::http::Origin;
using portolan::http::Request;
using portolan::http::Response;
using portolan::http::Transport;

namespace {

/// Whether a right is asked for that nobody gets.
bool asks_to_write(const Scopes& scopes) {
  for (const auto& scope : scopes.each()) {
    const auto actions = scope.substr(scope.rfind(':') + 1);
    if (actions != "pull") return true;
  }
  return false;
}

/// Those of the scopes that are the repository's own.
Scopes own_scopes(const Scopes& scopes, std::string_view repository) {
  Scopes own;
  for (const auto& scope : scopes.each()) {
    if (scope.starts_with("repository:" + std::string(repository) + ":")) own.add(Scopes::parse(scope));
  }
  return own;
}

/// Whether the request leaves it to the challenge to name the right that it needs.
bool leaves_scopes_open(const Access& access) { return access.scopes.empty() && !access.where.repository.empty(); }

/// The one scope of a repository, without that repository: "pull,delete". Empty where there are others, or none.
std::string actions_of(const Scopes& scopes, std::string_view repository) {
  const auto each = scopes.each();
  const auto resource = "repository:" + std::string(repository) + ":";
  return each.size() == 1 && each.front().starts_with(resource) ? each.front().substr(resource.size()) : std::string();
}

}  // namespace

struct Session::State {
  struct Known {
    Credential credential;
    enum class Worth : std::uint8_t { untold, refused };
    Worth worth = Worth::untold;  // one that was refused is looked for again: it may have been replaced
  };
  /// The value of an Authorization header.
  struct Pass {
    std::optional<Secret> value{};
    Sent sent = Sent::nothing;
    std::uint64_t number = 0;  // of the token, if it is one of a token server
  };
  /// Whether other requests may show the same token.
  enum class Sharing : std::uint8_t { shared, own };
  /// With what one request is made.
  struct Asking {
    bool reads = false;                      // and nothing else, so that it may be made as nobody
    std::optional<Credential> credential{};  // as soon as one is needed
    std::optional<Error> refused{};          // why it is made as nobody though there is a credential, or should be one
  };
  /// What is known of an origin: that it wants Basic, or tokens of that realm.
  struct Scheme {
    std::optional<Realm> realm{};  // none: Basic
  };

  State(std::shared_ptr<Transport> with, CredentialProviderPtr from, std::string agent,
        std::function<Clock::time_point()> now)
      : transport(std::move(with)), provider(std::move(from)), user_agent(std::move(agent)), tokens(std::move(now)) {}

  Result<Credential> credential_for(const Context& context, const portolan::auth::Where& where);
  bool knows_scheme(const Origin& origin) const;
  Result<void> find_credential(const Context& context, const Access& access, Asking& asking);
  /// Remembers, and says aloud, that a repository is read as nobody.
  void note_nobody(const Context& context, const Access& access, const Error& why);
  /// Leaves out what is asked for of other repositories where that may be why a token server refuses: some take one
  /// scope at a time, and some refuse all where one is not granted. False where there is nothing to leave out.
  bool narrow_scopes(Access& wanted, const Error& refused);
  /// Tokens after number `fresh` are fresh.
  Result<Pass> pass(const Context& context, const Access& access, const Credential& credential, std::uint64_t fresh,
                    Sharing sharing);
  /// The answer to nobody's question at the root, where a 401 names no challenge; nothing where that is no use, or has
  /// been asked before.
  std::optional<Response> ask_root(const Context& context, const Response& refused, const Access& access);
  Result<bool> remedied(const Response& refused, const Pass& pass, Access& access, const Credential& credential,
                        Tried& tried);
  Result<TokenCache::Issued> token(const Context& context, const TokenUse& wanted, Sharing sharing);
  void distrust(const portolan::auth::Where& where);

  /// The first request to an origin, whose answer shows what is asked for there; others wait for it, or each of them
  /// would be refused.
  class First {
   public:
    First(State& state, Origin origin) : state_(&state), origin_(std::move(origin)) {}
    First(First&& other) noexcept : state_(std::exchange(other.state_, nullptr)), origin_(std::move(other.origin_)) {}
    First& operator=(First&&) = delete;
    ~First() {
      if (state_ == nullptr) return;
      {
        std::lock_guard lock(state_->mutex);
        state_->first_requests.erase(origin_);
      }
      state_->changed.notify_all();
    }

   private:
    State* state_;
    Origin origin_;
  };
  /// None where it is not the first one. Errors: cancelled, timed_out.
  Result<std::optional<First>> first(const Context& context, const Origin& origin);
  void note_answer(const Origin& origin);
  std::string without_secrets(std::string text) const;
  /// What challenges have named for such a request to other repositories, where it names nothing itself.
  Scopes learned_scopes(const Access& access, Method method) const;
  void learn_scopes(const Access& access, Method method, const Scopes& taken);
  void note_address(const Origin& origin, const Response& response);
  /// Where a registry may send us.
  portolan::http::Reach reach_from(const Origin& registry) const;

  const std::shared_ptr<Transport> transport;
  const CredentialProviderPtr provider;
  const std::string user_agent;
  TokenCache tokens;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable_any changed;
  std::map<std::pair<std::string, std::string>, Known> credentials;  // by registry and repository
  std::set<std::pair<std::string, std::string>> nobody;              // what is read as nobody, by the same
  std::map<Origin, Scheme> schemes;
  std::map<std::pair<Origin, Method>, std::string> learned_actions;  // registries differ in what they call a right
  std::map<Origin, portolan::http::Reach> reaches;                   // where those that have answered may send us
  std::set<Origin> met;                                              // those that have answered
  std::set<Origin> roots_asked;
  std::set<Origin> narrow;  // registries whose token servers refused scopes of several repositories at once
  std::map<Origin, std::thread::id> first_requests;  // under way, and who waits for the answer
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
    const auto found = credentials.find(key);
    if (found != credentials.end() && found->second.worth != Known::Worth::refused) return found->second.credential;
  }
  auto found = provider->find(context, where);
  if (!found) return found;
  const auto ready = std::get_if<BearerToken>(&found->value);
  if (ready != nullptr && !fits_header(ready->token)) {
    return Error(Errc::invalid_configuration, "the token for " + where.registry +
                                                  (found->source.empty() ? "" : " from " + found->source) +
                                                  " has characters that no header may have");
  }
  std::lock_guard lock(mutex);
  return credentials.insert_or_assign(key, Known{*std::move(found)}).first->second.credential;
}

void Session::State::distrust(const portolan::auth::Where& where) {
  std::lock_guard lock(mutex);
  const auto found = credentials.find({where.registry, where.repository});
  if (found != credentials.end()) found->second.worth = Known::Worth::refused;
}

Result<std::optional<Session::State::First>> Session::State::first(const Context& context, const Origin& origin) {
  std::unique_lock lock(mutex);
  // A body may come from the same registry: then it is this thread that would wait for itself.
  auto waited = wait(context, lock, changed, [&] {
    const auto other = first_requests.find(origin);
    return other == first_requests.end() || other->second == std::this_thread::get_id();
  });
  if (!waited) return std::move(waited).error();
  if (met.contains(origin) || first_requests.contains(origin)) return std::optional<First>();
  first_requests.emplace(origin, std::this_thread::get_id());
  return std::optional<First>(std::in_place, *this, origin);
}

void Session::State::note_answer(const Origin& origin) {
  std::lock_guard lock(mutex);
  met.insert(origin);
}

Scopes Session::State::learned_scopes(const Access& access, Method method) const {
  std::lock_guard lock(mutex);
  if (!leaves_scopes_open(access)) {
    auto own = narrow.contains(access.origin) ? own_scopes(access.scopes, access.where.repository) : Scopes();
    return own.empty() ? access.scopes : own;
  }
  const auto found = learned_actions.find({access.origin, method});
  if (found == learned_actions.end()) return {};
  return Scopes::parse("repository:" + access.where.repository + ":" + found->second);
}

void Session::State::learn_scopes(const Access& access, Method method, const Scopes& taken) {
  if (!leaves_scopes_open(access)) return;
  auto actions = actions_of(taken, access.where.repository);
  if (actions.empty()) return;
  std::lock_guard lock(mutex);
  learned_actions.insert_or_assign({access.origin, method}, std::move(actions));
}

void Session::State::note_address(const Origin& origin, const Response& response) {
  const auto answered = Origin::of(response.url);
  if (!answered || *answered != origin) return;
  std::lock_guard lock(mutex);
  auto& reach = reaches.try_emplace(origin, portolan::http::Reach::anywhere).first->second;
  reach = std::max(reach, http::reach_from(response.address));
}

portolan::http::Reach Session::State::reach_from(const Origin& registry) const {
  std::lock_guard lock(mutex);
  const auto found = reaches.find(registry);
  return found == reaches.end() ? portolan::http::Reach::not_link_local : found->second;
}

bool Session::knows_scheme(const Origin& registry) const { return state_->knows_scheme(registry); }

std::string Session::identity(const Access& access) const {
  std::lock_guard lock(state_->mutex);
  const auto found = state_->credentials.find({access.where.registry, access.where.repository});
  return found == state_->credentials.end() ? "anonymous" : identity_of(found->second.credential);
}

std::string Session::without_secrets(std::string text) const { return state_->without_secrets(std::move(text)); }

std::string Session::State::without_secrets(std::string text) const {
  std::lock_guard lock(mutex);
  for (const auto& [place, known] : credentials) {
    const auto& value = known.credential.value;
    if (const auto password = std::get_if<Password>(&value)) {
      mask(text, base64_encode(password->username + ":" + password->password.reveal()));
      mask(text, password->password.reveal());
    }
    if (const auto token = std::get_if<IdentityToken>(&value)) {
      mask(text, base64_encode("<token>:" + token->token.reveal()));
      mask(text, token->token.reveal());
    }
    if (const auto token = std::get_if<BearerToken>(&value)) mask(text, token->token.reveal());
  }
  tokens.mask_in(text);
  return text;
}

Result<TokenCache::Issued> Session::State::token(const Context& context, const TokenUse& wanted, Sharing sharing) {
  const TokenClient client{.transport = *transport,
                           .user_agent = user_agent,
                           .reach = reach_from(wanted.origin),
                           .without_secrets = [this](std::string text) { return without_secrets(std::move(text)); }};
  const auto fetch = [&] { return fetch_token(context, client, wanted); };
  return sharing == Sharing::own ? tokens.get_own(fetch) : tokens.get(context, wanted, fetch);
}

/// What one can show, as far as one knows what the registry wants to see.
Result<Session::State::Pass> Session::State::pass(const Context& context, const Access& access,
                                                  const Credential& credential, std::uint64_t fresh, Sharing sharing) {
  if (const auto ready = std::get_if<BearerToken>(&credential.value)) {
    return Pass{.value = bearer(ready->token), .sent = Sent::fresh_token};
  }
  std::optional<Scheme> scheme;
  {
    std::lock_guard lock(mutex);
    if (const auto found = schemes.find(access.origin); found != schemes.end()) scheme = found->second;
  }
  if (!scheme) return Pass();
  if (!scheme->realm) {
    const auto password = std::get_if<Password>(&credential.value);
    if (password == nullptr) return Pass();
    return Pass{.value = basic(password->username, password->password), .sent = Sent::basic};
  }
  auto issued =
      token(context, {access.origin, access.where.registry, *scheme->realm, credential, access.scopes}, sharing);
  if (!issued) return std::move(issued).error();
  return Pass{.value = bearer(issued->value),
              .sent = issued->number > fresh ? Sent::fresh_token : Sent::known_token,
              .number = issued->number};
}

std::optional<Response> Session::State::ask_root(const Context& context, const Response& refused,
                                                 const Access& access) {
  const auto answered = Origin::of(refused.url);
  const bool own = answered && *answered == access.origin && refused.url != access.root;
  if (!own || refused.status != 401 || access.root.empty() || knows_scheme(access.origin)) return std::nullopt;
  if (preferred(parse_challenges(refused.headers)) != nullptr) return std::nullopt;
  {
    std::lock_guard lock(mutex);
    if (!roots_asked.insert(access.origin).second) return std::nullopt;
  }
  auto said = transport->send(context, {.url = access.root, .headers = {{"User-Agent", user_agent}}});
  if (!said) return std::nullopt;
  return *std::move(said);
}

/// Whether something is different now, so that sending again makes sense. Errors: protocol_error (a realm that gets no
/// credential).
Result<bool> Session::State::remedied(const Response& refused, const Pass& pass, Access& access,
                                      const Credential& credential, Tried& tried) {
  const auto answered = http::Url::parse(refused.url);
  // A place to which the registry has sent us has no claim to a credential.
  if (!answered || answered->origin != access.origin) return false;
  const auto challenges = parse_challenges(refused.headers);
  const auto challenge = preferred(challenges);
  Refusal refusal{.status = refused.status,
                  .sent = pass.sent,
                  .has_password = std::holds_alternative<Password>(credential.value),
                  .used_by_others = tokens.shown_again(pass.number)};
  Scopes named;
  if (challenge != nullptr) {
    refusal.wants = challenge->scheme == "bearer" ? Wants::token : Wants::basic;
    named = named_scopes(*challenge);
    refusal.names_more = !access.scopes.covers(named);
  }
  // A ready token is the answer to every question, and to none but the first.
  const bool ready = std::holds_alternative<BearerToken>(credential.value);
  if (ready && (pass.value || refused.status != 401)) return false;
  const auto chosen = ready ? Remedy::take_token : remedy(refusal, tried);
  if (chosen == Remedy::none) return false;
  Scheme scheme;
  if (refusal.wants == Wants::token) {
    auto realm = realm_of(*challenge, *answered, came(refused));
    if (!realm) return std::move(realm).error();
    scheme.realm = *std::move(realm);
    access.scopes.add(named);
  }
  if (chosen == Remedy::more_scopes || chosen == Remedy::new_token || chosen == Remedy::own_token)
    tokens.drop(pass.number);
  if (refusal.wants == Wants::nothing_known && !ready) return true;
  std::lock_guard lock(mutex);
  schemes.insert_or_assign(access.origin, std::move(scheme));
  return true;
}

bool Session::State::knows_scheme(const Origin& origin) const {
  std::lock_guard lock(mutex);
  return schemes.contains(origin);
}

Result<void> Session::State::find_credential(const Context& context, const Access& access, Asking& asking) {
  const std::pair key(access.where.registry, access.where.repository);
  if (asking.reads) {
    std::lock_guard lock(mutex);
    if (nobody.contains(key)) {
      asking.credential.emplace();
      return {};
    }
  }
  auto found = credential_for(context, access.where);
  if (found) {
    asking.credential = *std::move(found);
    return {};
  }
  // A helper that is not there is no reason not to read what everybody may read.
  if (!asking.reads || found.error().code() != Errc::invalid_configuration) return std::move(found).error();
  asking.refused = std::move(found).error();
  asking.credential.emplace();
  return {};
}

bool Session::State::narrow_scopes(Access& wanted, const Error& refused) {
  const auto status = refused.http_status().value_or(0);
  if (status != 400 && status != 403) return false;
  auto own = own_scopes(wanted.scopes, wanted.where.repository);
  if (own.empty() || own.covers(wanted.scopes)) return false;
  wanted.scopes = std::move(own);
  std::lock_guard lock(mutex);
  narrow.insert(wanted.origin);
  return true;
}

void Session::State::note_nobody(const Context& context, const Access& access, const Error& why) {
  {
    std::lock_guard lock(mutex);
    if (!nobody.emplace(access.where.registry, access.where.repository).second) return;
  }
  context.log(LogLevel::warning, why.text() + "; " + access.where.registry + " is read as nobody");
}

Result<Response> Session::send(const Context& context, Request request, const Access& access) {
  auto& state = *state_;
  const auto origin = Origin::of(request.url);
  if (!origin) return origin.error();
  request.authorization.reset();
  if (*origin != access.origin) {
    request.identity = portolan::http::Identity::withheld;
    request.reach = state.reach_from(access.origin);
    return state.transport->send(context, request);
  }
  const auto fresh = state.tokens.issued();
  auto wanted = access;
  wanted.scopes = state.learned_scopes(access, request.method);
  State::Asking asking{.reads = (request.method == Method::get || request.method == Method::head) &&
                                access.as_nobody == Access::AsNobody::allowed && !asks_to_write(access.scopes)};
  Tried tried;
  auto first = state.first(context, access.origin);
  if (!first) return std::move(first).error();
  for (;;) {
    // A registry that asks nobody who he is needs no credential, and no helper is run for it.
    if (!asking.credential && state.knows_scheme(access.origin)) {
      if (auto found = state.find_credential(context, access, asking); !found) return std::move(found).error();
    }
    const auto sharing = tried.own_token ? State::Sharing::own : State::Sharing::shared;
    auto pass = asking.credential ? state.pass(context, wanted, *asking.credential, fresh, sharing) : State::Pass();
    if (!pass) {
      if (asking.refused) return *std::move(asking.refused);
      if (pass.error().code() != Errc::unauthorized) return std::move(pass).error();
      if (state.narrow_scopes(wanted, pass.error())) continue;
      state.distrust(access.where);
      if (!asking.reads || asking.credential->anonymous()) return std::move(pass).error();
      asking.refused = std::move(pass).error();
      asking.credential.emplace();
      continue;
    }
    request.authorization.reset();
    if (pass->value) request.authorization = Authorization{access.origin, *pass->value};
    state.tokens.note_shown(pass->number);
    auto response = state.transport->send(context, request);
    if (response) {
      state.note_answer(access.origin);
      state.note_address(access.origin, *response);
    }
    if (!response || (response->status != 401 && response->status != 403)) {
      if (response) state.learn_scopes(access, request.method, wanted.scopes);
      if (response && asking.refused) state.note_nobody(context, access, *asking.refused);
      return response;
    }
    if (!asking.credential && response->status == 401) {
      if (auto found = state.find_credential(context, access, asking); !found) return std::move(found).error();
    }
    const auto credential = asking.credential.value_or(Credential());
    auto root = state.ask_root(context, *response, access);
    auto remedied = state.remedied(root ? *root : *response, *pass, wanted, credential, tried);
    if (root) http::drain(*root);
    first->reset();
    if (!remedied) return std::move(remedied).error();
    if (!*remedied) {
      if (asking.refused) return *std::move(asking.refused);
      if (response->status == 401 && pass->value) state.distrust(access.where);
      return response;
    }
    http::drain(*response);
  }
}

}  // namespace portolan::internal::auth
