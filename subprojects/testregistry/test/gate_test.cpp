// SPDX-License-Identifier: Apache-2.0
// Who gets in, with what, and which credentials came where they do not belong.
#include <doctest/doctest.h>

#include <openssl/evp.h>
#include <testregistry/testregistry.h>

#include "client.h"

using namespace testregistry;

namespace {

std::string basic_header(const std::string& pair) {
  std::string out((pair.size() + 2) / 3 * 4 + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(pair.data()), static_cast<int>(pair.size()));
  out.resize(static_cast<std::size_t>(n));
  return "Authorization: Basic " + out + "\r\n";
}

std::string member(const std::string& json, const std::string& name) {
  const auto at = json.find("\"" + name + "\":\"");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return json.substr(begin, json.find('"', begin) - begin);
}

std::string host_of(const std::string& url) {
  const auto begin = url.find("//") + 2;
  return url.substr(begin, url.find('/', begin) - begin);
}

std::string bearer_header(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }

}  // namespace

TEST_CASE("Basic lets in who has the password, to what is theirs") {
  Server registry({.authentication = {.scheme = Authentication::Scheme::basic,
                                      .accounts = {{"ci", "secret"}, {"guest", "guest", {"pull"}, "public/"}}}});
  CHECK(ask(registry.host(), "GET", "/v2/").header("WWW-Authenticate") == "Basic realm=\"testregistry\"");
  CHECK(ask(registry.host(), "GET", "/v2/", "", basic_header("ci:wrong")).status == 401);
  CHECK(ask(registry.host(), "GET", "/v2/", "", basic_header("ci:secret")).status == 200);
  CHECK(ask(registry.host(), "POST", "/v2/a/blobs/uploads/", "", basic_header("ci:secret")).status == 202);
  CHECK(ask(registry.host(), "GET", "/v2/public/a/tags/list", "", basic_header("guest:guest")).status == 404);
  CHECK(ask(registry.host(), "GET", "/v2/a/tags/list", "", basic_header("guest:guest")).status == 403);
  CHECK(ask(registry.host(), "POST", "/v2/public/a/blobs/uploads/", "", basic_header("guest:guest")).status == 403);
  CHECK(registry.leaked_credentials().empty());
  for (const auto& request : registry.requests()) {
    CHECK((request.header("Authorization").empty() || request.header("Authorization") == "Basic …"));
  }
}

TEST_CASE("tokens are for what they were asked for, and for a while") {
  auto authentication = bearer("ci", "secret");
  authentication.own_origin = true;
  Server registry({.authentication = authentication});
  const auto refused = ask(registry.host(), "POST", "/v2/a/blobs/uploads/");
  CHECK(refused.status == 401);
  const auto challenge = refused.header("WWW-Authenticate");
  CHECK(challenge.ends_with("/token\",service=\"testregistry\",scope=\"repository:a:pull,push\""));
  const auto tokens = host_of(challenge);
  CHECK(tokens != registry.host());
  const std::string query = "/token?service=testregistry&scope=repository:a:pull";
  CHECK(ask(tokens, "GET", query, "", basic_header("ci:wrong")).status == 401);
  const auto pulling = member(ask(tokens, "GET", query, "", basic_header("ci:secret")).body, "token");
  CHECK(ask(registry.host(), "GET", "/v2/a/tags/list", "", bearer_header(pulling)).status == 404);
  const auto narrow = ask(registry.host(), "POST", "/v2/a/blobs/uploads/", "", bearer_header(pulling));
  CHECK(narrow.status == 401);
  CHECK(narrow.header("WWW-Authenticate").ends_with("error=\"insufficient_scope\""));
  CHECK(ask(registry.host(), "GET", "/v2/b/tags/list", "", bearer_header(pulling)).status == 401);
  CHECK(ask(registry.host(), "GET", "/v2/a/tags/list", "", bearer_header(pulling + "x")).status == 401);
  // Nobody in particular gets a token that is good for nothing.
  const auto anonymous = member(ask(tokens, "GET", query).body, "token");
  CHECK(ask(registry.host(), "GET", "/v2/a/tags/list", "", bearer_header(anonymous)).status == 401);
  CHECK(registry.leaked_credentials().empty());
}

