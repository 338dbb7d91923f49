// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "auth/credential_document.h"

using namespace portolan;
using namespace portolan::internal::auth;
using portolan::auth::Credential;

namespace {

std::string shown(const Credential& credential) {
  if (const auto* password = std::get_if<portolan::auth::Password>(&credential.value)) {
    return password->username + "/" + password->password.reveal();
  }
  if (const auto* identity = std::get_if<portolan::auth::IdentityToken>(&credential.value)) {
    return "identity " + identity->token.reveal();
  }
  if (const auto* ready = std::get_if<portolan::auth::BearerToken>(&credential.value)) {
    return "bearer " + ready->token.reveal();
  }
  return "nobody";
}

}  // namespace

TEST_CASE("an entry holds what programs have put there, is empty, or is damaged") {
  struct Row {
    std::string entry;
    const char* held;
  };
  const Row rows[] = {
      {R"({"auth":"dXNlcjpwYXNz"})", "user/pass"},
      {R"({"auth":"dTpw"})", "u/p"},
      {R"({"auth":"dTpwcA=="})", "u/pp"},
      {R"({"auth":"dTpwcA"})", "u/pp"},
      {R"({"auth":"dTpw\r\ncA==\n"})", "u/pp"},
      {R"({"auth":"dTphOmI="})", "u/a:b"},
      {R"({"auth":"dTpwAAA="})", "u/p"},
      {R"({"auth":"dTo="})", "u/"},
      {R"({"auth":"dTpw","username":"other","password":"other"})", "u/p"},
      {R"({"username":"user","password":"pass"})", "user/pass"},
      {R"({"auth":"","username":"user","password":"pass"})", "user/pass"},
      {R"({"auth":"dTpw","identitytoken":"refresh"})", "identity refresh"},
      {R"({"auth":"PHRva2VuPjpyZWZyZXNo"})", "identity refresh"},
      {R"({"auth":"dTpw","identitytoken":"refresh","registrytoken":"ready"})", "bearer ready"},
      {R"({"email":"someone","auth":null,"unknown":{"a":[1]}})", "empty"},
      {R"({"auth":"Og=="})", "empty"},
      {R"({})", "empty"},
      {R"(null)", "empty"},
      {R"({"auth":"dXNlcg=="})", "damaged"},  // no colon
      {R"({"auth":"d!"})", "damaged"},
      {R"({"auth":"="})", "damaged"},
      {R"({"auth":7})", "damaged"},
      {R"({"password":["p"]})", "damaged"},
      {R"({"registrytoken":"a\r\nX: y"})", "damaged"},
      {R"("text")", "damaged"},
      {R"([])", "damaged"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.entry);
    const auto document = CredentialDocument::parse("{\"auths\":{\"r.example\":" + row.entry + "}}");
    REQUIRE(document);
    const auto* entry = document->find({"r.example", ""});
    REQUIRE(entry != nullptr);
    using State = CredentialDocument::Entry::State;
    const auto held = entry->state == State::damaged ? "damaged"
                      : entry->state == State::empty ? "empty"
                                                     : shown(entry->credential);
    CHECK(held == row.held);
  }
}

TEST_CASE("a document that is none is refused with a reason, and never quoted") {
  struct Row {
    const char* text;
    const char* why;  // null: fine
  };
  const Row rows[] = {
      {"", nullptr},
      {" \n", nullptr},
      {"{}", nullptr},
      {R"({"auths":null,"credHelpers":null,"credsStore":null})", nullptr},
      {R"({"auths":{"user:secret@host":{"auth":7}}})", nullptr},
      {"secret", "invalid JSON: unexpected text or end at byte 0"},
      {R"(["secret"])", "it is no JSON object"},
      {R"({"auths":["secret"]})", "its \"auths\" is no object"},
      {R"({"credHelpers":"secret"})", "its \"credHelpers\" is no object"},
      {R"({"credHelpers":{"secret":7}})", "its \"credHelpers\" holds something that is no name"},
      {R"({"credsStore":{}})", "its \"credsStore\" is no name"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto document = CredentialDocument::parse(row.text);
    REQUIRE(document.has_value() == (row.why == nullptr));
    if (document) continue;
    CHECK(document.error().code() == Errc::invalid_configuration);
    CHECK(document.error().message() == row.why);
  }
}

TEST_CASE("of several spellings of a place the one that docker writes counts") {
  struct Row {
    const char* keys;
    ServerKey place;
    const char* found;
  };
  const Row rows[] = {
      {R"("https://r.example/v1/":{},"r.example":{})", {"r.example", ""}, "r.example"},
      {R"("https://r.example":{},"http://r.example":{})", {"r.example", ""}, "https://r.example"},
      {R"("index.docker.io":{},"docker.io":{},"https://index.docker.io/v1/":{})",
       {"docker.io", ""},
       "https://index.docker.io/v1/"},
      {R"("index.docker.io":{},"docker.io":{})", {"docker.io", ""}, "docker.io"},
      {R"("r.example/team":{})", {"r.example", ""}, nullptr},
      {R"("r.example/team":{})", {"r.example", "team"}, "r.example/team"},
      {R"("r.example:5000":{})", {"r.example", ""}, nullptr},
  };
  for (const auto& row : rows) {
    CAPTURE(row.keys);
    const auto document = CredentialDocument::parse(std::string("{\"auths\":{") + row.keys + "}}");
    REQUIRE(document);
    const auto* entry = document->find(row.place);
    REQUIRE((entry != nullptr) == (row.found != nullptr));
    if (entry != nullptr) CHECK(entry->key == row.found);
  }
}

TEST_CASE("a helper of one registry is found under every name of it") {
  const auto document = CredentialDocument::parse(
      R"({"credHelpers":{"https://index.docker.io/v1/":"hub","R.example:443":"r"},"credsStore":"all"})");
  REQUIRE(document);
  CHECK(document->helper_of("docker.io") == "hub");
  CHECK(document->helper_of("r.example") == "r");
  CHECK(document->helper_of("other.example").empty());
  CHECK(document->store == "all");
}
