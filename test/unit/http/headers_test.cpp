// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/base/secret.h>
#include <portolan/http/headers.h>

#include <type_traits>

using namespace portolan;
using portolan::http::Headers;

TEST_CASE("header names are the same in any case, and values keep their order") {
  Headers headers{{"Link", "<a>"}, {"Content-Type", "text/plain"}};
  headers.add("link", "<b>");
  CHECK(headers.get("LINK") == "<a>");
  CHECK(headers.all("Link") == std::vector<std::string_view>{"<a>", "<b>"});
  CHECK(headers.get("missing").empty());
  CHECK(headers.contains("content-type"));
  headers.set("LINK", "<c>");
  CHECK(headers.all("link") == std::vector<std::string_view>{"<c>"});
  headers.remove("content-TYPE");
  CHECK_FALSE(headers.contains("Content-Type"));
}

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST_CASE("a secret is copied, moved and compared, and cannot be streamed or taken for text") {
  static_assert(!Streamable<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<std::string, Secret>);
  const Secret first("hunter2, long enough to be on the heap");
  Secret second = first;
  CHECK(second == first);
  const Secret third = std::move(second);
  CHECK(third.reveal() == first.reveal());
  second = Secret("short");
  CHECK(second.reveal() == "short");
  second = third;
  CHECK(second == first);
  CHECK(Secret().empty());
}
