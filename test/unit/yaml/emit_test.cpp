// SPDX-License-Identifier: Apache-2.0
#include "yaml/emit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "yaml/compose.h"
#include "yaml/natural_order.h"

using namespace portolan::internal::yaml;

namespace {

// What stands behind `k: ` where that string is its value.
std::string written(std::string text) {
  const auto out = emit({Mapping{{"k", {std::move(text)}}}});
  return out.substr(0, 3) == "k: " && out.back() == '\n' ? out.substr(3, out.size() - 4) : "?" + out;
}

std::string rewritten(std::string_view document) { return emit(compose(document).value()); }

}  // namespace

TEST_CASE("a string is plain where it can be, and quoted where it would mean something else") {
  for (const char* plain : {"1.2.3", "1e3x", "0b2", "_1",  "a,b",   "a:b",        "a#b",  ":a",  "-a", "--",
                            "=",     "<<",   "?a",  "a'b", "C:\\x", "http://a/b", "nULL", "NaN", "é",  "a b"}) {
    CAPTURE(plain);
    CHECK(written(plain) == plain);
  }
  for (const char* twofold : {"", "~", "null", "yes", "1", "1.0", "0x1f", "1_000", "12:30", "2020-01-01", "08", "1.",
                              ".inf", "2001-01-01T01:02:03Z", "-1:30.5", "y", "Off", "+1", "0b-1"}) {
    CAPTURE(twofold);
    CHECK(written(twofold) == "\"" + std::string(twofold) + "\"");
  }
  for (const char* single :
       {">=1.0", "*",  "- a", "-",  "a:", "a: b", "a #b", "#a", "@a", "{a", " a",  "a ", "---a", "...",
        "%a",    "`a", "!a",  "&a", "|",  "[",    "]",    "}",  ",",  "\"", "? a", "?",  ": a"}) {
    CAPTURE(single);
    CHECK(written(single) == "'" + std::string(single) + "'");
  }
  CHECK(written("'") == "''''");
  CHECK(written("12:60") == "12:60");
  CHECK(written("1:2:") == "'1:2:'");
}

