// SPDX-License-Identifier: Apache-2.0
// Documents that libyaml reads in another way than go-yaml, or refuses, or accepts where go-yaml does not.
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

TEST_CASE("only YAML 1.1 is known") {
  constexpr Row rows[] = {
      {"%YAML 1.2\n---\na: b", "yaml: found incompatible YAML document"},
      {"%YAML 1.1\n---\na: b", "{\"a\":\"b\"}"},
      {"%YAML 1.001\n---\na", "yaml: found extremely long version number"},
      {"# c\n%YAML 1.2\n---\na", "yaml: line 1: found incompatible YAML document"},
  };
  check(rows);
}

TEST_CASE("a slash may not be escaped, a single quote may") {
  constexpr Row rows[] = {
      {"a: \"\\/\"", "yaml: found unknown escape character"},
      {"a: \"it\\'s\"", "{\"a\":\"it's\"}"},
      {"\"it\\'s\": x\nb: \"\\'\\'\"\n", "{\"b\":\"''\",\"it's\":\"x\"}"},
      {"a: \"\\\\'\"", "{\"a\":\"\\\\'\"}"},
      {"[ \"\\'a\" , 'it\\']", "[\"'a\",\"it\\\\\"]"},
  };
  check(rows);
}

TEST_CASE("in a flow collection a question mark starts a key") {
  constexpr Row rows[] = {
      {"{a: b, ?d: e}", "{\"a\":\"b\",\"d\":\"e\"}"},
      {"{a: b?}", "yaml: did not find expected ',' or '}'"},
      {"{a?b: c}", "yaml: did not find expected ',' or '}'"},
      {"[a, b?c]", "yaml: did not find expected ',' or ']'"},
      {"[a: b?]", "yaml: did not find expected ',' or ']'"},
      {"{a: 'b?'}", "{\"a\":\"b?\"}"},
      {"a: b?c", "{\"a\":\"b?c\"}"},
      {"a?b: c", "{\"a?b\":\"c\"}"},
      {"[?a]", "[{\"a\":null}]"},
      {"{?a : b}", "{\"a\":\"b\"}"},
  };
  check(rows);
}

TEST_CASE("a tag ends at a blank, not at a comma or bracket") {
  constexpr Row rows[] = {
      {"!foo,bar x", "\"x\""},
      {"[!foo, bar]", "[\"bar\"]"},
      {"[!foo,bar b, c]", "[\"b\",\"c\"]"},
      {"{a: !x[y] z}", "{\"a\":\"z\"}"},
      {"!![a] b", "\"b\""},
      {"!<a,b> c", "\"c\""},
      {"[!<a,b> c, d]", "[\"c\",\"d\"]"},
      {"[!<a>, b]", "yaml: did not find expected whitespace or line break"},
      {"{a: b,\n c: !<tag:yaml.or>,2002:int> 5}", "yaml: line 2: did not find expected whitespace or line break"},
      {"[!a]", "yaml: line 1: did not find expected ',' or ']'"},
      {"[!a ]", "[\"\"]"},
      {"[!a,@b c]", "[\"c\"]"},
      {"[!a,`b c]", "yaml: did not find expected whitespace or line break"},
      {"[!a,%b c]", "yaml: did not find URI escaped octet"},
      {"{a: b} [!c,@d e]", "{\"a\":\"b\"}"},
      {"{k: [!a,@b c, !d,@e f, g:, !h,i:, j]}", "{\"k\":[\"c\",\"f\",\"g:\",\"j\"]}"},
      {"a: [\"!b,@c\", !d,@e f]", "{\"a\":[\"!b,@c\",\"f\"]}"},
  };
  check(rows);
}

TEST_CASE("a colon before a flow indicator belongs to its word") {
  constexpr Row rows[] = {
      {"{a:, b: c}", "{\"a:\":null,\"b\":\"c\"}"},
      {"[a:, b:]", "[\"a:\",\"b:\"]"},
      {"{a:}", "{\"a:\":null}"},
      {"{a:[b]}", "yaml: did not find expected ',' or '}'"},
      {"{a:{b: c}}", "yaml: did not find expected ',' or '}'"},
      {"{a: b:, c: d}", "{\"a\":\"b:\",\"c\":\"d\"}"},
      {"[a::, b]", "[\"a::\",\"b\"]"},
      {"[a:b]", "[\"a:b\"]"},
      {"{\"a\":b}", "{\"a\":\"b\"}"},
      {"{\"a\":,}", "{\"a\":null}"},
      {"{&x a:, b: *x}", "{\"a:\":null,\"b\":\"a:\"}"},
      {"[http://a/b:]", "[\"http://a/b:\"]"},
      {"[a:, !b,c:, d]", "[\"a:\",\"d\"]"},
  };
  check(rows);
}

TEST_CASE("a text with hidden characters keeps its other private use characters") {
  CHECK(answer("[a:, \"\xEE\x80\x80\", \"\\uE001\"]") == "[\"a:\",\"\xEE\x80\x80\",\"\xEE\x80\x81\"]");
  CHECK(answer("k: \xEE\x80\x80\xEF\xBB\xBF") == "{\"k\":\"\xEE\x80\x80\xEF\xBB\xBF\"}");
}

