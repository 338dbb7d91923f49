// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "auth/session.h"
#include "auth/token.h"
#include "http/redirect_transport.h"
#include "scripted_transport.h"

using namespace portolan;
using namespace portolan::internal::auth;
using namespace std::chrono_literals;
using portolan::auth::Credential;
using portolan::auth::Scopes;
using portolan::test::answer;
using portolan::test::ScriptedTransport;
using Lines = std::vector<std::string>;
using Asked = ScriptedTransport::Asked;

namespace {

const http::Origin origin = http::Origin::of("https://reg.example/").value();
const std::string blob = "https://reg.example/v2/app/blobs/x";
const std::string realm = "https://auth.example/token";

Access access(std::string_view actions = "pull") {
  return {.where = {.registry = "reg.example", .repository = "app"},
          .origin = origin,
          .scopes = Scopes::parse("repository:app:" + std::string(actions))};
}

Credential password() { return {.value = portolan::auth::Password{"ci", Secret("hunter2")}, .source = "a test"}; }

std::string bearer_challenge(const std::string& scope) {
  return "Bearer realm=\"" + realm + "\",service=\"reg\",scope=\"" + scope + "\"";
}

/// A registry that takes the tokens of its server, which are numbered.
class Registry {
 public:
  explicit Registry(Credential credential = password())
      : transport_(std::make_shared<ScriptedTransport>([this](const Asked& asked) { return respond(asked); })),
        session_(transport_, portolan::auth::fixed(std::move(credential)), "test/1", [this] { return now_; }) {}

  int status(const std::string& url = blob, const Access& with = access(), const Context& context = {}) {
    auto response = session_.send(context, {.url = url}, with);
    if (!response) {
      error_ = std::move(response).error();
      return 0;
    }
    return response->status;
  }
  Session& session() { return session_; }
  Lines lines() const { return transport_->lines(); }
  std::vector<Asked> asked() const { return transport_->asked(); }
  const Error& error() const { return *error_; }
  void pass(std::chrono::seconds time) { now_ += time; }

  std::function<Result<http::Response>(const Asked&)> token_server = [this](const Asked&) {
    return answer(200, {}, "{\"token\":\"t" + std::to_string(++issued_) + "\",\"expires_in\":300}");
  };
  std::function<bool(const std::string&)> takes = [](const std::string& value) {
    return value.starts_with("Bearer t");
  };
  std::string challenge = bearer_challenge("repository:app:pull");

 private:
  Result<http::Response> respond(const Asked& asked) {
    if (asked.url.starts_with(realm)) return token_server(asked);
    return takes(asked.authorization) ? answer(200) : answer(401, {{"WWW-Authenticate", challenge}}, "{}");
  }

  std::atomic<int> issued_ = 0;
  Session::Clock::time_point now_{};
  std::shared_ptr<ScriptedTransport> transport_;
  Session session_;
  std::optional<Error> error_;
};

const std::string token_url_of_app = "GET " + realm + "?service=reg&scope=repository%3Aapp%3Apull";

}  // namespace

TEST_CASE("a token costs two requests the first time, and none after that") {
  Registry registry;
  CHECK(registry.status() == 200);
  CHECK(registry.lines() == Lines{"GET " + blob, token_url_of_app, "GET " + blob});
  CHECK(registry.status() == 200);
  CHECK(registry.asked().size() == 4);
  const auto asked = registry.asked();
  CHECK(asked[0].authorization.empty());
  CHECK(asked[1].authorization == "Basic Y2k6aHVudGVyMg==");
  CHECK(asked[1].headers.get("User-Agent") == "test/1");
  CHECK(asked[2].authorization == "Bearer t1");
  CHECK(asked[3].authorization == "Bearer t1");
  CHECK(registry.session().identity(access()) == "ci, from a test");
}

TEST_CASE("one token is asked for with all that the operation and the challenge want") {
  Registry registry;
  CHECK(registry.status(blob, access("pull,push")) == 200);
  CHECK(registry.lines()[1] == token_url_of_app + "%2Cpush");
  CHECK(registry.status(blob, access("pull")) == 200);  // that token serves
  CHECK(registry.asked().size() == 4);
  CHECK(registry.status(blob, access("delete")) == 200);
  CHECK(registry.lines()[4] == "GET " + realm + "?service=reg&scope=repository%3Aapp%3Adelete");
}

