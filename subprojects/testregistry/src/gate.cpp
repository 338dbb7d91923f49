// SPDX-License-Identifier: Apache-2.0
#include "gate.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include "text.h"

namespace testregistry {
namespace {

using nlohmann::json;
using Scheme = Authentication::Scheme;

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The scope that a request needs, "" where any token will do; and its actions.
std::pair<std::string, std::vector<std::string>> scope_of(const Head& head, const Place& place) {
  if (place.kind == "catalog") return {"registry:catalog:*", {"*"}};
  if (place.repository.empty()) return {"", {}};
  const auto of = [&](const char* actions) { return "repository:" + place.repository + ":" + actions; };
  if (head.method == "DELETE" && place.kind != "uploads") return {of("delete"), {"delete"}};
  if (head.method == "GET" && place.kind == "uploads") return {of("pull,push"), {"push"}};
  if (head.method == "GET" || head.method == "HEAD") return {of("pull"), {"pull"}};
  return {of("pull,push"), {"pull", "push"}};
}

std::string name_of(const Place& place) { return place.kind == "catalog" ? "catalog" : place.repository; }

std::string without_signature(std::string_view token) { return std::string(token.substr(0, token.rfind('.'))); }

}  // namespace

Gate::Gate(const Authentication& authentication, Record& record)
    : authentication_(authentication), record_(record), key_(random_text(32)) {}

void Gate::set_origins(std::string registry, std::string token_server) {
  registry_ = std::move(registry);
  token_server_ = std::move(token_server);
  for (const auto& account : authentication_.accounts) {
    const auto home = authentication_.scheme == Scheme::basic ? registry_ : token_server_;
    record_.add_secret(account.password, "the password of " + account.user, home);
  }
}

bool Gate::Rights::allows(const Authentication& authentication, const std::string& repository,
                          const std::string& action) const {
  const auto& actions = account == nullptr ? authentication.anonymous : account->actions;
  if (account != nullptr && !repository.starts_with(account->repositories)) return false;
  return std::find(actions.begin(), actions.end(), action) != actions.end();
}

const Account* Gate::account(std::string_view user, std::string_view password) const {
  const auto found = std::find_if(authentication_.accounts.begin(), authentication_.accounts.end(),
                                  [&](const Account& a) { return a.user == user && a.password == password; });
  return found == authentication_.accounts.end() ? nullptr : &*found;
}

const Account* Gate::account_of(std::string_view authorization) const {
  if (lower(authorization.substr(0, 6)) != "basic ") return nullptr;
  const auto pair = base64_decode(authorization.substr(6));
  const auto colon = pair.find(':');
  if (colon == std::string::npos) return nullptr;
  return account(std::string_view(pair).substr(0, colon), std::string_view(pair).substr(colon + 1));
}

Answer Gate::challenge(const std::string& scope, const char* error) const {
  auto answer = Answer::error(401, "UNAUTHORIZED", "authentication required");
  if (authentication_.scheme == Scheme::basic) {
    return std::move(answer).with("WWW-Authenticate", "Basic realm=\"testregistry\"");
  }
  auto text = "Bearer realm=\"" + token_server_ + "/token\",service=\"testregistry\"";
  if (!scope.empty()) text += ",scope=\"" + scope + "\"";
  if (error != nullptr) text += std::string(",error=\"") + error + "\"";
  return std::move(answer).with("WWW-Authenticate", text);
}

std::optional<Answer> Gate::refusal(const Head& head, const Place& place) const {
  if (open()) return std::nullopt;
  const auto authorization = head.header("Authorization");
  const auto [scope, actions] = scope_of(head, place);
  if (authentication_.scheme == Scheme::basic) {
    const Rights rights{account_of(authorization)};
    if (rights.account == nullptr) return challenge(scope, nullptr);
    const bool allowed = place.kind == "base" || place.kind == "catalog" ||
                         std::all_of(actions.begin(), actions.end(), [&, &needed = place](const std::string& action) {
                           return rights.allows(authentication_, needed.repository, action);
                         });
    if (allowed) return std::nullopt;
    return Answer::error(403, "DENIED", "requested access to the resource is denied");
  }
  if (lower(authorization.substr(0, 7)) != "bearer ") return challenge(scope, nullptr);
  const auto token = authorization.substr(7);
  const auto dot = token.find('.');
  const auto last = token.rfind('.');
  if (dot == std::string_view::npos || last == dot ||
      base64url_decode(token.substr(last + 1)) != hmac(key_, without_signature(token))) {
    return challenge(scope, "invalid_token");
  }
  const auto claims = json::parse(base64url_decode(token.substr(dot + 1, last - dot - 1)), nullptr, false);
  if (!claims.is_object() || claims.value("exp", std::int64_t{0}) <= now()) return challenge(scope, "invalid_token");
  for (const auto& action : actions) {
    const bool granted =
        std::any_of(claims["access"].begin(), claims["access"].end(), [&, &p = place](const json& access) {
          const auto& granted_actions = access["actions"];
          return access["name"] == name_of(p) &&
                 std::find(granted_actions.begin(), granted_actions.end(), action) != granted_actions.end();
        });
    if (!granted) return challenge(scope, "insufficient_scope");
  }
  return std::nullopt;
}

std::string Gate::issue(const Rights& rights, const std::vector<std::string>& scopes) const {
  auto access = json::array();
  for (const auto& several : scopes) {
    for (const auto& scope : split(several, ' ')) {
      const auto first = scope.find(':');
      const auto last = scope.rfind(':');
      if (first == std::string::npos || first == last) continue;
      const auto name = scope.substr(first + 1, last - first - 1);
      auto granted = json::array();
      for (const auto& action : split(std::string_view(scope).substr(last + 1), ',')) {
        const bool of_registry = scope.starts_with("registry:") && rights.account != nullptr;
        if (of_registry || rights.allows(authentication_, name, action)) granted.push_back(action);
      }
      access.push_back({{"type", scope.substr(0, first)}, {"name", name}, {"actions", std::move(granted)}});
    }
  }
  const auto time = now();
  const json claims{{"iss", "testregistry"},
                    {"sub", rights.account == nullptr ? "" : rights.account->user},
                    {"aud", "testregistry"},
                    {"iat", time},
                    {"exp", time + authentication_.token_lifetime.count()},
                    {"jti", random_text(6)},
                    {"access", std::move(access)}};
  const auto text = base64url_encode(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url_encode(claims.dump());
  auto token = text + "." + base64url_encode(hmac(key_, text));
  record_.add_secret(token, "a token", registry_);
  return token;
}

Answer Gate::token(const Head& head, const std::string& body) {
  if (authentication_.scheme != Scheme::bearer) return Answer::error(404, "NOT_FOUND");
  const bool post = head.method == "POST";
  if (post && !authentication_.oauth2) return Answer::error(405, "UNSUPPORTED");
  if (!post && head.method != "GET") return Answer::error(405, "UNSUPPORTED");
  const auto value = [&](const char* name) { return parameter(post ? body : head.query, name).value_or(""); };
  Rights rights;
  bool wants_refresh = value("offline_token") == "true" || value("access_type") == "offline";
  if (post) {
    const auto grant = value("grant_type");
    if (grant == "password") {
      rights.account = account(value("username"), value("password"));
    } else if (grant == "refresh_token") {
      std::lock_guard lock(mutex_);
      const auto known = refresh_tokens_.find(value("refresh_token"));
      if (known != refresh_tokens_.end()) rights.account = known->second;
    }
    if (rights.account == nullptr) return Answer::error(401, "UNAUTHORIZED", "incorrect username or password");
  } else if (const auto authorization = head.header("Authorization"); !authorization.empty()) {
    rights.account = account_of(authorization);
    if (rights.account == nullptr) return Answer::error(401, "UNAUTHORIZED", "incorrect username or password");
  }
  if (value("service").empty()) record_.client_error("a token is asked for without a service");
  json answer{{"expires_in", authentication_.token_lifetime.count()}};
  answer[post ? "access_token" : "token"] = issue(rights, parameters(post ? body : head.query, "scope"));
  if (wants_refresh && rights.account != nullptr) {
    auto refresh = random_text(24);
    record_.add_secret(refresh, "a refresh token of " + rights.account->user, token_server_);
    answer["refresh_token"] = refresh;
    std::lock_guard lock(mutex_);
    refresh_tokens_.emplace(std::move(refresh), rights.account);
  }
  return Answer::text(200, answer.dump());
}

}  // namespace testregistry