TEST_CASE("many adaptations in one document are found") {
  std::string document;
  for (int i = 0; i < 50; ++i)
    document += "k" + std::to_string(i) + ": \"it\\'s\"\nf" + std::to_string(i) + ": [a:, !x,y b]\n";
  const auto value = portolan::internal::yaml::compose(document);
  REQUIRE(value);
  CHECK(value->mapping()->size() == 100);
  CHECK(answer("f: [a:, !x,y b]") == "{\"f\":[\"a:\",\"b\"]}");
  for (const auto& [key, member] : *value->mapping()) {
    if (key[0] == 'k') CHECK(*member.string() == "it's");
    if (key[0] == 'f') CHECK(member.sequence()->size() == 2);
  }
}

// Go accepts these, or may read them in more than one way; nobody writes them. Better refused than misread.
TEST_CASE("what cannot be adapted is refused, and never read with another meaning") {
  constexpr Row rows[] = {
      {"%TAG !e! tag:yaml.org\n---\n!e!,2002:int \"5\"", "yaml: a tag with ',', '[' or ']' beside a %TAG directive"},
      {"%TAG !e! x\n---\n[!a,@b c]", "yaml: a tag with ',', '[' or ']' beside a %TAG directive"},
      {"[]: x", "yaml: invalid map key: []interface {}{}"},
      {"{}: x", "yaml: invalid map key: map[interface {}]interface {}{}"},
      {"{? a}: x", "yaml: invalid map key: map[interface {}]interface {}{\"a\":interface {}(nil)}"},
      {"!x%00 1", "yaml: a tag with a NUL character"},
      {"\xEF\xBB\xBF\xEF\xBB\xBF"
       "a: b\nc: d",
       "yaml: a byte order mark inside the document, where its meaning is not defined"},
      {"{a: b} [c?d, \"\\/\"]", "yaml: text behind the document's end, without a line --- or ... before it"},
      {"{a: b} [c?', @\n']", "yaml: text behind the document's end, without a line --- or ... before it"},
      {"|\n a\n[c?', @\n']", "yaml: text behind the document's end, without a line --- or ... before it"},
      {"\"a\" [c?', @\n']", "yaml: text behind the document's end, without a line --- or ... before it"},
      {"  a: b\n[c?', @\n']", "yaml: text behind the document's end, without a line --- or ... before it"},
      {"[[a?', @\n']]", "yaml: found character that cannot start any token"},
      {"a: {b?', @\n'}", "yaml: did not find expected ',' or '}'"},
      {"[a]\n%YAML 1.001\n", "yaml: text behind the document's end, without a line --- or ... before it"},
      {"[a]\n%YAML 1.2\n", "[\"a\"]"},
      {"[a]\n...\n%YAML 1.001\n", "[\"a\"]"},
      {"{a: b} [c, @]", "yaml: found character that cannot start any token"},
  };
  check(rows);
}

TEST_CASE("a byte order mark is refused only where go-yaml's buffer may begin with it") {
  const auto marked_at = [](std::size_t at) {
    return answer("k: " + std::string(at - 3, 'x') + "\xEF\xBB\xBF" + std::string(700, 'y') + "\nb: c\n");
  };
  CHECK(marked_at(400).substr(0, 5) == "{\"b\":");
  CHECK(marked_at(600).substr(0, 5) == "{\"b\":");
  CHECK(answer(std::string(509, '#') + "\n\xEF\xBB\xBF"
                                       "b: c\nd: e\n") ==
        "yaml: a byte order mark inside the document, where its meaning is not defined");
}

// Go may not have read so far when the document ends.
TEST_CASE("UTF-16 with anything wrong in it is refused as unsupported") {
  constexpr Row rows[] = {
      {"\377\376a\000\n\000:\000\n\000b"sv, "yaml: incomplete UTF-16 character"},
      {"\377\376a\000\n\000:\000\n\000\000\334"sv, "yaml: unexpected low surrogate area"},
      {"\377\376a\000\n\000:\000\n\000\001\000"sv, "yaml: control characters are not allowed"},
      {"\377\376a\000\n\000\377\376"sv, "yaml: a byte order mark inside UTF-16"},
  };
  check(rows);
  for (const auto& row : rows) {
    const auto value = portolan::internal::yaml::compose(row.document);
    REQUIRE(!value);
    CHECK(value.error().code() == portolan::Errc::unsupported);
  }
}

TEST_CASE("tabs separate, and do not indent") {
  constexpr Row rows[] = {
      {"a:\tb", "{\"a\":\"b\"}"},
      {"a: b\tc", "{\"a\":\"b\\tc\"}"},
      {"\ta: b", "yaml: found character that cannot start any token"},
      {"a:\n\tb: c", "yaml: line 2: found character that cannot start any token"},
      {"a: \tb", "{\"a\":\"b\"}"},
      {"- \ta", "yaml: found character that cannot start any token"},
      {"-\ta", "yaml: found character that cannot start any token"},
      {"a:\n  - b\n\t- c", "yaml: line 3: found a tab character that violates indentation"},
      {"{\ta: b}", "{\"a\":\"b\"}"},
      {"a: |\n\tx", "yaml: line 2: found a tab character where an indentation space is expected"},
      {"a: |\n  \tx", "yaml: line 2: found a tab character where an indentation space is expected"},
      {"a: 'x\n\ty'", "{\"a\":\"x y\"}"},
      {"a: x\n\ty", "yaml: line 2: found a tab character that violates indentation"},
      {"a: x\n  \ty", "{\"a\":\"x y\"}"},
  };
  check(rows);
}