TEST_CASE("a token may be had by POST, and by what it brings") {
  Server registry({.authentication = bearer("ci", "secret")});
  const std::string form =
      "grant_type=password&username=ci&password=secret&service=testregistry&client_id=x&access_type=offline"
      "&scope=repository%3Aa%3Apull%2Cpush";
  const auto first = ask(registry.host(), "POST", "/token", form);
  CHECK(first.status == 200);
  const auto refresh = member(first.body, "refresh_token");
  CHECK_FALSE(refresh.empty());
  CHECK(ask(registry.host(), "POST", "/v2/a/blobs/uploads/", "", bearer_header(member(first.body, "access_token")))
            .status == 202);
  const auto second =
      ask(registry.host(), "POST", "/token", "grant_type=refresh_token&service=testregistry&refresh_token=" + refresh);
  CHECK(second.status == 200);
  CHECK(ask(registry.host(), "POST", "/token", "grant_type=refresh_token&service=x&refresh_token=no").status == 401);
}

TEST_CASE("an expired token is told as one") {
  auto authentication = bearer("ci", "secret");
  authentication.token_lifetime = std::chrono::seconds(0);
  Server registry({.authentication = authentication});
  const auto token = member(
      ask(registry.host(), "GET", "/token?service=x&scope=repository:a:pull", "", basic_header("ci:secret")).body,
      "token");
  const auto refused = ask(registry.host(), "GET", "/v2/a/tags/list", "", bearer_header(token));
  CHECK(refused.status == 401);
  CHECK(refused.header("WWW-Authenticate").ends_with("error=\"invalid_token\""));
}

TEST_CASE("credentials that come where they do not belong are noticed, and not repeated") {
  auto authentication = bearer("ci", "hunter2");
  authentication.own_origin = true;
  Server registry({.authentication = authentication});
  const auto storage = registry.add_origin();
  const auto tokens = host_of(ask(registry.host(), "GET", "/v2/").header("WWW-Authenticate"));
  const auto token = member(
      ask(tokens, "GET", "/token?service=x&scope=repository:a:pull", "", basic_header("ci:hunter2")).body, "token");
  CHECK(registry.leaked_credentials().empty());
  ask(host_of(storage), "GET", "/v2/a/blobs/x", "", bearer_header(token));
  ask(registry.host(), "GET", "/v2/", "", basic_header("ci:hunter2"));
  ask(host_of(storage), "POST", "/x", "a=b&password=hunter2");
  ask(host_of(storage), "GET", "/x?token=" + token);
  ask(host_of(storage), "GET", "/x", "", "Authorization: Basic other\r\n");
  const auto leaks = registry.leaked_credentials();
  REQUIRE(leaks.size() == 5);
  CHECK(leaks[0] == "a token came to " + storage + " in the header Authorization of GET /v2/a/blobs/x");
  CHECK(leaks[1] == "the password of ci came to " + registry.url() + " in the header Authorization of GET /v2/");
  CHECK(leaks[2] == "the password of ci came to " + storage + " in the body of POST /x");
  CHECK(leaks[3] == "a token came to " + storage + " in the path of GET /x");
  CHECK(leaks[4] == "an Authorization came to " + storage + ", which asks for none, with GET /x");
  for (const auto& leak : leaks) CHECK(leak.find("hunter2") == std::string::npos);
}

TEST_CASE("certificates are made for this machine") {
  Server registry({.transport = Options::Transport::mutual_tls});
  CHECK(registry.url().starts_with("https://127.0.0.1:"));
  CHECK(registry.ca_certificate().starts_with("-----BEGIN CERTIFICATE-----"));
  CHECK(registry.client_certificate().starts_with("-----BEGIN CERTIFICATE-----"));
  CHECK(registry.client_key().starts_with("-----BEGIN PRIVATE KEY-----"));
  CHECK(Server().ca_certificate().empty());
}
