// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "http/link.h"

using portolan::internal::http::next_link;

TEST_CASE("the link to the next page is found in whatever form it has") {
  struct Row {
    const char* header;
    const char* next;  // null: none
  };
  const Row rows[] = {
      {"</v2/a/tags/list?last=b&n=2>; rel=\"next\"", "/v2/a/tags/list?last=b&n=2"},
      {"<?last=b>; rel=next", "?last=b"},
      {"<https://h/x>;rel = \"next\"", "https://h/x"},
      {"<x>; REL=NEXT", "x"},
      {"<x>; rel=\"prev next\"", "x"},
      {"<x>; title=\"a, b; rel=\\\"prev\\\"\"; rel=next", "x"},
      {"<a>; rel=prev, <b>; rel=next", "b"},
      {"<a,b>; rel=next", "a,b"},
      {"<a>, <b>; rel=next", "b"},
      {"<a>; rel=prev; rel=next", nullptr},
      {"<a>; rel=\"nextpage\"", nullptr},
      {"<a>; rel=prev", nullptr},
      {"", nullptr},
      {" , ", nullptr},
      // Not as the specification has it, but clear enough.
      {"<a>", "a"},
      {"<a>; title=next", "a"},
      {"<a>, <b>; rel=prev", "a"},
      {"<a; rel=next", "a"},
      {"a; rel=next", "a"},
      {"?a=<b; rel=\"next\"", "?a=<b"},
      {"a, <b>; rel=next", "b"},
      {"<a>; rel='next'", "a"},
      {"<a>; rel='prev next'", "a"},
      {"<a>; rel=\"next", "a"},
      {"<>; rel=next", ""},
      {"<x>; rel=next ", "x"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.header);
    const auto next = next_link({{"Link", row.header}});
    REQUIRE(next);
    REQUIRE(next->has_value() == (row.next != nullptr));
    if (*next) CHECK(**next == row.next);
  }
  CHECK(next_link({{"link", "<a>; rel=first"}, {"LINK", "<b>; rel=next"}}).value() == "b");
  CHECK(next_link({{"Link", "a"}, {"Link", "<b>; rel=next"}}).value() == "b");
  CHECK_FALSE(next_link({}).value());
}

TEST_CASE("what is no link is no sign that there is no next page") {
  for (const auto* header : {"a", "<a", "a>", "a; rel=prev", "<a>; rel=\"prev\" b", "next", ";", "<"}) {
    CAPTURE(header);
    const auto next = next_link({{"Link", header}});
    REQUIRE_FALSE(next);
    CHECK(next.error().code() == portolan::Errc::corrupt);
  }
}