TEST_CASE("a challenge that names more scopes than a URL holds is answered with what the request needs") {
  Registry registry;
  std::string scopes;
  for (int i = 0; i < 5000; ++i) scopes += "repository:a" + std::to_string(i) + ":pull ";
  registry.challenge = bearer_challenge(scopes);
  CHECK(registry.status() == 200);
  CHECK(registry.lines() == Lines{"GET " + blob, token_url_of_app, "GET " + blob});
}

TEST_CASE("where a 401 does not say what the registry wants to see, its root is asked") {
  const std::string root = "https://reg.example/v2/";
  const auto with_root = [&] {
    auto with = access();
    with.root = root;
    return with;
  };
  struct Row {
    const char* what;
    portolan::http::Headers challenge;
    int root_status;
    int status;
    std::size_t requests;
  };
  const Row rows[] = {
      {"tokens", {{"WWW-Authenticate", "Bearer realm=\"" + realm + "\",service=\"reg\""}}, 401, 200, 4},
      {"nothing known", {{"WWW-Authenticate", "Negotiate"}}, 401, 401, 2},
      {"nothing", {}, 401, 401, 2},
      {"no registry", {}, 404, 401, 2},
      {"it is open", {}, 200, 401, 2},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) {
      if (asked.url == root) return answer(row.root_status, row.challenge);
      if (asked.url.starts_with(realm)) return answer(200, {}, R"({"token":"t","expires_in":300})");
      return answer(asked.authorization == "Bearer t" ? 200 : 401);
    });
    Session session(transport, portolan::auth::fixed(password()), "test/1");
    const auto response = session.send({}, {.url = blob}, with_root());
    REQUIRE(response);
    CHECK(response->status == row.status);
    const auto asked = transport->asked();
    REQUIRE(asked.size() == row.requests);
    CHECK(asked[1].url == root);
    CHECK(asked[1].authorization.empty());
    if (row.status == 200) CHECK(transport->lines()[2] == token_url_of_app);
  }
}

TEST_CASE("without a credential a token is asked for all the same, as public repositories want it") {
  Registry registry{Credential()};
  CHECK(registry.status() == 200);
  CHECK(registry.asked()[1].authorization.empty());
  CHECK(registry.session().identity(access()) == "anonymous");
}

TEST_CASE("a token that has run out, or is no longer taken, is replaced once") {
  Registry registry;
  CHECK(registry.status() == 200);
  registry.pass(269s);
  CHECK(registry.status() == 200);
  CHECK(registry.asked().size() == 4);
  registry.pass(2s);
  CHECK(registry.status() == 200);
  CHECK(registry.asked().size() == 6);  // no 401 in between
  CHECK(registry.asked()[5].authorization == "Bearer t2");
  registry.takes = [](const std::string& value) { return value == "Bearer t3"; };
  CHECK(registry.status() == 200);
  CHECK(registry.asked().size() == 9);
  registry.takes = [](const std::string&) { return false; };
  CHECK(registry.status() == 401);
  CHECK(registry.asked().size() == 12);  // with the old token, for a new one, with the new one
}

TEST_CASE("Basic is sent where it is asked for, and from then on at once") {
  Registry registry;
  registry.challenge = "Basic realm=\"x\"";
  registry.takes = [](const std::string& value) { return value == "Basic Y2k6aHVudGVyMg=="; };
  CHECK(registry.status() == 200);
  CHECK(registry.status() == 200);
  CHECK(registry.asked().size() == 3);
  registry.takes = [](const std::string&) { return false; };
  CHECK(registry.status() == 401);
  CHECK(registry.asked().size() == 4);
  Registry nobody{Credential()};
  nobody.challenge = "Basic realm=\"x\"";
  CHECK(nobody.status() == 401);
  CHECK(nobody.asked().size() == 1);
}

