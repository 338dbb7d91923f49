// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "auth/challenge.h"

using namespace portolan::internal::auth;
using portolan::http::Headers;

namespace {

/// "scheme(name=value,…) …", to compare with.
std::string shown(const std::vector<Challenge>& challenges) {
  std::string text;
  for (const auto& challenge : challenges) {
    text += (text.empty() ? "" : " ") + challenge.scheme + "(";
    for (const auto& [name, value] : challenge.parameters) {
      if (text.back() != '(') text += "|";
      text.append(name).append("=").append(value);
    }
    text += ")";
  }
  return text;
}

}  // namespace

TEST_CASE("challenges are read in whatever form registries send them") {
  struct Row {
    const char* header;
    const char* challenges;
  };
  const Row rows[] = {
      {"Bearer realm=\"https://auth.example/token\",service=\"reg\",scope=\"repository:a/b:pull,push\"",
       "bearer(realm=https://auth.example/token|service=reg|scope=repository:a/b:pull,push)"},
      {"bearer realm=https://auth.example/token , service=reg", "bearer(realm=https://auth.example/token|service=reg)"},
      {"Basic realm=\"x\", Bearer realm=\"https://a/t\",service=\"s\"",
       "basic(realm=x) bearer(realm=https://a/t|service=s)"},
      {"Negotiate, Basic realm=\"corp\"", "negotiate() basic(realm=corp)"},
      {"Negotiate YIIabc==, Bearer realm=\"/token\",service=\"s\"", "negotiate() bearer(realm=/token|service=s)"},
      {"Negotiate YII/abc+d=, Basic", "negotiate() basic()"},
      {"Bearer realm=\"https://a/t?x=\\\"q\\\"\",service=\"a,b\",scope=\"repository:a:pull repository:b:pull\"",
       "bearer(realm=https://a/t?x=\"q\"|service=a,b|scope=repository:a:pull repository:b:pull)"},
      {"Bearer realm=\"https://a/t\",error=\"insufficient_scope\",scope=\"registry:catalog:*\"",
       "bearer(realm=https://a/t|error=insufficient_scope|scope=registry:catalog:*)"},
      {"Bearer REALM = \"r\" ; Service=\"s\" ,", "bearer(realm=r|service=s)"},
      {"Bearer realm=\"r\" service=\"s\"", "bearer(realm=r|service=s)"},
      {"Bearer realm=\"unclosed", "bearer(realm=unclosed)"},
      {"Bearer scope=\"a:b:c\",scope=\"d:e:f\"", "bearer(scope=a:b:c|scope=d:e:f)"},
      {",, Basic", "basic()"},
      {"", ""},
      {"\"", ""},
      {"=", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.header);
    CHECK(shown(parse_challenges({{"WWW-Authenticate", row.header}})) == row.challenges);
  }
  CHECK(shown(parse_challenges({{"Www-Authenticate", "Basic realm=a"}, {"WWW-AUTHENTICATE", "Bearer realm=b"}})) ==
        "basic(realm=a) bearer(realm=b)");
}

TEST_CASE("Bearer with a realm is answered before Basic, and nothing else is") {
  struct Row {
    const char* header;
    const char* scheme;
  };
  const Row rows[] = {
      {"Basic realm=x, Bearer realm=y", "bearer"},
      {"Bearer realm=y, Basic", "bearer"},
      {"Bearer, Basic", "basic"},
      {"Negotiate, Digest realm=x", ""},
      {"Bearer service=x", ""},
      {"", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.header);
    const auto challenges = parse_challenges({{"WWW-Authenticate", row.header}});
    const auto found = preferred(challenges);
    CHECK((found == nullptr ? "" : found->scheme) == row.scheme);
  }
}

TEST_CASE("a hostile header brings no more than the limits") {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "Bearer a=b, ";
  CHECK(parse_challenges({{"WWW-Authenticate", many}}).size() == max_challenges);
  std::string long_one = "Bearer ";
  for (int i = 0; i < 1000; ++i) long_one += "a=b,";
  CHECK(parse_challenges({{"WWW-Authenticate", long_one}})[0].parameters.size() == max_parameters);
}
