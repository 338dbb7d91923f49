// SPDX-License-Identifier: Apache-2.0
// The tokens of a session: what is asked for, of whom, how often, and what its refusals mean.
#include <thread>

#include "auth/token.h"
#include "http/redirect_transport.h"
#include "session_support.h"

using namespace portolan;
using namespace portolan::internal::auth;
using namespace portolan::test;
using namespace std::chrono_literals;

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