TEST_CASE("a registry that takes no token after all gets Basic when it asks for that") {
  Registry registry;
  registry.takes = [&](const std::string& value) {
    if (value.starts_with("Bearer")) registry.challenge = "Basic realm=\"harbor\"";
    return value.starts_with("Basic");
  };
  CHECK(registry.status() == 200);
  CHECK(registry.asked().size() == 4);
}

TEST_CASE("who has a ready token sends it where it is asked for, and asks for no other") {
  Registry registry{Credential{.value = portolan::auth::BearerToken{Secret("t-own")}}};
  CHECK(registry.status() == 200);
  CHECK(registry.asked().size() == 2);
  CHECK(registry.status() == 200);
  CHECK(registry.asked().size() == 3);
  registry.takes = [](const std::string&) { return false; };
  CHECK(registry.status() == 401);
  CHECK(registry.asked().size() == 4);
}

TEST_CASE("an identity token goes to the token server alone, by POST") {
  Registry registry{Credential{.value = portolan::auth::IdentityToken{Secret("refresh")}}};
  CHECK(registry.status() == 200);
  const auto asked = registry.asked();
  CHECK(asked[1].line() == "POST " + realm);
  CHECK(asked[1].headers.get("Content-Type") == "application/x-www-form-urlencoded");
  CHECK(asked[1].body.find("grant_type=refresh_token&refresh_token=refresh") != std::string::npos);
  CHECK(asked[1].authorization.empty());
  CHECK(asked[2].authorization == "Bearer t1");
  Registry old{Credential{.value = portolan::auth::IdentityToken{Secret("refresh")}}};
  const auto by_get = old.token_server;
  old.token_server = [&](const Asked& request) {
    return request.method == http::Method::post ? answer(404) : by_get(request);
  };
  CHECK(old.status() == 200);
  CHECK(old.asked()[2].authorization == "Basic PHRva2VuPjpyZWZyZXNo");
}

TEST_CASE("a credential goes to no other origin, whoever asks for it") {
  Registry registry;
  registry.takes = [](const std::string&) { return false; };
  CHECK(registry.status("https://storage.example/upload") == 401);
  CHECK(registry.asked().size() == 1);
  // A redirect that ends elsewhere with a challenge.
  const auto redirected = std::make_shared<ScriptedTransport>([](const Asked&) {
    auto response = answer(401, {{"WWW-Authenticate", "Basic realm=x"}});
    response.url = "https://storage.example/blob";
    return response;
  });
  Session session(redirected, portolan::auth::fixed(password()), "test/1");
  auto response = session.send({}, {.url = blob}, access());
  REQUIRE(response);
  CHECK(response->status == 401);
  CHECK(redirected->asked().size() == 1);
}

TEST_CASE("what a token server refuses is told with the credential's source, and without the credential") {
  struct Row {
    int status;
    const char* body;
    Errc code;
    const char* says;
  };
  const Row rows[] = {
      {401, R"({"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]})", Errc::unauthorized, "wrong password"},
      {403, "", Errc::unauthorized, nullptr},
      {429, "", Errc::rate_limited, nullptr},
      {500, "oops", Errc::unreachable, "oops"},
      {302, "", Errc::protocol_error, nullptr},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    Registry registry;
    registry.token_server = [&](const Asked&) { return answer(row.status, {}, row.body); };
    CHECK(registry.status() == 0);
    const auto& error = registry.error();
    CHECK(error.code() == row.code);
    CHECK(error.http_status() == row.status);
    CHECK(error.scope() == "repository:app:pull");
    std::string all = error.message();
    std::string says;
    for (const auto& [name, value] : error.details()) {
      all += name + value;
      if (name == "it says") says = value;
    }
    CHECK(all.find("ci, from a test") != std::string::npos);
    CHECK(all.find("hunter2") == std::string::npos);
    CHECK(says == (row.says == nullptr ? "" : row.says));
  }
  Registry nonsense;
  nonsense.token_server = [](const Asked&) { return answer(200, {}, "<html>"); };
  CHECK(nonsense.status() == 0);
  CHECK(nonsense.error().code() == Errc::protocol_error);
}

