// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "answer.h"

namespace {

using portolan::test::answer;
using portolan::test::Row;
using namespace portolan;
using namespace portolan::internal::yaml;
using namespace std::string_view_literals;

template <std::size_t N>
void check(const Row (&rows)[N]) {
  for (const auto& row : rows) {
    CAPTURE(row.document);
    CHECK(answer(row.document) == row.answer);
  }
}

}  // namespace

TEST_CASE("keys may be explicit") {
  constexpr Row rows[] = {
      {"? a\n: b", "{\"a\":\"b\"}"},
      {"? a", "{\"a\":null}"},
      {"? a\nb: c", "{\"a\":null,\"b\":\"c\"}"},
      {"?a: b", "{\"?a\":\"b\"}"},
      {"? - a\n: b", "yaml: invalid map key: []interface {}{\"a\"}"},
      {"? {a: b}\n: c", "yaml: invalid map key: map[interface {}]interface {}{\"a\":\"b\"}"},
      {"? |\n  x\n: y", "{\"x\\n\":true}"},
  };
  check(rows);
}

TEST_CASE("flow collections nest, and leave out what is empty") {
  constexpr Row rows[] = {
      {"[[[a]]]", "[[[\"a\"]]]"},
      {"{a: {b: {c: [d, {e: f}]}}}", "{\"a\":{\"b\":{\"c\":[\"d\",{\"e\":\"f\"}]}}}"},
      {"[a, [b, c], {d: e}]", "[\"a\",[\"b\",\"c\"],{\"d\":\"e\"}]"},
      {"[a: b, c]", "[{\"a\":\"b\"},\"c\"]"},
      {"[{a}, b]", "[{\"a\":null},\"b\"]"},
      {"{a, b: c}", "{\"a\":null,\"b\":\"c\"}"},
      {"[,]", "yaml: did not find expected node content"},
      {"[a,,b]", "yaml: did not find expected node content"},
      {"{a: b,}", "{\"a\":\"b\"}"},
      {"[a,]", "[\"a\"]"},
      {"[a", "yaml: line 1: did not find expected ',' or ']'"},
      {"{a: b", "yaml: line 1: did not find expected ',' or '}'"},
      {"a]", "\"a]\""},
      {"}", "yaml: did not find expected node content"},
  };
  check(rows);
}

