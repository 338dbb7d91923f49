// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "auth/token.h"
#include "http/redirect_transport.h"
#include "session_support.h"

using namespace portolan;
using namespace portolan::internal::auth;
using namespace portolan::test;
using namespace std::chrono_literals;

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

TEST_CASE("a registry that has challenged before needs not do so again") {
  Registry registry;
  CHECK(registry.status() == 200);
  registry.challenge = "";
  registry.takes = [](const std::string& value) { return value == "Bearer t2"; };
  CHECK(registry.status() == 200);
  CHECK(registry.asked().size() == 6);
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
