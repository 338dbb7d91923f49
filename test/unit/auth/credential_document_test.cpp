// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "auth/credential_document.h"
#include "base/base64.h"

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

TEST_CASE("the accounts of a Kubernetes Secret, and of a .dockercfg, are read as those of docker's file") {
  using Form = CredentialDocument::Form;
  const std::string inner = R"({"auths":{"r.example":{"auth":"dTpw"}},"credsStore":"secret"})";
  const std::string entry = R"({"r.example":{"username":"u","password":"p","email":"e","auth":"dTpw"}})";
  const auto of_type = [](const std::string& type, const std::string& values) {
    return R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"pull"},"type":"kubernetes.io/)" + type + "\"," +
           values + "}";
  };
  const auto in_base64 = [](const std::string& key, const std::string& text) {
    return "\"data\":{\"" + key + "\":\"" + portolan::internal::base64_encode(text) + "\"}";
  };
  struct Row {
    std::string text;
    Form form;
    const char* held;
  };
  const Row rows[] = {
      {inner, Form::docker_config, "u/p"},
      {of_type("dockerconfigjson", in_base64(".dockerconfigjson", inner)), Form::kubernetes_secret, "u/p"},
      {of_type("dockerconfigjson",
               R"("stringData":{".dockerconfigjson":"{\"auths\":{\"r.example\":{\"auth\":\"bjpu\"}}}"},)" +
                   in_base64(".dockerconfigjson", inner)),
       Form::kubernetes_secret, "n/n"},
      {of_type("dockerconfigjson", in_base64(".dockerconfigjson", "{}")), Form::kubernetes_secret, nullptr},
      {of_type("dockercfg", in_base64(".dockercfg", entry)), Form::kubernetes_secret, "u/p"},
      {of_type("dockercfg", in_base64(".dockercfg", "{}")), Form::kubernetes_secret, nullptr},
      // As kubectl writes it, and as people do.
      {"apiVersion: v1\ndata:\n  .dockerconfigjson: " + portolan::internal::base64_encode(inner) +
           "\nkind: Secret\nmetadata:\n  name: pull\ntype: kubernetes.io/dockerconfigjson\n",
       Form::kubernetes_secret, "u/p"},
      {"# An account\n---\napiVersion: \"v1\"\nkind: 'Secret'\ntype: kubernetes.io/dockerconfigjson\nstringData:\n"
       "  .dockerconfigjson: |\n    {\"auths\":\n      {\"r.example\": {\"auth\": \"bjpu\"}}}\n",
       Form::kubernetes_secret, "n/n"},
      {"apiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockercfg\ndata:\n  .dockercfg: |\n    " +
           portolan::internal::base64_encode(entry).insert(20, "\n    ") + "\n",
       Form::kubernetes_secret, "u/p"},
      {entry, Form::dockercfg, "u/p"},
      {R"({"https://r.example/v1/":{"auth":"dTpw"},"localhost":{"username":"n"}})", Form::dockercfg, "u/p"},
      // What is none: docker's own settings, and what stands beside its accounts.
      {R"({"r.example":{"auth":"dTpw"},"auths":{}})", Form::docker_config, nullptr},
      {R"({"r.example":{"auth":"dTpw"},"credHelpers":{}})", Form::docker_config, nullptr},
      {R"({"r.example":{"auth":"dTpw"},"HttpHeaders":{"auth":"x"}})", Form::docker_config, nullptr},
      {R"({"proxies":{"default":{"httpProxy":"http://p.example"}}})", Form::docker_config, nullptr},
      {R"({"r.example":{}})", Form::docker_config, nullptr},
      {R"({"r.example":"dTpw"})", Form::docker_config, nullptr},
      {R"({"kind":"Secret"})", Form::docker_config, nullptr},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto document = CredentialDocument::parse(row.text);
    REQUIRE(document);
    CHECK((document->form == row.form));
    const auto* found = document->find({"r.example", ""});
    REQUIRE((found != nullptr) == (row.held != nullptr));
    if (found != nullptr) CHECK(shown(found->credential) == row.held);
    // A Secret comes from elsewhere: it names no program to run here.
    if (row.form == Form::kubernetes_secret) CHECK(document->store == "");
  }
}

TEST_CASE("a Kubernetes object without accounts is refused with a reason, and never quoted") {
  struct Row {
    const char* text;
    const char* why;
  };
  const Row rows[] = {
      {R"({"apiVersion":"v1","kind":"secret"})", "it is an object of Kubernetes, and no Secret"},
      {R"({"apiVersion":"v1","kind":"List","items":[]})", "it is an object of Kubernetes, and no Secret"},
      {R"({"apiVersion":"v1","kind":"Secret"})",
       "it is a Secret of Kubernetes, and not of the type kubernetes.io/dockerconfigjson"},
      {R"({"apiVersion":"v1","kind":"Secret","type":"secret","data":{".dockerconfigjson":"e30="}})",
       "it is a Secret of Kubernetes, and not of the type kubernetes.io/dockerconfigjson"},
      {R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/dockerconfigjson"})",
       "it is a Secret of Kubernetes without a .dockerconfigjson"},
      {R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/dockercfg","data":{".dockerconfigjson":"e30="}})",
       "it is a Secret of Kubernetes without a .dockercfg"},
      {R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":7}})",
       "its .dockerconfigjson is no text"},
      {R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"secret"}})",
       "its .dockerconfigjson is no base64"},
      {R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"W10="}})",
       "its .dockerconfigjson is no JSON object"},
      {R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"secret"}})",
       "its .dockerconfigjson cannot be read: invalid JSON: unexpected text or end at byte 0"},
      {R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"{\"auths\":7}"}})",
       "its \"auths\" is no object"},
      {"apiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson\n",
       "it is a Secret of Kubernetes without a .dockerconfigjson"},
      {"apiVersion: v1\nkind: ConfigMap\ndata:\n  .dockerconfigjson: secret\n",
       "it is an object of Kubernetes, and no Secret"},
      {"apiVersion: v1\nkind: {auths: {}}\nauths: {r.example: {auth: secret}}\n",
       "it seems to be an object of Kubernetes in YAML, which cannot be read"},
      {"apiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson\ndata: *secret\n",
       "it seems to be an object of Kubernetes in YAML, which cannot be read"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto document = CredentialDocument::parse(row.text);
    REQUIRE_FALSE(document);
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
