// SPDX-License-Identifier: Apache-2.0
#include "yaml/resolve.h"

#include <doctest/doctest.h>

#include <limits>

#include "yaml/compose.h"
#include "yaml/number.h"
#include "yaml/timestamp.h"

using namespace portolan::internal::yaml;

namespace {

// Through a document, so that the scalar is what stands there.
std::string text_of(const std::string& scalar) {
  const auto value = compose("k: " + scalar);
  return value ? scalar_text(*value->find("k")) : value.error().message();
}

}  // namespace

TEST_CASE("a scalar becomes text where a string is asked for") {
  struct Row {
    std::string scalar;
    std::string text;
  };
  const Row rows[] = {
      {"1.10", "1.1"},
      {"1", "1"},
      {"1.20e3", "1200"},
      {"123456789.5", "1.2345679e+08"},
      {"1e5", "100000"},
      {"1e6", "1e+06"},
      {"1234567.0", "1.234567e+06"},
      {"0755", "493"},
      {"0x1F", "31"},
      {"1_000", "1000"},
      {"12345678901234567890", "12345678901234567890"},
      {"no", "false"},
      {"yes", "true"},
      {"on", "true"},
      {"y", "true"},
      {"n", "false"},
      {"2021-05-06", "2021-05-06"},
      {"12:30:45", "12:30:45"},
      {".inf", "+Inf"},
      {"-.inf", "-Inf"},
      {".nan", "NaN"},
      {"~", ""},
      {"", ""},
      {"2.50", "2.5"},
      {"100000.5", "100000.5"},
      {"999999.9", "999999.9"},
      {"1000000.5", "1.0000005e+06"},
      {"16777217.0", "1.6777216e+07"},
      {"0.0001", "0.0001"},
      {"0.00001", "1e-05"},
      {"1000000", "1000000"},
      {"-0", "0"},
      {"-0.0", "-0"},
      {"1e300", "+Inf"},
      {"1.2.3", "1.2.3"},
      {"\"1.10\"", "1.10"},
      {"'yes'", "yes"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1e-46", "0"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.scalar);
    CHECK(text_of(row.scalar) == row.text);
  }
}

TEST_CASE("integers have Go's prefixes, and fit 64 bits") {
  struct Row {
    std::string_view text;
    std::optional<Integer> value;
  };
  const auto i = [](std::int64_t value) { return Integer{value}; };
  const Row rows[] = {
      {"0", i(0)},
      {"00", i(0)},
      {"-0", i(0)},
      {"+1", i(1)},
      {"0o17", i(15)},
      {"0O17", i(15)},
      {"017", i(15)},
      {"0b101", i(5)},
      {"0B1", i(1)},
      {"-0x1F", i(-31)},
      {"0X1f", i(31)},
      {"9223372036854775807", i(9223372036854775807)},
      {"-9223372036854775808", i(std::numeric_limits<std::int64_t>::min())},
      {"9223372036854775808", Integer{std::uint64_t{9223372036854775808U}}},
      {"0xFFFFFFFFFFFFFFFF", Integer{std::numeric_limits<std::uint64_t>::max()}},
      {"18446744073709551616", std::nullopt},
      {"-9223372036854775809", std::nullopt},
      {"+9223372036854775808", std::nullopt},
      {"08", std::nullopt},
      {"0x", std::nullopt},
      {"0b", std::nullopt},
      {"0b2", std::nullopt},
      {"", std::nullopt},
      {"-", std::nullopt},
      {"--1", std::nullopt},
      {"1 ", std::nullopt},
      {"1e3", std::nullopt},
      {"0x-1", std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_integer(row.text) == row.value);
  }
}

TEST_CASE("floats overflow to nothing and underflow to zero") {
  struct Row {
    std::string_view text;
    std::optional<double> value;
  };
  const Row rows[] = {
      {"1.5", 1.5},
      {".5", 0.5},
      {"5.", 5.0},
      {"+1e3", 1000.0},
      {"-1E-2", -0.01},
      {"08", 8.0},
      {"1e308", 1e308},
      {"1e309", std::nullopt},
      {"-1e400", std::nullopt},
      {"1e-400", 0.0},
      {"0.0000001e-320", 0.0},
      {"1e99999999999999999999", std::nullopt},
      {"1e-99999999999999999999", 0.0},
      {"0e99999999999999999999", 0.0},
      {"5e-324", 5e-324},
      {"100000e-400", 0.0},
      {"0.00001e400", std::nullopt},
      {".", std::nullopt},
      {"e5", std::nullopt},
      {"1e", std::nullopt},
      {"1e+", std::nullopt},
      {"0x1p3", std::nullopt},
      {"inf", std::nullopt},
      {"nan", std::nullopt},
      {"1.5.5", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_float(row.text) == row.value);
  }
}

TEST_CASE("floats are written with the fewest digits, in Go's notation") {
  CHECK(format_float(1.5, Precision::full) == "1.5");
  CHECK(format_float(123456.0, Precision::full) == "123456");
  CHECK(format_float(1e6, Precision::full) == "1e+06");
  CHECK(format_float(1e21, Precision::full) == "1e+21");
  CHECK(format_float(1e-7, Precision::full) == "1e-07");
  CHECK(format_float(0.0001, Precision::full) == "0.0001");
  CHECK(format_float(-0.0, Precision::full) == "-0");
  CHECK(format_float(1.7976931348623157e308, Precision::full) == "1.7976931348623157e+308");
  CHECK(format_json_number(1e6) == "1000000");
  CHECK(format_json_number(1e20) == "100000000000000000000");
  CHECK(format_json_number(1e21) == "1e+21");
  CHECK(format_json_number(0.000001) == "0.000001");
  CHECK(format_json_number(1e-7) == "1e-7");
  CHECK(format_json_number(-0.0) == "-0");
}

TEST_CASE("timestamps are those that Go's formats accept") {
  for (const char* good : {"2001-01-01", "2001-1-1", "2000-2-29", "2001-12-31", "2001-01-01T01:02:03Z",
                           "2001-01-01t1:2:3.123456789123Z", "2001-01-01T01:02:03+01:30", "2001-01-01T01:02:03-24:60",
                           "2001-01-01 1:2:3", "2001-01-01   01:02:03.5", "2001-01-01 01:02:03,5", "0000-01-01"}) {
    CAPTURE(good);
    CHECK(is_timestamp(good));
  }
  for (const char* bad : {"",
                          "2001",
                          "2001-01",
                          "2001-00-01",
                          "2001-13-01",
                          "2001-02-29",
                          "1900-02-29",
                          "2001-01-32",
                          "2001-01-001",
                          "20010-1-1",
                          "201-1-1",
                          "2001-01-01T01:02:03",
                          "2001-01-01 01:02:03Z",
                          "2001-01-01T24:00:00Z",
                          "2001-01-01T00:60:00Z",
                          "2001-01-01T00:00:60Z",
                          "2001-01-01T00:00Z",
                          "2001-01-01T01:02:03+0130",
                          "2001-01-01T01:02:03+25:00",
                          "2001-01-01 ",
                          "2001-01-01x",
                          "+2001-01-01",
                          "2001-01-01T01:02:03.Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_timestamp(bad));
  }
}

TEST_CASE("base64 needs its padding, and may be broken into lines") {
  CHECK(*decode_base64("") == "");
  CHECK(*decode_base64("aGk=") == "hi");
  CHECK(*decode_base64("aA==") == "h");
  CHECK(*decode_base64("aGlq\naGlq\r\n") == "hijhij");
  CHECK(*decode_base64("aGk\n=") == "hi");
  for (const char* bad : {"a", "aG", "aGk", "aGk=x", "aGk==", "=", "a===", "aG=k", "aGk= ", "a-k=", "aGlq="}) {
    CAPTURE(bad);
    CHECK_FALSE(decode_base64(bad));
  }
}

TEST_CASE("a value finds its members by name") {
  const auto value = compose("a: 1\nb: [x]\n");
  REQUIRE(value);
  CHECK(value->find("b")->sequence()->size() == 1);
  CHECK(value->find("c") == nullptr);
  CHECK(Value{}.null());
}