TEST_CASE("a simple key has at most 1,024 characters") {
  const std::string long_key(1'024, 'k');
  CHECK(answer(long_key + ": v") == "{\"" + long_key + "\":\"v\"}");
  CHECK(answer("k" + long_key + ": v") == "yaml: mapping values are not allowed in this context");
  CHECK(answer("{k" + long_key + ": v}") == "yaml: did not find expected ',' or '}'");
  CHECK(answer("a: b\nk" + long_key + ": v") == "yaml: line 2: could not find expected ':'");
  CHECK(answer("? k" + long_key + "\n: v") == "{\"k" + long_key + "\":\"v\"}");
  // An escape that libyaml does not know changes nothing about that.
  CHECK(answer("\"\\'" + std::string(1'020, 'k') + "\": v") == "{\"'" + std::string(1'020, 'k') + "\":\"v\"}");
  CHECK(answer("\"\\'" + std::string(1'021, 'k') + "\": v") == "yaml: mapping values are not allowed in this context");
}

TEST_CASE("a comment needs a blank before it behind a plain word only") {
  constexpr Row rows[] = {
      {"a: b#c", "{\"a\":\"b#c\"}"},      {"a: b #c", "{\"a\":\"b\"}"}, {"a: \"b\"#c", "{\"a\":\"b\"}"},
      {"a: [b]#c", "{\"a\":[\"b\"]}"},    {"a: #c", "{\"a\":null}"},    {"#c", "null"},
      {"a: 'b' #c\n#d", "{\"a\":\"b\"}"}, {"a:#b", "\"a:#b\""},         {"a: |#c\n  x", "{\"a\":\"x\"}"},
      {"a: | #c\n  x", "{\"a\":\"x\"}"},
  };
  check(rows);
}

TEST_CASE("the first document ends at its marker") {
  constexpr Row rows[] = {
      {"--- a", "\"a\""},
      {"---\na\n---\nb", "\"a\""},
      {"a\n...\nb", "\"a\""},
      {"a: b\n... c", "{\"a\":\"b\"}"},
      {"a: b\n--- c", "{\"a\":\"b\"}"},
      {"--- |\n  x\n", "\"x\\n\""},
      {"---", "null"},
      {"...", "yaml: did not find expected node content"},
      {"---\n...", "null"},
      {"a: b\n---", "{\"a\":\"b\"}"},
      {"----", "\"----\""},
      {"--- # c\na: b", "{\"a\":\"b\"}"},
      {"a: b\n...\n%YAML 1.1\n---\nc", "{\"a\":\"b\"}"},
      {"---a: b", "{\"---a\":\"b\"}"},
      {"a: '\n---\n'", "yaml: line 2: found unexpected document indicator"},
      {"a: x\n---\nb: @", "{\"a\":\"x\"}"},
      {"a: b\n@", "yaml: line 2: found character that cannot start any token"},
  };
  check(rows);
}

TEST_CASE("an alias is replaced by its anchor's value") {
  constexpr Row rows[] = {
      {"a: &x b\nc: *x", "{\"a\":\"b\",\"c\":\"b\"}"},
      {"*x", "yaml: unknown anchor 'x' referenced"},
      {"a: &x [*x]", "yaml: anchor 'x' value contains itself"},
      {"a: &x {b: *x}", "yaml: anchor 'x' value contains itself"},
      {"a: *x\nb: &x c", "yaml: unknown anchor 'x' referenced"},
      {"&x a: *x", "{\"a\":\"a\"}"},
      {"&a &b c", "null"},
      {"a: &x", "{\"a\":null}"},
  };
  check(rows);
}

TEST_CASE("merge keys take effect where they stand") {
  constexpr Row rows[] = {
      {"<<: {a: b}\nc: d", "{\"a\":\"b\",\"c\":\"d\"}"},
      {"a: 1\n<<: {a: 2}", "{\"a\":2}"},
      {"<<: {a: 2}\na: 1", "{\"a\":1}"},
      {"<<: [{a: 1}, {a: 2, b: 3}]", "{\"a\":1,\"b\":3}"},
      {"<<: x", "yaml: map merge requires map or sequence of maps as the value"},
      {"<<: [x]", "yaml: map merge requires map or sequence of maps as the value"},
      {"<<: *x", "yaml: unknown anchor 'x' referenced"},
      {"b: &b {x: 1}\nc: {<<: *b, y: 2}", "{\"b\":{\"x\":1},\"c\":{\"true\":2,\"x\":1}}"},
      {"b: &b [1]\nc: {<<: *b}", "yaml: map merge requires map or sequence of maps as the value"},
      {"b: &b {x: 1}\nc:\n  <<: [*b, {x: 3, z: 4}]", "{\"b\":{\"x\":1},\"c\":{\"x\":1,\"z\":4}}"},
      {"\"<<\": {a: b}", "{\"\\u003c\\u003c\":{\"a\":\"b\"}}"},
      {"!!merge <<: {a: b}", "{\"a\":\"b\"}"},
      {"! \"<<\": {a: b}", "{\"a\":\"b\"}"},
      {"<<: ", "yaml: map merge requires map or sequence of maps as the value"},
      {"a: {<<: &x {b: c}}\nd: *x", "{\"a\":{\"b\":\"c\"},\"d\":{\"b\":\"c\"}}"},
  };
  check(rows);
}

TEST_CASE("of equal keys the last one wins") {
  constexpr Row rows[] = {
      {"a: 1\na: 2", "{\"a\":2}"},         {"a: 1\n\"a\": 2", "{\"a\":2}"},
      {"1: a\n1: b", "{\"1\":\"b\"}"},     {"true: a\nyes: b", "{\"true\":\"b\"}"},
      {"1.0: a\n1e0: b", "{\"1\":\"b\"}"},
  };
  check(rows);
}

TEST_CASE("keys that are no UTF-8 become it, unless two of them would be one") {
  constexpr Row rows[] = {
      {"!!binary /w==: a", "{\"\357\277\275\":\"a\"}"},
      {"{!!binary /w==: 1, a: 2, !!binary /w==: 3}", "{\"a\":2,\"\357\277\275\":3}"},
      {"{a: &a !!binary /w==, *a : *a}", "{\"a\":\"\357\277\275\",\"\357\277\275\":\"\357\277\275\"}"},
      {"- &a !!binary /w==\n- *a", "[\"\357\277\275\",\"\357\277\275\"]"},
      {"{!!binary /w==: a, ~: b}", "unsupported map key of type: %!s(<nil>), key: <nil>, value: \"b\""},
      {"{!!binary /w==: 1, !!binary /g==: 2}", "yaml: keys that differ only in bytes that are not UTF-8"},
      {"{!!binary /w==: 1, \"\\uFFFD\": 2}", "yaml: keys that differ only in bytes that are not UTF-8"},
      {"a: {<<: {!!binary /w==: 1}, !!binary /g==: 2}", "yaml: keys that differ only in bytes that are not UTF-8"},
  };
  check(rows);
}

TEST_CASE("keys become text as the JSON bridge makes it") {
  constexpr Row rows[] = {
      {"~: a", "unsupported map key of type: %!s(<nil>), key: <nil>, value: \"a\""},
      {"a: {~: b}\na: c", "{\"a\":\"c\"}"},
      {"18446744073709551615: a", "unsupported map key of type: uint64, key: 0xffffffffffffffff, value: \"a\""},
      {"[a]: b", "yaml: invalid map key: []interface {}{\"a\"}"},
      {"{a: b}: c", "yaml: invalid map key: map[interface {}]interface {}{\"a\":\"b\"}"},
      {"{{ .Values.x }}", "yaml: invalid map key: map[interface {}]interface {}{\".Values.x\":interface {}(nil)}"},
      {"a: {{ .Values.x }}", "yaml: invalid map key: map[interface {}]interface {}{\".Values.x\":interface {}(nil)}"},
      {"1.5: a", "{\"1.5\":\"a\"}"},
      {"1e6: a", "{\"1e+06\":\"a\"}"},
      {"16777217.0: a", "{\"1.6777216e+07\":\"a\"}"},
      {".inf: a", "{\".inf\":\"a\"}"},
      {".nan: a", "{\".nan\":\"a\"}"},
      {"2001-01-01: a", "{\"2001-01-01\":\"a\"}"},
      {"0x10: a", "{\"16\":\"a\"}"},
      {"- a\n- b: c\n d: e", "yaml: line 2: did not find expected '-' indicator"},
  };
  check(rows);
}

TEST_CASE("tags decide what a scalar means") {
  constexpr Row rows[] = {
      {"!!str 1", "\"1\""},
      {"!!int \"1\"", "1"},
      {"!!int a", "yaml: cannot decode !!str `a` as a !!int"},
      {"!!float 1", "1"},
      {"!!float a", "yaml: cannot decode !!str `a` as a !!float"},
      {"!!float 18446744073709551615", "yaml: cannot decode !!int `18446744073709551615` as a !!float"},
      {"!!bool yes", "true"},
      {"!!bool 1", "yaml: cannot decode !!int `1` as a !!bool"},
      {"!!null ~", "null"},
      {"!!null a", "yaml: cannot decode !!str `a` as a !!null"},
      {"!!binary aGk=", "\"hi\""},
      {"!!binary aGk", "yaml: !!binary value contains invalid base64 data"},
      {"!!binary \"aG\\nk=\"", "\"hi\""},
      {"!!binary /w==", "\"\357\277\275\""},
      {"!!binary aGk=x", "yaml: !!binary value contains invalid base64 data"},
      {"!!timestamp 2001-01-01", "\"2001-01-01\""},
      {"!!timestamp a", "yaml: cannot decode !!str `a` as a !!timestamp"},
      {"!!str", "\"\""},
      {"!!int", "yaml: cannot decode !!null `` as a !!int"},
      {"!foo 1", "\"1\""},
      {"! 1", "\"1\""},
      {"!!set {a}", "{\"a\":null}"},
      {"!!omap [a]", "[\"a\"]"},
      {"!!python/x 1", "\"1\""},
      {"!x!y z", "yaml: found undefined tag handle"},
      {"!", "\"\""},
      {"a: !!str\nb: c", "{\"a\":\"\",\"b\":\"c\"}"},
      {"!!map 1", "\"1\""},
      {"!!st%72 1", "\"1\""},
  };
  check(rows);
}

TEST_CASE("lines are folded and chomped") {
  constexpr Row rows[] = {
      {"a: \"b\n  c\"", "{\"a\":\"b c\"}"},
      {"a: 'b\n\n  c'", "{\"a\":\"b\\nc\"}"},
      {"a: b\n  c\n\n  d", "{\"a\":\"b c\\nd\"}"},
      {"a: \"b\\\n  c\"", "{\"a\":\"bc\"}"},
      {"a: >\n  b\n  c\n\n   d\n  e\n", "{\"a\":\"b c\\n\\n d\\ne\\n\"}"},
      {"a: |+\n  b\n\n", "{\"a\":\"b\\n\\n\"}"},
      {"a: |-\n  b\n\n", "{\"a\":\"b\"}"},
      {"a: |2\n    b\n", "{\"a\":\"  b\\n\"}"},
      {"a: \"\\0\\a\\b\\e\\f\\v\\N\\_\\L\\P\\x41\\u00e9\\U0001F600\\ \\\t\"",
       "{\"a\":\"\\u0000\\u0007\\b\\u001b\\f\\u000b\302\205\302\240\\u2028\\u2029A\303\251\360\237\230\200 \\t\"}"},
      {"a: b\r\nc: d\r\n", "{\"a\":\"b\",\"c\":\"d\"}"},
      {"a: b\rc: d", "{\"a\":\"b\",\"c\":\"d\"}"},
      {"a: 'b''c'", "{\"a\":\"b'c\"}"},
      {"a: b \nc: 'd '", "{\"a\":\"b\",\"c\":\"d \"}"},
  };
  check(rows);
}

TEST_CASE("plain words are numbers and booleans of YAML 1.1") {
  constexpr Row rows[] = {
      {"0o7", "7"},      {"0O7", "7"},  {"0b11", "3"},  {"0b2", "\"0b2\""}, {"12:30:45", "\"12:30:45\""},
      {"1_000", "1000"}, {"08", "8"},   {"0x1F", "31"}, {"1e3", "1000"},    {"1.", "1"},
      {"yes", "true"},   {"~", "null"}, {"", "null"},
  };
  check(rows);
}

TEST_CASE("a mapping has each key once, in the order in which keys were first seen") {
  const auto value = compose("b: 1\na: 2\nb: 3\n<<: {c: 4, a: 5}\n");
  REQUIRE(value);
  const Mapping expected = {{"b", {std::int64_t{3}}}, {"a", {std::int64_t{5}}}, {"c", {std::int64_t{4}}}};
  CHECK(*value->mapping() == expected);
}

TEST_CASE("large mappings find their keys as small ones do") {
  std::string document;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1'000; ++i) document += "k" + std::to_string(i) + ": " + std::to_string(i + round) + "\n";
  }
  const auto value = compose(document);
  REQUIRE(value);
  REQUIRE(value->mapping()->size() == 1'000);
  for (int i = 0; i < 1'000; ++i) {
    CHECK(value->mapping()->at(static_cast<std::size_t>(i)).second.is == decltype(Value::is){std::int64_t{i + 1}});
  }
}

TEST_CASE("strict reading names each key that is set twice") {
  struct StrictRow {
    std::string_view document;
    std::string_view error;
  };
  constexpr StrictRow rows[] = {
      {"a: 1\nb: 2\n", ""},
      {"version: 1\nname: a\nversion: 2\n", "\n  line 3: key \"version\" already set in map"},
      {"a: 1\na: 2\na: 3\n", "\n  line 2: key \"a\" already set in map\n  line 3: key \"a\" already set in map"},
      {"a: {b: 1, b: 2}\na:\n  - c\n",
       "\n  line 1: key \"b\" already set in map\n  line 3: key \"a\" already set in map"},
      {"<<: {a: 1}\na: 2\n", "\n  line 2: key \"a\" already set in map"},
      {"1: a\n0x1: b\n", "\n  line 2: key 1 already set in map"},
      {"1: a\n\"1\": b\n", ""},
      {"yes: a\ntrue: b\n", "\n  line 2: key true already set in map"},
      {"1.5: a\n15e-1: b\n", "\n  line 2: key 1.5 already set in map"},
      {"!!binary /w==: a\n!!binary /w==: b\n", "\n  line 2: key \"\\xff\" already set in map"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.document);
    const auto value = compose(row.document, DuplicateMappingKeys::refuse);
    CHECK(value.has_value() == row.error.empty());
    if (!value) CHECK(value.error().message() == "yaml: unmarshal errors:" + std::string(row.error));
  }
}

TEST_CASE("documents that grow without bounds are refused") {
  const auto refusal = [](std::string_view document) {
    const auto value = compose(document);
    return value ? Errc::cancelled : value.error().code();
  };
  CHECK(refusal(std::string(max_document_size + 1, '#')) == Errc::limit_exceeded);
  CHECK(refusal(std::string(max_document_size, '#')) == Errc::cancelled);
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(refusal(nested(max_document_depth)) == Errc::cancelled);
  CHECK(refusal(nested(max_document_depth + 1)) == Errc::limit_exceeded);
  CHECK(refusal(nested(max_document_size / 2)) == Errc::limit_exceeded);
  std::string many;
  while (many.size() < 3 * max_document_nodes) many += "- \n";
  CHECK(refusal(many) == Errc::limit_exceeded);

  // Each line is ten times the one before it.
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += "*a" + std::to_string(i - 1) + ", ";
    laughs += "]\n";
  }
  CHECK(answer(laughs) == "yaml: document contains excessive aliasing");

  std::string deep = "a0: &a0 [x]\n";
  for (int i = 1; i < 2'000; ++i)
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  CHECK(refusal(deep) != Errc::cancelled);
  std::string merged = "a0: &a0 {x: y}\n";
  for (int i = 1; i < 2'000; ++i)
    merged += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {<<: *a" + std::to_string(i - 1) + "}\n";
  CHECK(refusal(merged) != Errc::cancelled);

  std::string heavy = "a: &a " + std::string(1'000'000, 'x') + "\nb:\n";
  for (int i = 0; i < 100; ++i) heavy += "- *a\n";
  CHECK(refusal(heavy) == Errc::limit_exceeded);

  std::string directives;
  for (int i = 0; i < 2'000; ++i) directives += "%TAG !" + std::to_string(i) + "! x\n";
  CHECK(refusal(directives + "---\na") == Errc::limit_exceeded);
}