TEST_CASE("a secret that somebody repeats is blanked out, also a token that is no longer held") {
  Registry registry;
  registry.token_server = [](const Asked&) { return answer(200, {}, R"({"token":"tok-1","expires_in":300})"); };
  CHECK(registry.status() == 200);
  registry.pass(1h);
  registry.token_server = [](const Asked&) { return answer(200, {}, R"({"token":"tok-2","expires_in":300})"); };
  CHECK(registry.status() == 200);
  CHECK(registry.session().without_secrets("Bearer tok-1, Bearer tok-2, Basic Y2k6aHVudGVyMg==, hunter2") ==
        "Bearer ***, Bearer ***, Basic ***, ***");
}

TEST_CASE("a token server that gives no token for two repositories at once is asked for one for the request's own") {
  const auto both = [] {
    auto with = access("pull,push");
    with.scopes.add(Scopes::parse("repository:lib:pull"));
    return with;
  };
  const auto requests = [&](int refuses_by) {
    Registry registry;
    registry.token_server = [=](const Asked& asked) {
      if (asked.url.find("lib") != std::string::npos) return answer(refuses_by);
      return answer(200, {}, R"({"token":"t1","expires_in":300})");
    };
    std::vector<std::size_t> asked;
    for (int i = 0; i < 2; ++i) {
      registry.status(blob, both());
      asked.push_back(registry.asked().size());
    }
    return asked;
  };
  const std::vector<std::size_t> found_out{4, 5};  // and remembered
  CHECK(requests(400) == found_out);
  CHECK(requests(403) == found_out);
  CHECK(requests(401) == std::vector<std::size_t>{2, 3});  // that was the password
  Registry refused;
  refused.token_server = [](const Asked&) { return answer(403); };
  CHECK(refused.status(blob, both()) == 0);
  CHECK(refused.error().http_status() == 403);
  CHECK(refused.asked().size() == 3);
}

TEST_CASE("of many threads that need a token one fetches it") {
  Registry registry;
  std::atomic<int> fetched = 0;
  registry.token_server = [&](const Asked&) {
    std::this_thread::sleep_for(20ms);
    return answer(200, {}, "{\"token\":\"t" + std::to_string(++fetched) + "\",\"expires_in\":300}");
  };
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&] { good += registry.session().send({}, {.url = blob}, access())->status == 200; });
  }
  threads.clear();
  CHECK(good == 32);
  CHECK(fetched == 1);
}

TEST_CASE("who waits for another one's token can be cancelled, and a failure is nobody else's") {
  Registry registry;
  std::atomic<bool> go = false;
  std::atomic<int> calls = 0;
  registry.token_server = [&](const Asked&) -> Result<http::Response> {
    if (++calls > 1) return answer(200, {}, R"({"token":"t1"})");
    while (!go) std::this_thread::yield();
    return Error(Errc::unreachable, "broke");
  };
  std::jthread first([&] { CHECK_FALSE(registry.session().send({}, {.url = blob}, access())); });
  while (calls == 0) std::this_thread::yield();
  std::stop_source stop;
  std::jthread canceller([&] { stop.request_stop(); });
  const auto cancelled = registry.session().send({.stop = stop.get_token()}, {.url = blob}, access());
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code() == Errc::cancelled);
  std::jthread third([&] { CHECK(registry.session().send({}, {.url = blob}, access())->status == 200); });
  go = true;
  third.join();
  CHECK(calls == 2);
}

TEST_CASE("a token that turns out too narrow is widened once by what the challenge names") {
  for (const int status : {401, 403}) {
    CAPTURE(status);
    int tokens = 0;
    const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) -> Result<http::Response> {
      if (asked.url.starts_with(realm)) return answer(200, {}, "{\"token\":\"t" + std::to_string(++tokens) + "\"}");
      if (asked.authorization.empty()) {
        return answer(401, {{"WWW-Authenticate", bearer_challenge("repository:app:pull")}});
      }
      if (asked.authorization == "Bearer t2") return answer(200);
      auto challenge = bearer_challenge("repository:app:pull,push") + ",error=\"insufficient_scope\"";
      return answer(status, {{"WWW-Authenticate", std::move(challenge)}});
    });
    Session session(transport, portolan::auth::fixed(password()), "test/1");
    CHECK(session.send({}, {.url = blob}, access())->status == 200);
    CHECK(transport->asked().size() == 5);
    CHECK(transport->lines()[3] == token_url_of_app + "%2Cpush");
    CHECK(session.send({}, {.url = blob}, access())->status == 200);  // the wider token serves from then on
    CHECK(transport->asked().size() == 6);
  }
}

