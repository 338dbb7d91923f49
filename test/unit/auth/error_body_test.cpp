// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "auth/error_body.h"

using namespace portolan;
using namespace portolan::internal::auth;

TEST_CASE("what a refusal says is told in one printable line, whatever it is written in") {
  struct Row {
    std::string body;
    std::vector<std::string> codes;
    std::string message;
  };
  const Row rows[] = {
      {R"({"errors":[{"code":"DENIED","message":"no way","detail":{"a":[1]}}]})", {"DENIED"}, "no way"},
      {R"({"errors":[{"code":"A","message":"one"},{"code":"B","message":"two"}]})", {"A", "B"}, "one; two"},
      {R"({"errors":[{"code":"UNKNOWN"}]})", {"UNKNOWN"}, "UNKNOWN"},
      {R"({"errors":{"code":"X","message":"an object"}})", {"X"}, "an object"},
      {R"({"errors":["just text"]})", {}, "just text"},
      {R"({"errors":"just text"})", {}, "just text"},
      {R"({"errors":null})", {}, ""},
      {R"({"errors":[null,7,[],{"code":7,"message":[]}]})", {}, ""},
      {R"({"error":"invalid_grant","error_description":"wrong password"})", {"invalid_grant"}, "wrong password"},
      {R"({"error":"invalid_grant"})", {"invalid_grant"}, "invalid_grant"},
      {R"({"details":"incorrect username or password"})", {}, "incorrect username or password"},
      {R"("a string")", {}, "a string"},
      {"7", {}, ""},
      {"404 page not found\n", {}, "404 page not found"},
      {"{\"errors\":[{\"code\":\"A\\nB\",\"message\":\"x\\u202ey\\u200bz\"}]}", {"A B"}, "xyz"},
      {"a\x1b[31mb\r\nc\td", {}, "a [31mb c d"},
      {"<html><body>secret</body></html>", {}, ""},
      {"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Request has &quot;expired&quot;</Message>"
       "<StringToSign>secret</StringToSign></Error>",
       {"AccessDenied"},
       "AccessDenied: Request has \"expired\""},
      {"\xef\xbb\xbf<Error><Code>Auth\u202e</Code><Message>No\nRequestId:1\x1b[m</Message></Error>",
       {"Auth"},
       "Auth: No RequestId:1 [m"},
      {"<Error><Code>NoSuchKey</Code></Error>", {"NoSuchKey"}, "NoSuchKey"},
      {"<Error><Message>Gone</Message></Error>", {}, "Gone"},
      {"<Error><Message>never ends", {}, ""},
      {"<Error></Message><Message></Error>", {}, ""},
      {"<Error/>", {}, ""},
      {"no to GET https://s.example/x?X-Amz-Signature=secret&b=c, at all",
       {},
       "no to GET https://s.example/x?… at all"},
      {"<Error><Message>/x?sig=secret&amp;b=c</Message></Error>", {}, "/x?…"},
      {R"({"message":"see https://s.example/?sig=secret"})", {}, "see https://s.example/?…"},
      {"why? because", {}, "why? because"},
      {"{\"errors\":[", {}, ""},
      {"\xff\xfe", {}, ""},
      {"", {}, ""},
      {std::string(1000, 'x'), {}, std::string(300, 'x') + "…"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    const auto read = parse_error_body(row.body);
    CHECK(read.codes == row.codes);
    CHECK(read.message == row.message);
  }
}

TEST_CASE("a server that was asked by plain http and speaks TLS says so in words of its own") {
  for (const auto* body : {"Client sent an HTTP request to an HTTPS server.\n",
                           "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
                           "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"}) {
    CHECK(parse_error_body(body).wants_tls);
  }
  for (const auto* body : {"", "Bad Request", "{}", "<html>HTTPS</html>"})
    CHECK_FALSE(parse_error_body(body).wants_tls);
}

TEST_CASE("what has come of a refusal is told, also where the rest does not come or is too much") {
  class Ends final : public Reader {
   public:
    Ends(std::string bytes, bool breaks) : bytes_(std::move(bytes)), breaks_(breaks) {}
    Result<std::size_t> read(std::span<char> into) override {
      const auto n = std::min(into.size(), bytes_.size() - at_);
      std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), n, into.begin());
      at_ += n;
      if (n == 0 && breaks_) return Error(Errc::timed_out, "no more comes");
      return n;
    }
    std::size_t at() const { return at_; }

   private:
    const std::string bytes_;
    const bool breaks_;
    std::size_t at_ = 0;
  };
  portolan::http::Response response{.status = 503, .body = std::make_unique<Ends>("try again later", true)};
  CHECK(read_error_body(response).message == "try again later");
  CHECK(response.body == nullptr);
  response.body = std::make_unique<Ends>(R"({"errors":[{"code":"DENIED","message":"no"}]})", true);
  CHECK(read_error_body(response).codes == std::vector<std::string>{"DENIED"});
  response.body = std::make_unique<Ends>(std::string(10 * max_error_body_size, 'x'), false);
  CHECK(read_error_body(response).message == std::string(300, 'x') + "…");
}

TEST_CASE("the digests that a refusal's details name are found in the forms that registries give them") {
  const std::string a = "sha256:" + std::string(64, 'a');
  const std::string b = "sha256:" + std::string(64, 'b');
  struct Row {
    std::string details;  // of two errors
    std::vector<std::string> digests;
  };
  const Row rows[] = {
      {R"({"detail":")" + a + R"("},{"detail":")" + b + R"("})", {a, b}},
      {R"({"detail":{"digest":")" + a + R"("}},{"detail":{"Digest":")" + b + R"("}})", {a}},
      {R"({"detail":[{"digest":")" + a + R"("},[")" + b + R"("],7,null]},{})", {a, b}},
      {R"({"detail":"sha256:a"},{"detail":null})", {}},
      {R"({"detail":{"digest":7}},"text")", {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.details);
    CHECK(parse_error_body("{\"errors\":[" + row.details + "]}").digests == row.digests);
  }
}
