// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>

#include "json/json.h"
#include "json/writer.h"

using namespace std::string_literals;
using portolan::Errc;
namespace json = portolan::internal::json;
using json::DuplicateKeys;

namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string written(const json::Value& value) {
  json::Writer writer;
  json::write(writer, value);
  return std::move(writer).text();
}

}  // namespace

TEST_CASE("text that is not exactly one JSON value is refused, and the message says where") {
  struct Row {
    std::string text;
    Errc code;
    std::string says;
  };
  const Row rows[] = {
      {"", Errc::corrupt, "byte 0"},
      {" ", Errc::corrupt, "unexpected"},
      {"{", Errc::corrupt, "unexpected"},
      {"{} {}", Errc::corrupt, "byte 3"},
      {"{}x", Errc::corrupt, "byte 2"},
      {"{}\0"s, Errc::corrupt, "NUL at byte 2"},
      {"{}\0garbage"s, Errc::corrupt, "NUL at byte 2"},
      {"\xef\xbb\xbf{}", Errc::corrupt, "byte order mark"},
      {"// comment\n{}", Errc::corrupt, "byte 0"},
      {"[1,]", Errc::corrupt, "byte 3"},
      {"{\"a\":1,}", Errc::corrupt, "byte 7"},
      {"{'a':1}", Errc::corrupt, "byte 1"},
      {"[01]", Errc::corrupt, "byte 2"},
      {"[+1]", Errc::corrupt, "byte 1"},
      {"[NaN]", Errc::corrupt, "byte 1"},
      {"[1e999]", Errc::corrupt, "beyond any double"},
      {"[-1e999]", Errc::corrupt, "beyond any double"},
      {"[\"a\nb\"]", Errc::corrupt, "byte 3"},
      {R"(["\ud800"])", Errc::corrupt, "unexpected"},
      {R"(["\x41"])", Errc::corrupt, "byte 3"},
      {"[\"\xff\"]", Errc::corrupt, "UTF-8 at byte 2"},
      {"[\"\xed\xa0\x80\"]", Errc::corrupt, "UTF-8 at byte 2"},
      {"[18446744073709551616]", Errc::corrupt, "18446744073709551616"},
      {"[-9223372036854775809]", Errc::corrupt, "-9223372036854775809"},
      {R"({"a":1,"b":2,"a":3})", Errc::corrupt, "\"a\" twice"},
      {R"({"a":1,"\u0061":3})", Errc::corrupt, "\"a\" twice"},
      {R"([{"x":{"":1,"":1}}])", Errc::corrupt, "\"\" twice"},
      {nested(json::max_depth + 1), Errc::limit_exceeded, "64"},
      {std::string(100'000, '['), Errc::limit_exceeded, "64"},
  };
  for (const auto& row : rows) {
    const auto shown = row.text.substr(0, 40);
    CAPTURE(shown);
    const auto value = json::parse(row.text);
    REQUIRE_FALSE(value.has_value());
    CAPTURE(value.error().message());
    CHECK(value.error().code() == row.code);
    CHECK(value.error().message().find(row.says) != std::string::npos);
  }
}

TEST_CASE("every JSON value is read as it is written, in the order of its keys") {
  for (const std::string text : {"null", "true", "false", "0", "-1", "18446744073709551615", "-9223372036854775808",
                                 "0.5", "\"\"", "[]", "{}", "-0.0", "1e+22", "100000000000000000000e+0",
                                 R"({"b":1,"a":[{"z":null,"y":"\"\\"},[[]]],"":""})", R"(["é","\u2028","\u0000"])"}) {
    CAPTURE(text);
    const auto value = json::parse(text);
    REQUIRE(value.has_value());
    CHECK(written(*value) == text);
  }
  CHECK(json::parse(nested(json::max_depth)).has_value());
  CHECK(written(*json::parse(" [ 1 , 2 ]\r\n\t")) == "[1,2]");
  CHECK(written(*json::parse(R"(["\ud83d\ude00\/"])")) == "[\"\xf0\x9f\x98\x80/\"]");
}

TEST_CASE("an integer keeps its kind, and a number with a fraction is none") {
  CHECK(json::parse("18446744073709551615")->is_number_unsigned());
  CHECK(json::parse("-1")->is_number_integer());
  CHECK_FALSE(json::parse("1.0")->is_number_integer());
  CHECK_FALSE(json::parse("1e3")->is_number_integer());
}

TEST_CASE("configuration files keep the last value of a key at its first place, as Go's maps would") {
  struct Row {
    std::string text;
    std::string kept;
  };
  const Row rows[] = {
      {R"({"a":1,"b":2,"a":3})", R"({"a":3,"b":2})"},
      {R"({"b":1,"a":2,"b":3,"a":4,"b":5,"c":6})", R"({"b":5,"a":4,"c":6})"},
      {R"([{"a":{"x":1,"x":{"y":1,"y":[2]}}}])", R"([{"a":{"x":{"y":[2]}}}])"},
      {R"({"a":18446744073709551616})", R"({"a":18446744073709552000e+0})"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto value = json::parse(row.text, DuplicateKeys::last_wins);
    REQUIRE(value.has_value());
    CHECK(written(*value) == row.kept);
  }
}

TEST_CASE("an object of many keys takes no quadratic time") {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += "\"" + std::to_string(i) + "\":0,";
  text += "\"x\":0}";
  const auto start = std::chrono::steady_clock::now();
  CHECK(json::parse(text).has_value());
  // Quadratic, it takes minutes; linear, a fraction of a second, also under a sanitizer.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}