TEST_CASE("what a challenge calls the right to delete is asked for at once in other repositories") {
  // Quay's name for it, which no other registry has.
  const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) -> Result<http::Response> {
    if (asked.url.starts_with(realm)) {
      const auto repository = asked.url.find("%3Aother%3A") == std::string::npos ? "app" : "other";
      const bool all = asked.url.ends_with("%2A");
      return answer(200, {}, std::string("{\"token\":\"") + repository + (all ? "-all\"}" : "\"}"));
    }
    const std::string repository = asked.url.find("/other/") == std::string::npos ? "app" : "other";
    const bool deletes = asked.method == http::Method::remove;
    if (asked.authorization == "Bearer " + repository + (deletes ? "-all" : "")) return answer(200);
    const auto scope = "repository:" + repository + (deletes ? ":*" : ":pull");
    return answer(401, {{"WWW-Authenticate", bearer_challenge(scope)}});
  });
  Session session(transport, portolan::auth::fixed(password()), "test/1");
  auto open = access();
  open.scopes = {};
  const http::Request first{.method = http::Method::remove, .url = "https://reg.example/v2/app/manifests/1"};
  CHECK(session.send({}, first, open)->status == 200);
  CHECK(transport->asked().size() == 3);
  open.where.repository = "other";
  const http::Request second{.method = http::Method::remove, .url = "https://reg.example/v2/other/manifests/1"};
  CHECK(session.send({}, second, open)->status == 200);
  CHECK(transport->lines()[3] == "GET " + realm + "?service=reg&scope=repository%3Aother%3A%2A");
  CHECK(transport->asked().size() == 5);
  CHECK(session.send({}, second, open)->status == 200);
  CHECK(transport->asked().size() == 6);
}

TEST_CASE("a registry that asks for ever more gets it once") {
  Registry registry;
  int asked_for = 0;
  registry.takes = [&](const std::string&) {
    registry.challenge = bearer_challenge("repository:app" + std::to_string(++asked_for) + ":pull");
    return false;
  };
  CHECK(registry.status() == 401);
  CHECK(registry.asked().size() == 5);
}

TEST_CASE("a registry that has challenged before needs not do so again") {
  Registry registry;
  CHECK(registry.status() == 200);
  registry.challenge = "";
  registry.takes = [](const std::string& value) { return value == "Bearer t2"; };
  CHECK(registry.status() == 200);
  CHECK(registry.asked().size() == 6);
}

TEST_CASE("a token of one registry goes to no other one that names the same token server") {
  Registry registry;
  CHECK(registry.status() == 200);
  auto other = access();
  other.origin = http::Origin::of("https://other.example/").value();
  CHECK(registry.status("https://other.example/v2/app/blobs/x", other) == 200);
  const auto asked = registry.asked();
  REQUIRE(asked.size() == 6);
  CHECK(asked[3].authorization.empty());
  CHECK(asked[5].authorization == "Bearer t2");
}

TEST_CASE("an authorization of the caller's own goes nowhere") {
  Registry registry;
  const http::Authorization own{http::Origin::of("https://storage.example/").value(), Secret("Basic own")};
  auto response =
      registry.session().send({}, {.url = "https://storage.example/upload", .authorization = own}, access());
  REQUIRE(response);
  CHECK(registry.asked()[0].authorization.empty());
}

TEST_CASE("a body is sent again with the token") {
  Registry registry;
  const MemoryBlob body("content");
  auto response = registry.session().send({}, {.method = http::Method::put, .url = blob, .body = &body, .body_size = 7},
                                          access("pull,push"));
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(registry.asked()[0].body == "content");
  CHECK(registry.asked()[2].body == "content");
}

