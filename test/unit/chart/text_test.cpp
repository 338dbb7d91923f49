// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "chart/printable.h"
#include "chart/rfc3339.h"
#include "chart/values_documents.h"

using namespace portolan::internal::chart;

TEST_CASE("metadata text keeps what can be printed, and blanks for white space") {
  struct Row {
    const char* given;
    const char* kept;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"Two\nlines\n", "Two lines "},
      {"a\t b\r\nc", "a  b  c"},
      {"a\xC2\xA0"
       "b",
       "a b"},
      {"a\xE2\x80\x8B"
       "b",
       "ab"},
      {"a\xC2\xAD"
       "b",
       "ab"},
      {"a\x7F\x01"
       "b",
       "ab"},
      {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
      {"\xEF\xBB\xBFx", "x"},
      {"\xEE\x80\x80x", "x"},
      {"Kröpke", "Kröpke"},
      {"\xFF", "\xEF\xBF\xBD"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.given);
    CHECK(sanitized(row.given) == row.kept);
  }
}

TEST_CASE("a time is read and printed as Go does") {
  struct Row {
    const char* given;
    const char* printed;  // null: refused
    std::int64_t seconds;
  };
  const Row rows[] = {
      {"2024-05-01T10:11:12.123456+02:00", "2024-05-01T10:11:12.123456+02:00", 1'714'551'072},
      {"2024-05-01T10:11:12Z", "2024-05-01T10:11:12Z", 1'714'558'272},
      {"2024-05-01T10:11:12.500000000Z", "2024-05-01T10:11:12.5Z", 1'714'558'272},
      {"2024-05-01T10:11:12.000Z", "2024-05-01T10:11:12Z", 1'714'558'272},
      {"2024-05-01T10:11:12+00:00", "2024-05-01T10:11:12Z", 1'714'558'272},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", -62'135'596'800},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", 1'709'164'800},
      {"2023-02-29T00:00:00Z", nullptr, 0},
      {"2020-01-01", nullptr, 0},
      {"2020-01-01T00:00:00", nullptr, 0},
      {"2020-01-01t00:00:00z", nullptr, 0},
      {"2020-01-01 00:00:00Z", nullptr, 0},
      {"2020-01-01T24:00:00Z", nullptr, 0},
      {"2020-01-01T00:60:00Z", nullptr, 0},
      {"2020-01-01T0:00:00Z", nullptr, 0},
      {"2020-01-01T00:00:00.Z", nullptr, 0},
      {"2020-01-01T00:00:00+24:00", nullptr, 0},
      {"2020-01-01T00:00:00Zx", nullptr, 0},
      {"", nullptr, 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.given);
    const auto time = parse_rfc3339(row.given);
    REQUIRE(time.has_value() == (row.printed != nullptr));
    if (!time) continue;
    CHECK(time->text == row.printed);
    CHECK(time->utc.seconds == row.seconds);
  }
  CHECK(format_utc(1'700'000'060) == "2023-11-14T22:14:20Z");
  CHECK(format_utc(0) == "1970-01-01T00:00:00Z");
}

TEST_CASE("values are documents that are mappings, divided by plain separator lines") {
  struct Row {
    const char* text;
    bool good;
  };
  const Row rows[] = {
      {"", true},
      {"# only a comment\n", true},
      {"a: 1\n", true},
      {"null\n", true},
      {"a: 1\n---\nb: 2\n", true},
      {"--- # comment\na: 1\n", true},
      {"---\r\na: 1\r\n", true},
      {"a: 1\n...\n[broken", true},
      {"- a\n", false},
      {"text\n", false},
      {"a: 1\n---\n- b\n", false},
      {"--- {a: 1}\n", false},
      {"----\n", false},
      {"a: [\n", false},
      {"a: .nan\n", false},
      {"%YAML 1.1\n---\na: 1\n", false},
      {" ---\n", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(check_values(row.text).has_value() == row.good);
  }
}
