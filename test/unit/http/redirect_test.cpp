// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "http/redirect_transport.h"
#include "scripted_transport.h"

using namespace portolan;
using namespace portolan::internal::http;
using http::Method;
using portolan::test::answer;
using portolan::test::ScriptedTransport;

TEST_CASE("redirects are followed as their status and the method allow") {
  struct Row {
    int status;
    Method method;
    bool followed;
  };
  const Row rows[] = {
      {301, Method::get, true},   {302, Method::get, true},    {303, Method::head, true},    {307, Method::get, true},
      {308, Method::head, true},  {307, Method::put, true},    {308, Method::post, true},    {301, Method::put, false},
      {302, Method::post, false}, {303, Method::patch, false}, {300, Method::get, false},    {304, Method::get, false},
      {305, Method::get, false},  {307, Method::remove, true}, {303, Method::remove, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    CAPTURE(http::to_string(row.method));
    const auto inner = std::make_shared<ScriptedTransport>([&](const ScriptedTransport::Asked& asked) {
      return asked.url == "https://h/a/b" ? answer(row.status, {{"Location", "../c?x=1"}}) : answer(200);
    });
    const MemoryBlob body("content");
    const bool sends = row.method != Method::get && row.method != Method::head;
    const auto sent = RedirectTransport(inner).send({}, {.method = row.method,
                                                         .url = "https://h/a/b",
                                                         .headers = {{"Range", "bytes=3-"}},
                                                         .body = sends ? &body : nullptr,
                                                         .body_size = sends ? 7U : 0U});
    REQUIRE(sent);
    CHECK(sent->status == (row.followed ? 200 : row.status));
    CHECK(sent->url == (row.followed ? "https://h/c?x=1" : "https://h/a/b"));
    CHECK(inner->asked().back().headers.get("Range") == "bytes=3-");
    CHECK(inner->asked().back().body == (sends ? "content" : ""));
    CHECK(inner->asked().back().method == row.method);
  }
}

TEST_CASE("what was for one origin stays there, whatever part of it differs") {
  struct Row {
    const char* to;
    bool same;
  };
  const Row rows[] = {
      {"/elsewhere", true},
      {"https://h:443/x", true},
      {"https://H/x", true},
      {"https://h:444/x", false},
      {"https://other/x", false},
      {"https://h.evil/x", false},
      {"https://storage/?sig=abc", false},
      {"/a place/\xC3\xA4", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.to);
    const auto inner = std::make_shared<ScriptedTransport>([&](const ScriptedTransport::Asked& asked) {
      return asked.url == "https://h/blob" ? answer(307, {{"Location", row.to}}) : answer(200);
    });
    const auto own = http::Origin::of("https://h/").value();
    const auto sent = RedirectTransport(inner).send(
        {}, {.url = "https://h/blob", .authorization = http::Authorization{own, Secret("Bearer t")}});
    REQUIRE(sent);
    REQUIRE(inner->asked().size() == 2);
    CHECK(inner->asked()[0].authorization == "Bearer t");
    CHECK(inner->asked()[1].authorization == (row.same ? "Bearer t" : ""));
    CHECK(inner->asked()[0].identity == http::Identity::shown);
    CHECK(inner->asked()[1].identity == (row.same ? http::Identity::shown : http::Identity::withheld));
  }
}

TEST_CASE("circles, the way back to http, and places that are none are refused") {
  struct Row {
    const char* to;
    const char* why;
  };
  const Row rows[] = {
      {"/blob", "h redirects more than 10 times"},
      {"http://h/blob", "h redirects from https to http, which is not followed"},
      {"ftp://h/x", "h redirects to an unusable URL: it begins with neither http:// nor https://"},
      {"https://user:hunter2@h/x", "h redirects to an unusable URL: it has user information"},
      {"//", "h redirects to an unusable URL: it has no proper host"},
      {"/a\x01", "h redirects to an unusable URL: it has characters that none may have"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.to);
    const auto inner = std::make_shared<ScriptedTransport>([&](const auto&) {
      return answer(302, {{"Location", row.to}});
    });
    const auto sent = RedirectTransport(inner).send({}, {.url = "https://h/blob"});
    REQUIRE_FALSE(sent);
    CHECK(sent.error().code() == Errc::protocol_error);
    CHECK(sent.error().message() == row.why);
    CHECK(inner->asked().size() <= 11);
  }
  for (const auto& headers : {http::Headers{}, http::Headers{{"Location", ""}}}) {
    const auto nowhere = std::make_shared<ScriptedTransport>([&](const auto&) { return answer(302, headers); });
    CHECK(RedirectTransport(nowhere).send({}, {.url = "https://h/blob"})->status == 302);
    CHECK(nowhere->asked().size() == 1);
  }
  const auto plain = std::make_shared<ScriptedTransport>([](const ScriptedTransport::Asked& asked) {
    return asked.url == "http://h/blob" ? answer(302, {{"Location", "http://s/x"}}) : answer(200);
  });
  CHECK(RedirectTransport(plain).send({}, {.url = "http://h/blob"})->status == 200);
}

TEST_CASE("a body that is a secret goes to its own origin alone") {
  struct Row {
    const char* to;
    bool followed;
  };
  const Row rows[] = {
      {"/elsewhere", true}, {"https://h:443/x", true}, {"https://evil.example/x", false}, {"https://h:444/x", false}};
  for (const auto& row : rows) {
    CAPTURE(row.to);
    const auto inner = std::make_shared<ScriptedTransport>([&](const ScriptedTransport::Asked& asked) {
      return asked.url == "https://h/token" ? answer(307, {{"Location", row.to}}) : answer(200);
    });
    const MemoryBlob body("hunter2");
    const auto sent = RedirectTransport(inner).send({}, {.method = Method::post,
                                                         .url = "https://h/token",
                                                         .body = &body,
                                                         .body_size = 7,
                                                         .redirects = http::Redirects::within_origin});
    CHECK(sent.has_value() == row.followed);
    CHECK(inner->asked().size() == (row.followed ? 2 : 1));
  }
}

TEST_CASE("a public host leads to public hosts, a private one to all but those of its link") {
  struct Row {
    const char* address;
    const char* to;
    http::Reach reach;
  };
  const Row rows[] = {
      {"203.0.113.7", "https://s/x", http::Reach::public_addresses},
      {"203.0.113.7", "/x", http::Reach::anywhere},
      {"10.0.0.1", "https://s/x", http::Reach::not_link_local},
      {"10.0.0.1", "/x", http::Reach::anywhere},
      {"", "https://s/x", http::Reach::not_link_local},
      {"169.254.1.2", "https://s/x", http::Reach::anywhere},
  };
  for (const auto& row : rows) {
    CAPTURE(row.address);
    CAPTURE(row.to);
    const auto inner = std::make_shared<ScriptedTransport>([&](const ScriptedTransport::Asked& asked) {
      auto response = asked.url == "https://h/blob" ? answer(307, {{"Location", row.to}}) : answer(200);
      response.address = row.address;
      return response;
    });
    REQUIRE(RedirectTransport(inner).send({}, {.url = "https://h/blob"}));
    CHECK(inner->asked().at(1).reach == row.reach);
  }
}