TEST_CASE("a credential that was refused is looked for again the next time") {
  for (const auto* challenge : {"Basic realm=x", ""}) {
    CAPTURE(challenge);
    std::atomic<int> looked = 0;
    const auto provider = portolan::auth::from([&](const portolan::auth::Where&) -> Result<Credential> {
      return Credential{.value = portolan::auth::Password{"ci", Secret("p" + std::to_string(++looked))},
                        .source = "a vault"};
    });
    const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) -> Result<http::Response> {
      const bool good = asked.authorization == basic("ci", Secret("p2")).reveal();
      if (asked.url.starts_with(realm)) return good ? answer(200, {}, R"({"token":"t"})") : answer(401);
      if (good || asked.authorization == "Bearer t") return answer(200);
      return answer(401, {{"WWW-Authenticate", *challenge == '\0' ? bearer_challenge("") : challenge}});
    });
    Session session(transport, provider, "test/1");
    auto first = session.send({}, {.url = blob}, access());
    CHECK((!first || first->status == 401));
    CHECK(session.identity(access()) == "ci, from a vault");
    CHECK(session.send({}, {.url = blob}, access())->status == 200);
    CHECK(session.send({}, {.url = blob}, access())->status == 200);
    CHECK(looked == 2);
  }
}

TEST_CASE("a ready token that would break its header is refused, and not told") {
  Registry registry{Credential{.value = portolan::auth::BearerToken{Secret("marker\r\nX: y")}, .source = "a file"}};
  CHECK(registry.status(blob, access("pull,push")) == 0);
  CHECK(registry.error().code() == Errc::invalid_configuration);
  CHECK(registry.error().message() == "the token for reg.example from a file has characters that no header may have");
  CHECK(registry.asked().size() == 1);
}

TEST_CASE("what everybody may read is read as nobody where the credential is refused, and that is said once") {
  Registry registry;
  registry.token_server = [](const Asked& asked) {
    return asked.authorization.empty() ? answer(200, {}, R"({"token":"t"})") : answer(401);
  };
  std::vector<std::string> warnings;
  const Context context{.on_log = [&](LogLevel level, std::string_view line) {
    if (level == LogLevel::warning) warnings.emplace_back(line);
  }};
  CHECK(registry.status(blob, access(), context) == 200);
  CHECK(registry.status(blob, access(), context) == 200);
  CHECK(warnings == std::vector<std::string>{"the token server auth.example refused the credential (HTTP 401); "
                                             "reg.example is read as nobody"});
  CHECK(registry.asked().size() == 5);  // refused, refused, a token, the blob, the blob again
  // Whoever writes has to be somebody, and whoever tries a credential wants to know about that one.
  CHECK(registry.status(blob, access("pull,push")) == 0);
  CHECK(registry.error().code() == Errc::unauthorized);
  auto trying = access();
  trying.as_nobody = Access::AsNobody::never;
  CHECK(registry.status(blob, trying) == 0);
  CHECK(registry.error().code() == Errc::unauthorized);
}

TEST_CASE("where nobody is let in either, the refusal of the credential is what is told") {
  Registry registry;
  registry.token_server = [](const Asked&) { return answer(401); };
  CHECK(registry.status() == 0);
  CHECK(registry.error().message() == "the token server auth.example refused the credential (HTTP 401)");
  Registry strict;
  strict.takes = [](const std::string&) { return false; };
  strict.token_server = [](const Asked& asked) {
    return asked.authorization.empty() ? answer(200, {}, R"({"token":"t"})") : answer(401);
  };
  CHECK(strict.status() == 0);
  CHECK(strict.error().code() == Errc::unauthorized);
}

