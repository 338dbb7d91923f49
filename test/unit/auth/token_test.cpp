// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "auth/token.h"

using namespace portolan;
using namespace portolan::internal::auth;
using portolan::internal::http::Url;

TEST_CASE("a token's answer is read as distribution and OAuth2 write it") {
  struct Row {
    const char* body;
    const char* token;  // null: refused
    int lasts = 0;
  };
  const Row rows[] = {
      {R"({"token":"t"})", "t", 50},
      {R"({"access_token":"a"})", "a", 50},
      {R"({"token":"t","access_token":"a","expires_in":300})", "t", 270},
      {R"({"token":"","access_token":"a","expires_in":300})", "a", 270},
      {R"({"token":"t","expires_in":20})", "t", 10},
      {R"({"token":"t","expires_in":1})", "t", 0},
      {R"({"token":"t","expires_in":0})", "t", 50},
      {R"({"token":"t","expires_in":-5})", "t", 50},
      {R"({"token":"t","expires_in":"300"})", "t", 50},
      {R"({"token":"t","expires_in":1e300})", "t", 77760},
      {R"({"token":"t","issued_at":"nonsense","refresh_token":7})", "t", 50},
      {R"({"token":"a b"})", nullptr},
      {"{\"token\":\"a\\r\\nX: y\"}", nullptr},
      {R"({"token":7})", nullptr},
      {R"({})", nullptr},
      {R"([])", nullptr},
      {"<html>", nullptr},
      {"", nullptr},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto token = parse_token(row.body);
    REQUIRE(token.has_value() == (row.token != nullptr));
    if (!token) {
      CHECK(token.error().code() == Errc::protocol_error);
      continue;
    }
    CHECK(token->value.reveal() == row.token);
    CHECK(token->lasts.count() == row.lasts);
  }
}

TEST_CASE("a realm is a place to which a password may go") {
  struct Row {
    const char* asked;
    const char* realm;
    const char* url;  // null: refused
  };
  const Row rows[] = {
      {"https://r/v2/", "https://auth.example/token?x=1", "https://auth.example/token?x=1"},
      {"https://r/v2/", "/token", "https://r/token"},
      {"https://r/v2/", "http://auth.example/token", nullptr},
      {"http://r/v2/", "http://auth.example/token", "http://auth.example/token"},
      {"http://r/v2/", "https://auth.example/token", "https://auth.example/token"},
      {"https://r/v2/", "https://user:secret@auth.example/token", nullptr},
      {"https://r/v2/", "ftp://auth.example/", nullptr},
  };
  for (const auto& row : rows) {
    CAPTURE(row.realm);
    const Challenge challenge{.scheme = "bearer", .parameters = {{"realm", row.realm}, {"service", "s"}}};
    const auto realm = realm_of(challenge, *Url::parse(row.asked));
    REQUIRE(realm.has_value() == (row.url != nullptr));
    if (realm) {
      CHECK(realm->url.string() == row.url);
      CHECK(realm->service == "s");
    } else {
      CHECK(realm.error().message().find("secret") == std::string::npos);
    }
  }
}

TEST_CASE("what a challenge names is asked for as long as it fits into a URL") {
  const auto at_registry = *Url::parse("https://r/v2/");
  const std::string long_text(max_realm_size, 'x');
  for (const auto& [realm, service] : {std::pair("/token?" + long_text, std::string()), {"/token", long_text}}) {
    const auto refused =
        realm_of({.scheme = "bearer", .parameters = {{"realm", realm}, {"service", service}}}, at_registry);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::protocol_error);
    CHECK(refused.error().text() == "r names a token server by more than 8192 bytes");
  }
  const auto scopes = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "repository:a" + std::to_string(i) + ":pull ";
    return named_scopes({.scheme = "bearer", .parameters = {{"scope", text}}}).each().size();
  };
  CHECK(scopes(50) == 50);
  CHECK(scopes(5000) == 0);
}

TEST_CASE("tokens are asked for with a scope each in a URL, and all in one in a form") {
  const Realm realm{.url = *Url::parse("https://a/token?account=x"), .service = "registry.example"};
  const auto scopes = portolan::auth::Scopes::parse("repository:b:pull repository:a/c:pull,push");
  CHECK(token_url(realm, scopes).string() ==
        "https://a/token?account=x&service=registry.example&scope=repository%3Aa%2Fc%3Apull%2Cpush"
        "&scope=repository%3Ab%3Apull");
  CHECK(token_form(realm, scopes, {.value = portolan::auth::IdentityToken{Secret("r&t")}}).reveal() ==
        "client_id=portolan&service=registry.example&scope=repository%3Aa%2Fc%3Apull%2Cpush%20repository%3Ab%3Apull"
        "&grant_type=refresh_token&refresh_token=r%26t");
  CHECK(token_form({.url = realm.url}, {}, {.value = portolan::auth::Password{"u+", Secret("p=")}}).reveal() ==
        "client_id=portolan&grant_type=password&username=u%2B&password=p%3D");
  CHECK(basic("ci", Secret("sécret:x")).reveal() == "Basic Y2k6c8OpY3JldDp4");
}

TEST_CASE("where one way to a token is not there, the other one may be") {
  const portolan::auth::Credential password{.value = portolan::auth::Password{}};
  const portolan::auth::Credential identity{.value = portolan::auth::IdentityToken{}};
  struct Row {
    Grant refused;
    int status;
    const portolan::auth::Credential& credential;
    bool other;
  };
  const portolan::auth::Credential nobody;
  const Row rows[] = {
      {Grant::get, 401, password, false}, {Grant::get, 403, password, false},  {Grant::get, 404, password, true},
      {Grant::get, 405, password, true},  {Grant::get, 404, nobody, false},    {Grant::post, 404, identity, true},
      {Grant::post, 405, identity, true}, {Grant::post, 401, identity, false}, {Grant::post, 400, identity, false},
      {Grant::get, 500, password, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    CHECK(knows_other_grant(row.refused, row.status, row.credential) == row.other);
  }
}
