// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "json/writer.h"

namespace json = portolan::internal::json;

namespace {
std::string string_of(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}
}  // namespace

TEST_CASE("strings are escaped as Go's encoding/json escapes them") {
  using namespace std::string_view_literals;
  struct Row {
    std::string_view text;
    std::string_view json;
  };
  const Row rows[] = {
      {"", R"("")"},
      {"plain/text", R"("plain/text")"},
      {"<a href='x'>&", R"("\u003ca href='x'\u003e\u0026")"},
      {"\"\\", R"("\"\\")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {"\0\x01\x0b\x1f"sv, R"("\u0000\u0001\u000b\u001f")"},
      {"\x7f", "\"\x7f\""},
      {"é\xf0\x9f\x98\x80\xc2\x85", "\"é\xf0\x9f\x98\x80\xc2\x85\""},
      {"\xe2\x80\xa8\xe2\x80\xa9", R"("\u2028\u2029")"},
      {"\xef\xbf\xbd", "\"\xef\xbf\xbd\""},
      {"a\xff\xc3(", R"("a\ufffd\ufffd(")"},
      {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},
  };
  for (const auto& row : rows) CHECK(string_of(row.text) == row.json);
}

TEST_CASE("numbers have the digits and the form that Go's encoding/json gives them") {
  struct Row {
    double value;
    std::string text;
  };
  const Row rows[] = {
      {0.0, "0"},
      {-0.0, "-0"},
      {1.0, "1"},
      {-1.5, "-1.5"},
      {100.0, "100"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {123456.789, "123456.789"},
      {1e20, "100000000000000000000"},
      {123456789012345678901.0, "123456789012345680000"},
      {999999999999999900000.0, "999999999999999900000"},
      {1e21, "1e+21"},
      {-1.25e21, "-1.25e+21"},
      {1e22, "1e+22"},
      {1e100, "1e+100"},
      {0.000001, "0.000001"},
      {0.00000123, "0.00000123"},
      {0.0000001, "1e-7"},
      {0.000000999, "9.99e-7"},
      {-1.5e-9, "-1.5e-9"},
      {1e-10, "1e-10"},
      {9007199254740993.0, "9007199254740992"},
      {5e-324, "5e-324"},
      {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
  };
  for (const auto& row : rows) CHECK(json::number(row.value) == row.text);
}

TEST_CASE("the writer sets commas and colons between tokens by itself") {
  json::Writer writer;
  writer.begin_object();
  writer.member("a", "x").key("empty").begin_array().end_array().key("list").begin_array();
  writer.integer(-1).unsigned_integer(18446744073709551615u).floating(0.5).boolean(true).null().raw("{}");
  writer.begin_object().end_object().begin_array().string("y").end_array();
  writer.end_array().key("<").boolean(false).end_object();
  CHECK(writer.text() ==
        R"({"a":"x","empty":[],"list":[-1,18446744073709551615,0.5,true,null,{},{},["y"]],"\u003c":false})");
}