TEST_CASE("a helper that fails is no obstacle for what everybody may read, and is not run where nobody asks") {
  class Failing final : public portolan::auth::CredentialProvider {
   public:
    Result<Credential> find(const Context&, const portolan::auth::Where&) const override {
      ++asked;
      return Error(Errc::invalid_configuration, "the credential helper is gone");
    }
    mutable std::atomic<int> asked = 0;
  };
  for (const bool open : {true, false}) {
    CAPTURE(open);
    const auto provider = std::make_shared<Failing>();
    const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) -> Result<http::Response> {
      if (asked.url.starts_with(realm)) return answer(200, {}, R"({"token":"t"})");
      if (open || asked.authorization == "Bearer t") return answer(200);
      return answer(401, {{"WWW-Authenticate", bearer_challenge("repository:app:pull")}});
    });
    Session session(transport, provider, "test/1");
    std::string said;
    const Context context{.on_log = [&](LogLevel, std::string_view line) { said = line; }};
    CHECK(session.send(context, {.url = blob}, access())->status == 200);
    CHECK(said == (open ? "" : "the credential helper is gone; reg.example is read as nobody"));
    CHECK(provider->asked == (open ? 0 : 1));
    const auto written = session.send({}, {.method = http::Method::put, .url = blob}, access("pull,push"));
    CHECK(written.has_value() == open);
    if (!open) CHECK(written.error().code() == Errc::invalid_configuration);
  }
}

TEST_CASE("a token server that answers with more than any token is none") {
  Registry registry{Credential()};
  registry.token_server = [](const Asked&) { return answer(200, {}, std::string(256 * 1024 + 1, ' ')); };
  CHECK(registry.status() == 0);
  CHECK(registry.error().code() == Errc::protocol_error);
  CHECK(registry.error().message() ==
        "the token server auth.example answers with more than 262144 bytes, where a token was asked for");
}

TEST_CASE("an error of a token server names the registry that it is for") {
  Registry registry{Credential()};
  registry.token_server = [](const Asked&) { return answer(401, {{"Retry-After", "7"}}); };
  CHECK(registry.status() == 0);
  CHECK(registry.error().message() == "the token server auth.example gives no token without a credential (HTTP 401)");
  CHECK(registry.error().registry() == "reg.example");
  CHECK(registry.error().retry_after() == 7s);
}

TEST_CASE("a refresh token follows no redirect to another origin") {
  std::vector<std::string> bodies;
  const auto inner = std::make_shared<ScriptedTransport>([&](const Asked& asked) {
    if (asked.url.starts_with("https://evil.example")) bodies.push_back(asked.body);
    if (asked.method == http::Method::post) return answer(307, {{"Location", "https://evil.example/x"}});
    return answer(401, {{"WWW-Authenticate", bearer_challenge("repository:app:pull")}});
  });
  const Credential identity{.value = portolan::auth::IdentityToken{Secret("refresh")}};
  Session session(std::make_shared<portolan::internal::http::RedirectTransport>(inner), portolan::auth::fixed(identity),
                  "test/1");
  const auto sent = session.send({}, {.url = blob}, access());
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code() == Errc::protocol_error);
  CHECK(bodies.empty());
}

TEST_CASE("neither a token server nor an upload of a public registry is looked for in a private network") {
  for (const char* address : {"203.0.113.7", "192.168.0.7"}) {
    CAPTURE(address);
    const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) {
      auto response = asked.url.starts_with(realm)  ? answer(200, {}, R"({"token":"t"})")
                      : asked.authorization.empty() ? answer(401, {{"WWW-Authenticate", bearer_challenge("x")}})
                                                    : answer(200);
      response.address = address;
      return response;
    });
    Session session(transport, portolan::auth::fixed(password()), "test/1");
    REQUIRE(session.send({}, {.url = blob}, access()));
    REQUIRE(session.send({}, {.method = http::Method::put, .url = "https://storage.example/u"}, access()));
    const auto wanted =
        std::string_view(address) == "203.0.113.7" ? http::Reach::public_addresses : http::Reach::not_link_local;
    CHECK(transport->asked().at(0).reach == http::Reach::anywhere);
    CHECK(transport->asked().at(1).url.starts_with(realm));
    CHECK(transport->asked().at(1).reach == wanted);
    CHECK(transport->asked().at(2).reach == http::Reach::anywhere);
    CHECK(transport->asked().at(3).reach == wanted);
    CHECK(transport->asked().at(3).identity == http::Identity::withheld);
  }
}

