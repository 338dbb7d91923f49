// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "answer.h"

namespace {

using portolan::test::answer;
using portolan::test::Row;
using namespace std::string_view_literals;

template <std::size_t N>
void check(const Row (&rows)[N]) {
  for (const auto& row : rows) {
    CAPTURE(row.document);
    CHECK(answer(row.document) == row.answer);
  }
}

}  // namespace

TEST_CASE("a broken document is refused in go-yaml's words and with its line numbers") {
  constexpr Row rows[] = {
      {"a: b: c", "yaml: mapping values are not allowed in this context"},
      {"a:\n  b: c\n d: e", "yaml: line 2: did not find expected key"},
      {"a: b\n c", "{\"a\":\"b c\"}"},
      {"a: - b", "yaml: block sequence entries are not allowed in this context"},
      {"- a\nb: c", "yaml: line 1: did not find expected '-' indicator"},
      {"a: b\n- c", "yaml: line 1: did not find expected key"},
      {"a: 'b", "yaml: found unexpected end of stream"},
      {"a: \"b", "yaml: found unexpected end of stream"},
      {"a: \"\\q\"", "yaml: found unknown escape character"},
      {"a: \"\\x4\"", "yaml: did not find expected hexdecimal number"},
      {"a: \"\\ud800\"", "yaml: found invalid Unicode character escape code"},
      {"a: @b", "yaml: found character that cannot start any token"},
      {"a: `b`", "yaml: found character that cannot start any token"},
      {"a: %b", "yaml: found character that cannot start any token"},
      {"%a: b", "yaml: found unexpected non-alphabetical character"},
      {"a: &", "yaml: did not find expected alphabetic or numeric character"},
      {"a: *", "yaml: did not find expected alphabetic or numeric character"},
      {"a: b\nc", "yaml: line 3: could not find expected ':'"},
      {"a\nb: c", "yaml: line 2: mapping values are not allowed in this context"},
      {"a: |x\n  b", "yaml: did not find expected comment or line break"},
      {"a: |0\n b", "yaml: found an indentation indicator equal to 0"},
      {"a: >-\n\n b\n\n c\n", "{\"a\":\"\\nb\\nc\"}"},
      {"a: [b\nc: d", "yaml: line 1: did not find expected ',' or ']'"},
      {"a: {b\nc: d\n", "yaml: line 1: did not find expected ',' or '}'"},
      {"a: 'b'c", "yaml: did not find expected key"},
      {"a: 'b' 'c'", "yaml: did not find expected key"},
      {"key: [a]]", "yaml: did not find expected key"},
      {"a: !!", "yaml: did not find expected tag URI"},
      {"a: !<b", "yaml: did not find the expected '>'"},
      {"a: !<> b", "yaml: did not find expected tag URI"},
      {"a: &b! c", "yaml: did not find expected alphabetic or numeric character"},
      {"a:\n- b\n c: d", "yaml: line 3: mapping values are not allowed in this context"},
      {"a: |\n  b\n c", "yaml: line 2: did not find expected key"},
      {"  a: b\nc: d", "{\"a\":\"b\"}"},
      {"a: b\n  c: d", "yaml: line 2: mapping values are not allowed in this context"},
      {"&a", "null"},
      {"!!a!b c", "\"c\""},
      {"%FOO x\n---\na", "yaml: found unknown directive name"},
      {"%YAML x\n---\na", "yaml: did not find expected version number"},
      {"%YAML 1.1 1.2\n---\na", "yaml: did not find expected comment or line break"},
      {"%TAG ! x\n%TAG ! y\n---\na", "yaml: line 1: found duplicate %TAG directive"},
      {"%YAML 1.1\n%YAML 1.1\n---\na", "yaml: line 1: found duplicate %YAML directive"},
      {"%YAML 1.1\na", "yaml: line 1: did not find expected <document start>"},
      {"%TAG x y\n---\na", "yaml: did not find expected '!'"},
  };
  check(rows);
}

TEST_CASE("characters that YAML does not have are refused, byte order marks and UTF-16 understood") {
  constexpr Row rows[] = {
      {"a: \001", "yaml: control characters are not allowed"},
      {"a: \177", "yaml: control characters are not allowed"},
      {"a: \302\200", "yaml: control characters are not allowed"},
      {"a: \302\205b", "yaml: line 3: could not find expected ':'"},
      {"a: \357\277\276", "yaml: control characters are not allowed"},
      {"\000"sv, "yaml: control characters are not allowed"},
      {"a: \357\273\277b", "{\"a\":\"\357\273\277b\"}"},
      {"a: b\n\357\273\277c: d", "{\"a\":\"b\",\"\357\273\277c\":\"d\"}"},
      {"\357\273\277a: b", "{\"a\":\"b\"}"},
      {"\357\273\277\357\273\277a: b", "{\"a\":\"b\"}"},
      {"a: \377", "yaml: invalid leading UTF-8 octet"},
      {"a: \303", "yaml: incomplete UTF-8 octet sequence"},
      {"a: \355\240\200", "yaml: invalid Unicode character"},
      {"a: \360\237\230\200", "{\"a\":\"\360\237\230\200\"}"},
      {"\377\376a\000:\000 \000b\000"sv, "{\"a\":\"b\"}"},
      {"\376\377\000a\000:\000 \000b"sv, "{\"a\":\"b\"}"},
      {"\377\376a", "yaml: incomplete UTF-16 character"},
      {"\377\376\000\334"sv, "yaml: unexpected low surrogate area"},
      {"\377\376\000\330a\000"sv, "yaml: expected low surrogate area"},
      {"\377\376\000\330"sv, "yaml: incomplete UTF-16 surrogate pair"},
      {"\377\376=\330\000\336"sv, "\"\360\237\230\200\""},
      {"\377\376", "null"},
  };
  check(rows);
}
