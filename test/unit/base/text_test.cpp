// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "base/text.h"

using portolan::internal::is_utf8;
using portolan::internal::quote;

TEST_CASE("foreign text is quoted so that it cannot disturb a terminal") {
  CHECK(quote("plain") == "\"plain\"");
  CHECK(quote("a\"b\\c") == R"("a\"b\\c")");
  CHECK(quote("a\nb\tc\x1b[31m") == R"("a\nb\tc\x1b[31m")");
  CHECK(quote("\xff") == R"("\xff")");
  CHECK(quote("é") == "\"é\"");
  CHECK(quote("\xe2\x80\xae") == R"("\u202e")");
  CHECK(quote(std::string(1000, 'a')).size() < 400);
}

TEST_CASE("UTF-8 is what Unicode says it is") {
  for (const char* good : {"", "a", "é", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbd"}) CHECK(is_utf8(good));
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xf0\x80\x80\x80"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("each byte that is not UTF-8 decodes to one replacement character") {
  std::size_t at = 0;
  std::string out;
  const std::string text = "a\xe2\x82z";
  while (at < text.size()) portolan::internal::append_utf8(out, portolan::internal::next_code_point(text, at));
  CHECK(out == "a\xef\xbf\xbd\xef\xbf\xbdz");
}
