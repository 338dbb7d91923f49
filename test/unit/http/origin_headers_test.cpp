// SPDX-License-Identifier: Apache-2.0
#include "http/origin_headers.h"

#include <doctest/doctest.h>

#include "http/redirect_transport.h"
#include "scripted_transport.h"

using namespace portolan;
using internal::http::check_extra_header;
using internal::http::OriginHeaders;
using internal::http::RedirectTransport;
using test::ScriptedTransport;

TEST_CASE("fields of one's own go to their origin, and not to where it redirects") {
  const auto scripted = std::make_shared<ScriptedTransport>([](const ScriptedTransport::Asked& asked) {
    if (asked.url == "https://registry.example/a") return test::answer(307, {{"Location", "https://blobs.example/b"}});
    if (asked.url == "https://blobs.example/b") return test::answer(302, {{"Location", "https://registry.example/c"}});
    return test::answer(200);
  });
  RedirectTransport over(std::make_shared<OriginHeaders>(
      scripted, http::Origin::of("https://registry.example").value(),
      OriginHeaders::Fields{{"X-Team", Secret("one")}, {"x-team", Secret("two")}, {"User-Agent", Secret("mine")}}));
  REQUIRE(over.send({}, {.url = "https://registry.example/a", .headers = {{"User-Agent", "x"}}}));
  const auto asked = scripted->asked();
  REQUIRE(asked.size() == 3);
  for (const auto at : {0, 2}) {
    const auto& headers = asked[static_cast<std::size_t>(at)].headers;
    CHECK(headers.all("X-Team") == std::vector<std::string_view>{"one", "two"});
    CHECK(headers.all("User-Agent") == std::vector<std::string_view>{"mine"});
  }
  CHECK_FALSE(asked[1].headers.contains("X-Team"));
  CHECK(asked[1].headers.get("User-Agent") == "x");
}

TEST_CASE("what requests are made of is not to be set, and a refusal tells no value") {
  for (const auto* name : {"Authorization", "HOST", "content-length", "Content-Type", "Proxy-Authorization", "Range",
                           "Transfer-Encoding", "Connection", "Expect"}) {
    const auto checked = check_extra_header(name, Secret("hunter2"));
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code() == Errc::invalid_argument);
    CHECK(checked.error().message() == "the header field " + std::string(name) + " is not one to be set");
  }
  for (const auto* name : {"", "a b", "a:", "a\r\nb", "\xC3\xA4"}) {
    CHECK_FALSE(check_extra_header(name, Secret("hunter2")));
  }
  for (const auto& value : {std::string("hunter2\r\nX: y"), std::string("hunter2\0", 8), std::string(20'000, 'x')}) {
    const auto checked = check_extra_header("X", Secret(value));
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message().find("hunter2") == std::string::npos);
  }
  CHECK(check_extra_header("X-Team", Secret("a, b; c=\"d\"")));
  CHECK(check_extra_header("Cookie", Secret("")));
}