TEST_CASE("a client certificate is for the registry, and for a token server of its own origin") {
  for (const auto* server : {"https://reg.example/token", "https://reg.example:8443/token"}) {
    CAPTURE(server);
    const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) {
      if (asked.url.starts_with(server)) return answer(200, {}, R"({"token":"t"})");
      if (!asked.authorization.empty()) return answer(200);
      return answer(401, {{"WWW-Authenticate", "Bearer realm=\"" + std::string(server) + "\",service=\"s\""}});
    });
    Session session(transport, portolan::auth::fixed(password()), "test/1");
    REQUIRE(session.send({}, {.url = blob}, access()));
    const bool own = http::Origin::of(server).value() == origin;
    CHECK(transport->asked().at(1).url.starts_with(server));
    CHECK(transport->asked().at(1).identity == (own ? http::Identity::shown : http::Identity::withheld));
    CHECK(transport->asked().at(2).identity == http::Identity::shown);
  }
}

TEST_CASE("requests that begin together are refused once, not each") {
  std::atomic<int> refused = 0;
  const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) {
    if (asked.url.starts_with(realm)) return answer(200, {}, R"({"token":"t","expires_in":300})");
    if (!asked.authorization.empty()) return answer(200);
    ++refused;
    std::this_thread::sleep_for(20ms);  // the others are on their way meanwhile
    return answer(401, {{"WWW-Authenticate", bearer_challenge("repository:app:pull")}});
  });
  Session session(transport, portolan::auth::fixed(password()), "test/1");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { CHECK(session.send({}, {.url = blob}, access())->status == 200); });
    }
  }
  CHECK(refused == 1);
}

TEST_CASE("a first request whose body comes from the same registry does not wait for itself") {
  const auto transport = std::make_shared<ScriptedTransport>([](const Asked&) { return answer(200, {}, "x"); });
  Session session(transport, portolan::auth::fixed({}), "test/1");
  class FromThere final : public BlobSource {
   public:
    explicit FromThere(Session& session) : session_(session) {}
    Result<std::unique_ptr<Reader>> open(const Context& context, std::uint64_t) const override {
      auto response = session_.send(context, {.url = blob}, access());
      if (!response) return std::move(response).error();
      return std::move(response->body);
    }
    Session& session_;
  };
  const FromThere body(session);
  const auto sent = session.send({.deadline = Deadline(10s)},
                                 {.method = http::Method::put, .url = blob, .body = &body, .body_size = 1}, access());
  REQUIRE(sent);
  CHECK(transport->asked().size() == 2);
}

TEST_CASE("where a token is taken but a few times, others' use of it is no refusal") {
  for (const unsigned uses : {1U, 2U}) {
    CAPTURE(uses);
    std::mutex mutex;
    std::vector<unsigned> used;
    const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) {
      std::lock_guard lock(mutex);
      if (asked.url.starts_with(realm)) {
        used.push_back(0);
        return answer(200, {}, R"({"token":"t)" + std::to_string(used.size() - 1) + "\"}");
      }
      constexpr std::string_view scheme = "Bearer t";
      const auto& shown = asked.authorization;
      if (shown.starts_with(scheme) && used.at(std::stoul(shown.substr(scheme.size())))++ < uses) return answer(200);
      return answer(401, {{"WWW-Authenticate", bearer_challenge("repository:app:pull")}});
    });
    Session session(transport, portolan::auth::fixed(password()), "test/1");
    std::atomic<int> good = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
          for (int n = 0; n < 20; ++n) {
            const auto sent = session.send({}, {.url = blob}, access());
            good += sent && sent->status == 200;
          }
        });
      }
    }
    CHECK(good == 80);
  }
}

TEST_CASE("a registry that takes no token is not asked for long") {
  const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) {
    if (asked.url.starts_with(realm)) return answer(200, {}, R"({"token":"t"})");
    return answer(401, {{"WWW-Authenticate", bearer_challenge("repository:app:pull")}});
  });
  Session session(transport, portolan::auth::fixed(password()), "test/1");
  const auto sent = session.send({}, {.method = http::Method::put, .url = blob}, access());
  REQUIRE(sent);
  CHECK(sent->status == 401);
  CHECK(transport->asked().size() == 3);
}
