// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "http/url.h"

using namespace portolan;
using portolan::http::Origin;
using namespace portolan::internal::http;

TEST_CASE("URLs are taken apart, and put together again as they were") {
  struct Row {
    const char* text;
    const char* origin;
    const char* whole;
  };
  const Row rows[] = {
      {"https://registry.example", "https://registry.example", "https://registry.example/"},
      {"HTTPS://Registry.EXAMPLE:443/v2/", "https://registry.example", "https://registry.example/v2/"},
      {"http://localhost:5000/v2/a?x=%2F&y", "http://localhost:5000", "http://localhost:5000/v2/a?x=%2F&y"},
      {"http://[::1]:5000/", "http://[::1]:5000", "http://[::1]:5000/"},
      {"http://[FE80::1]/a", "http://[fe80::1]", "http://[fe80::1]/a"},
      {"http://h:/a", "http://h", "http://h/a"},
      {"https://h?q", "https://h", "https://h/?q"},
      {"https://h/a?", "https://h", "https://h/a?"},
      {"https://h/a?b#c", "https://h", "https://h/a?b"},
      {"https://h/a%20b/../c", "https://h", "https://h/a%20b/../c"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto url = Url::parse(row.text);
    REQUIRE(url);
    CHECK(url->origin.string() == row.origin);
    CHECK(url->string() == row.whole);
  }
}

TEST_CASE("what is no URL of a registry is refused with a reason, and never quoted") {
  struct Row {
    const char* text;
    const char* why;
  };
  const Row rows[] = {
      {"", "it begins with neither http:// nor https://"},
      {"registry.example/v2/", "it begins with neither http:// nor https://"},
      {"ftp://h/", "it begins with neither http:// nor https://"},
      {"file:///etc/passwd", "it begins with neither http:// nor https://"},
      {"https:/h", "it has no host"},
      {"https://", "it has no proper host"},
      {"https:///v2/", "it has no proper host"},
      {"https://user:secret@h/", "it has user information"},
      {"https://a@b@h/", "it has user information"},
      {"https://h\\evil/", "it has no proper host"},
      {"https://h:0/", "it has no proper port"},
      {"https://h:65536/", "it has no proper port"},
      {"https://h:80x/", "it has no proper port"},
      {"https://[::1/", "what is in brackets is no address"},
      {"https://[h]/", "what is in brackets is no address"},
      {"https://[::1]x/", "it has no proper port"},
      {"https://h/a b", "it has characters that none may have"},
      {"https://h/\r\nHost: x", "it has characters that none may have"},
      {"https://h/\xC3\xA4", "it has characters that none may have"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto url = Url::parse(row.text);
    REQUIRE_FALSE(url);
    CHECK(url.error().message() == "unusable URL: " + std::string(row.why));
  }
  CHECK_FALSE(Url::parse("https://h/" + std::string(max_url_size, 'a')));
}

TEST_CASE("a reference is resolved as RFC 3986 says") {
  struct Row {
    const char* reference;
    const char* resolved;  // null: refused
  };
  const Row rows[] = {
      {"/v2/x", "https://h:5000/v2/x"},
      {"y", "https://h:5000/v2/app/y"},
      {"./y", "https://h:5000/v2/app/y"},
      {"../y", "https://h:5000/v2/y"},
      {"../../../../y", "https://h:5000/y"},
      {"/a/./b/../c/", "https://h:5000/a/c/"},
      {"/a/b/..", "https://h:5000/a/"},
      {"?_state=a%2Bb", "https://h:5000/v2/app/uploads?_state=a%2Bb"},
      {"", "https://h:5000/v2/app/uploads?old=1"},
      {"#x", "https://h:5000/v2/app/uploads?old=1"},
      {"//other/v2", "https://other/v2"},
      {"http://other:80/v2", "http://other/v2"},
      {"https://h:5000/v2/?a=b&c", "https://h:5000/v2/?a=b&c"},
      {"javascript:alert(1)", nullptr},
      {"file:///x", nullptr},
      {"//u:p@h/", nullptr},
      {"/a\tb", nullptr},
      {"/a b?c=d e", "https://h:5000/a%20b?c=d%20e"},
      {"y\xC3\xA4%2F", "https://h:5000/v2/app/y%C3%A4%2F"},
      {"?\xFF", "https://h:5000/v2/app/uploads?%FF"},
      {"https://h:5000/ \xC3\xA4", "https://h:5000/%20%C3%A4"},
      {"https://h\xC3\xA4/", nullptr},
      {"https://h /", nullptr},
      {"/a\r\nb", nullptr},
      {"/a\x7F", nullptr},
  };
  const auto base = Url::parse("https://h:5000/v2/app/uploads?old=1").value();
  for (const auto& row : rows) {
    CAPTURE(row.reference);
    const auto resolved = base.resolve(row.reference);
    REQUIRE(resolved.has_value() == (row.resolved != nullptr));
    if (resolved) CHECK(resolved->string() == row.resolved);
  }
  CHECK(base.resolve("/" + std::string(max_url_size / 3 - 1, ' ')));
  CHECK_FALSE(base.resolve("/" + std::string(max_url_size / 3 + 1, ' ')));
}

TEST_CASE("a parameter is added behind those that are there, which keep their text") {
  struct Row {
    const char* before;
    const char* after;
  };
  const Row rows[] = {
      {"https://h/u", "https://h/u?digest=sha256%3Aab%2B"},
      {"https://h/u?", "https://h/u?digest=sha256%3Aab%2B"},
      {"https://h/u?_state=x%2F/y==&z", "https://h/u?_state=x%2F/y==&z&digest=sha256%3Aab%2B"},
      {"https://h/u?a=b&", "https://h/u?a=b&digest=sha256%3Aab%2B"},
  };
  for (const auto& row : rows) {
    CHECK(Url::parse(row.before)->with_parameter("digest", "sha256:ab+").string() == row.after);
  }
}

TEST_CASE("in logs, URLs show where they go and keep what they hold") {
  struct Row {
    const char* url;
    const char* shown;
  };
  const Row rows[] = {
      {"https://h/v2/app/blobs/sha256:00", "https://h/v2/app/blobs/sha256:00"},
      {"https://user:secret@h/v2/", "https://h/v2/"},
      {"https://h/v2/?digest=sha256%3A00&_state=secret", "https://h/v2/?digest=sha256%3A00&_state=…"},
      {"https://s3/x?X-Amz-Signature=secret&X-Amz-Date=1", "https://s3/x?X-Amz-Signature=…&X-Amz-Date=…"},
      {"https://h/x?secret", "https://h/x?…"},
      {"https://h/x?a=b#secret", "https://h/x?a=…"},
      {"https://h/x?", "https://h/x?…"},
      {"not a url", "not a url"},
  };
  for (const auto& row : rows) CHECK(redacted(row.url) == row.shown);
}

TEST_CASE("an origin is loopback by its own text alone") {
  for (const auto* url :
       {"http://localhost:5000", "http://127.0.0.1", "http://127.1.2.3:1", "http://[::1]", "http://a.localhost"}) {
    CAPTURE(url);
    CHECK(Origin::of(url)->loopback());
  }
  for (const auto* url : {"http://127.0.0.1.evil.example", "http://localhost.evil", "http://10.0.0.1",
                          "http://128.0.0.1", "http://127.evil"}) {
    CAPTURE(url);
    CHECK_FALSE(Origin::of(url)->loopback());
  }
  CHECK(Origin::of("x").error().code() == Errc::invalid_argument);
  CHECK(Origin::of("https://H:443/a")->authority() == "h");
  CHECK(Origin::of("http://h:443/a")->authority() == "h:443");
}