TEST_CASE("characters that may not stand in YAML are escaped") {
  struct Row {
    std::string_view text;
    std::string_view yaml;
  };
  using namespace std::string_view_literals;
  constexpr Row rows[] = {
      {"a\tb", R"("a\tb")"},
      {"a\r\nb", R"("a\r\nb")"},
      {"x \ny", R"("x \ny")"},
      {"\xF0\x9F\x98\x80", R"("\U0001F600")"},
      {"\0\a\b\x0B\f\x1B\""sv, R"("\0\a\b\v\f\e\"")"},
      {"\x01\x7F\xC2\x80", R"("\x01\x7F\x80")"},
      {"\xC2\x85\xC2\xA0\t", "\"\\N\xC2\xA0\\t\""},
      {"a\xC2\xA0", "a\xC2\xA0"},
      {"\xEF\xBF\xBE", R"("\uFFFE")"},
      {"a\xEF\xBB\xBF"
       "b",
       R"("a\uFEFFb")"},
      // Behind a byte order mark go-yaml escapes all.
      {"\xEF\xBB\xBF"
       "ab",
       R"("\uFEFF\x61\x62")"},
      {"x\xE2\x80\xA8y", "'x\xE2\x80\xA8  y'"},
      {"x \xE2\x80\xA8y", R"("x \Ly")"},
      {"x\xE2\x80\xA9\ty", R"("x\P\ty")"},
      {"\\\t", R"("\\\t")"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(written(std::string(row.text)) == row.yaml);
  }
}

TEST_CASE("strings of several lines become literal blocks") {
  CHECK(written("l1\nl2") == "|-\n  l1\n  l2");
  CHECK(emit({Mapping{{"k", {std::string("l1\nl2\n")}}}}) == "k: |\n  l1\n  l2\n");
  CHECK(emit({Mapping{{"k", {std::string("l1\nl2\n\n")}}}}) == "k: |+\n  l1\n  l2\n\n");
  CHECK(emit({Mapping{{"k", {std::string("\n")}}}}) == "k: |2+\n\n");
  CHECK(written("\nl1") == "|2-\n\n  l1");
  CHECK(written(" l1\nl2") == "|2-\n   l1\n  l2");
  CHECK(written("l1\n\n  l2") == "|-\n  l1\n\n    l2");
  CHECK(written("l1\nl2 ") == R"("l1\nl2 ")");
  CHECK(emit({Sequence{{std::string("a\nb\n")}, {std::string("c")}}}) == "- |\n  a\n  b\n- c\n");
}

TEST_CASE("long lines are folded at a space behind column 80") {
  const std::string word(80, 'w');
  CHECK(written(word + " x y") == word + "\n  x y");
  CHECK(written(word + "  x y") == word + "  x\n  y");
  CHECK(written(word + word) == word + word);
  CHECK(written(word.substr(3) + " x") == word.substr(3) + " x");
  CHECK(written(word + ": x y") == "'" + word + ":\n  x y'");
  CHECK(written(word + "\t x y") == "\"" + word + "\\t\n  x y\"");
  CHECK(written(word + "\t  x") == "\"" + word + "\\t\n  \\ x\"");
  CHECK(written(word + "é é é") == word + "é\n  é é");
  // Keys are not folded, nor is a string of several lines.
  CHECK(emit({Mapping{{word + " x y", {}}}}) == word + " x y: null\n");
  CHECK(written(word + " x y\nz") == "|-\n  " + word + " x y\n  z");
}

TEST_CASE("collections have Go's layout") {
  CHECK(rewritten("{a: {b: [c, {d: e, f: [g]}]}, h: [], i: {}, j: ~}") ==
        "a:\n  b:\n  - c\n  - d: e\n    f:\n    - g\nh: []\ni: {}\nj: null\n");
  CHECK(rewritten("[[a, [b]], {c: [d]}, [], {}, [{}]]") == "- - a\n  - - b\n- c:\n  - d\n- []\n- {}\n- - {}\n");
  CHECK(rewritten("a: [[b, c], [d]]") == "a:\n- - b\n  - c\n- - d\n");
  CHECK(rewritten("x") == "x\n");
  CHECK(rewritten("[]") == "[]\n");
  CHECK(rewritten("'a: b'") == "'a: b'\n");
  CHECK(rewritten("\"a\\nb\"") == "|-\n  a\n  b\n");
}

TEST_CASE("scalars that are no strings are plain") {
  CHECK(
      rewritten("[1, -5, 18446744073709551615, 1.5, 1e21, 1e-7, true, no, ~, .inf, -.inf, .nan]") ==
      "- 1\n- -5\n- 18446744073709551615\n- 1.5\n- 1e+21\n- 1e-07\n- true\n- false\n- null\n- .inf\n- -.inf\n- .nan\n");
  CHECK(emit({1e6}) == "1e+06\n");
  // Read again, it would be a merge key; so it is in Go.
  CHECK(emit({Mapping{{"<<", {std::string("x")}}}}) == "<<: x\n");
  CHECK(emit({1.0}) == "1\n");
}

TEST_CASE("keys that are long or have line breaks are explicit") {
  const std::string key(128, 'k');
  CHECK(emit({Mapping{{key, {true}}}}) == key + ": true\n");
  CHECK(emit({Mapping{{key + "k", {true}}}}) == "? " + key + "k\n: true\n");
  CHECK(emit({Mapping{{"a\nb", {std::string("c")}}}}) == "? |-\n  a\n  b\n: c\n");
  CHECK(emit({Mapping{{"a\xE2\x80\xA8"
                       "b",
                       {Sequence{{std::string("c")}}}}}}) == "? 'a\xE2\x80\xA8  b'\n: - c\n");
  CHECK(emit({Mapping{{"a\nb", {Mapping{{"c", {}}}}}}}) == "? |-\n  a\n  b\n: c: null\n");
  CHECK(emit({Mapping{{"1", {}}, {"", {}}, {"a b", {}}, {"é", {}}, {"yes", {}}}}) ==
        "\"\": null\n\"1\": null\na b: null\n\"yes\": null\né: null\n");
}

TEST_CASE("keys are in natural order") {
  const std::vector<std::string> expected = {"",    "_x",  "~",   "1",  "9",   "10", "A", "a", "a b",
                                             "a-b", "a.b", "a/b", "a9", "a10", "ab", "b", "é"};
  Mapping mapping;
  for (const auto& key : expected) mapping.emplace_back(key, Value{});
  std::reverse(mapping.begin(), mapping.end());
  std::vector<std::string> sorted;
  for (const auto* member : in_natural_order(mapping)) sorted.push_back(member->first);
  CHECK(sorted == expected);
  CHECK(comes_before("x19", "x100"));
  CHECK(comes_before("v1.9", "v1.10"));
  CHECK(comes_before("a1", "a1b"));
  CHECK_FALSE(comes_before("a", "a"));
}

TEST_CASE("leading zeros leave some keys without an order, and still they are sorted in a fixed way") {
  CHECK(comes_before("a10", "a1b"));
  CHECK(comes_before("a1b", "a01"));
  CHECK(comes_before("a01", "a10"));
  Mapping mapping;
  for (int i = 0; i < 200; ++i)
    mapping.emplace_back("a" + std::string(static_cast<std::size_t>(i % 4), '0') + std::to_string(i * 37 % 101) +
                             (i % 3 == 0 ? "b" : ""),
                         Value{});
  std::sort(mapping.begin(), mapping.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  mapping.erase(
      std::unique(mapping.begin(), mapping.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
      mapping.end());
  const auto once = emit({mapping});
  std::reverse(mapping.begin(), mapping.end());
  CHECK(emit({mapping}) == once);
  CHECK(static_cast<std::size_t>(std::count(once.begin(), once.end(), '\n')) == mapping.size());
}

TEST_CASE("the specification's example is written as Helm writes it") {
  const Value metadata{Mapping{
      {"name", {std::string("mychart")}},
      {"version", {std::string("1.1")}},
      {"description",
       {std::string("A very long description line that certainly exceeds the eighty columns limit, so that folding: "
                    "happens; also "
                    "it's got a colon and more words to go past")}},
      {"annotations",
       {Mapping{{"example.com/x10", {std::string("10")}},
                {"example.com/x9", {std::string("9")}},
                {"example.com/B", {std::string("true")}},
                {"date", {std::string("2020-01-01")}},
                {"multi", {std::string("- a\n- b\n")}}}}},
      {"apiVersion", {std::string("v1")}},
  }};
  const std::string_view expected = R"(annotations:
  date: "2020-01-01"
  example.com/B: "true"
  example.com/x9: "9"
  example.com/x10: "10"
  multi: |
    - a
    - b
apiVersion: v1
description: 'A very long description line that certainly exceeds the eighty columns
  limit, so that folding: happens; also it''s got a colon and more words to go past'
name: mychart
version: "1.1"
)";
  CHECK(emit(metadata) == expected);
  CHECK(emit_through_json(metadata).value() == expected);
}

TEST_CASE("through JSON, characters change or are refused as they are for Helm") {
  const auto through = [](std::string text) {
    const auto out = emit_through_json({Mapping{{"k", {std::move(text)}}}});
    return out ? *out : out.error().message();
  };
  CHECK(through("a \xC2\x85 b") == "k: a b\n");
  CHECK(through("a\xC2\x85\xC2\x85"
                "b") == "k: |-\n  a\n  b\n");
  for (const char* refused : {"\x7F", "\xEF\xBF\xBE", "\xEF\xBF\xBF", "\xC2\x80", "\xC2\x9F"}) {
    CAPTURE(refused);
    CHECK(through(refused) == "yaml: control characters are not allowed");
  }
  CHECK(through("\x01\x1B\x1F") == "k: \"\\x01\\e\\x1F\"\n");
  CHECK(through("<a & b>") == "k: <a & b>\n");
  CHECK(through("x\xE2\x80\xA8y") == "k: 'x\xE2\x80\xA8  y'\n");
  CHECK(through("\xFF") == "k: \xEF\xBF\xBD\n");
  CHECK(through("http://a/b") == "k: http://a/b\n");
  CHECK(emit_through_json({Mapping{{std::string(1'100, 'k'), {}}}}).error().message() ==
        "yaml: did not find expected ',' or '}'");
  CHECK(emit_through_json({Sequence{{1e6}, {1e20}, {1e21}, {-0.0}, {0.5}}}).value() ==
        "- 1000000\n- 1e+20\n- 1e+21\n- 0\n- 0.5\n");
  CHECK(emit_through_json({std::numeric_limits<double>::infinity()}).error().message() ==
        "error marshaling into JSON: json: unsupported value: +Inf");
}
