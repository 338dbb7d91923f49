// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "base/text.h"

#include <portolan/base/printable.h>

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

TEST_CASE("foreign text neither controls a terminal nor looks like another one") {
  struct Row {
    std::string text;
    std::string line;
    std::string lines;
  };
  const auto same = [](const std::string& text, const std::string& shown) { return Row{text, shown, shown}; };
  const Row rows[] = {
      same("app 1.4.2", "app 1.4.2"),
      {"line\nbreak\r\nand\ttab", "line break\\x0d and tab", "line\nbreak\r\nand\ttab"},
      {"over\rwritten", "over\\x0dwritten", "over\\x0dwritten"},
      same("\x1b[31mred\x1b[0m", R"(\x1b[31mred\x1b[0m)"),
      same("bell\a\x7f", R"(bell\x07\x7f)"),
      same("naïve – ☃ \xc2\xa0", "naïve – ☃ \xc2\xa0"),
      same("a\u200db\u200cc", "a\u200db\u200cc"),
      same("a\\b", "a\\b"),
      same("\u009b31m", R"(\u009b31m)"),
      same("\x9b"
           "31m",
           R"(\x9b31m)"),
      same("\u202e\u2066\u200b\u061c\ufeff\u00ad", R"(\u202e\u2066\u200b\u061c\ufeff\u00ad)"),
      same("\U000e0041", R"(\U000e0041)"),
      same("", ""),
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(portolan::printable(row.text) == row.line);
    CHECK(portolan::printable_lines(row.text) == row.lines);
  }
}

TEST_CASE("hidden characters of JSON are escaped, and nothing else is another one") {
  using portolan::internal::printable_json;
  const char* same[] = {"", "{}", R"({"a": "\u0009é☃\\"})", "[\n\t1\r\n]", "\"\xff\"", "\"a\u200db\""};
  for (const auto* text : same) CHECK(printable_json(text) == text);
  CHECK(printable_json("{\"\u202e\":\"é\u009b\x7f\U000e0041\"}") == R"({"\u202e":"é\u009b\u007f\udb40\udc41"})");
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
