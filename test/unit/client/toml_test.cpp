// SPDX-License-Identifier: Apache-2.0
#include "client/toml.h"

#include <doctest/doctest.h>

using namespace portolan;
using namespace portolan::internal::client;

namespace {

/// The structure of a value, in a form to compare.
std::string shown(const TomlValue& value);
std::string shown(const TomlTable& table) {
  std::string text = "{";
  for (const auto& [key, value] : table.members) text += (text.size() == 1 ? "" : " ") + key + "=" + shown(value);
  return text + "}";
}
std::string shown(const TomlValue& value) {
  if (const auto* text = value.as<std::string>()) return "'" + *text + "'";
  if (const auto* flag = value.as<bool>()) return *flag ? "true" : "false";
  if (const auto* number = value.as<std::int64_t>()) return std::to_string(*number);
  if (const auto* table = value.as<TomlTable>()) return shown(*table);
  if (const auto* array = value.as<TomlArray>()) {
    std::string text = "[";
    for (const auto& one : *array) text += (text.size() == 1 ? "" : " ") + shown(one);
    return text + "]";
  }
  return "?";
}

}  // namespace

TEST_CASE("TOML is read in the order in which it stands") {
  struct Row {
    const char* text;
    const char* shown;
  };
  const Row rows[] = {
      {"", "{}"},
      {"\xEF\xBB\xBF# nothing\r\n\n", "{}"},
      {"b = true\na=false # end", "{b=true a=false}"},
      {"a = 'C:\\x'\nb = \"\\u00e4\\t\\\"\\\\\"", "{a='C:\\x' b='\xC3\xA4\t\"\\'}"},
      {"a = 1_000\nb = -7\nc = +3\nd = 1.5\ne = 1979-05-27 07:32:00Z\nf = 0xFF\ng = inf",
       "{a=1000 b=-7 c=3 d=? e=? f=? g=?}"},
      {"a = [ 'x', # one\n 'y',\n]\nb=[]\nc=[[1],[2,3]]", "{a=['x' 'y'] b=[] c=[[1] [2 3]]}"},
      {"a = { b = 1, c.d = 'x' }\ne={}", "{a={b=1 c={d='x'}} e={}}"},
      {"a.b.c = 1\na.b.d = 2\n\"a b\".'c' = 3", "{a={b={c=1 d=2}} a b={c=3}}"},
      {"x = 1\n[t]\ny = 2\n[t.u]\nz = 3\n[s]\n", "{x=1 t={y=2 u={z=3}} s={}}"},
      {"[a.b]\nx=1\n[a]\ny=2", "{a={b={x=1} y=2}}"},
      {"[[r]]\na=1\n[[r.m]]\nb=2\n[[r.m]]\n[[r]]\na=3\n[r.t]\nc=4", "{r=[{a=1 m=[{b=2} {}]} {a=3 t={c=4}}]}"},
      {"[host.\"https://b.example\"]\n[host.\"https://a.example\"]\n",
       "{host={https://b.example={} https://a.example={}}}"},
      {"a = \"\"\"\nx\n  y \\\n   z\"\"\"\nb = '''it''s'''''", "{a='x\n  y z' b='it''s'''}"},
  };
  for (const auto& row : rows) {
    const auto& text = row.text;
    const auto& expected = row.shown;
    CAPTURE(text);
    const auto parsed = parse_toml(text);
    REQUIRE(parsed);
    CHECK(shown(*parsed) == expected);
  }
}

TEST_CASE("what is no TOML is refused with its line, and without what stands there") {
  const std::string deep(100, '[');
  std::string deep_key;
  for (unsigned i = 0; i <= max_toml_depth; ++i) deep_key += ".a";
  std::string many = "a = [";
  for (std::size_t i = 0; i <= max_toml_values; ++i) many += "1,";
  const std::string rows[] = {
      "hunter2",
      "= 1",
      "a = ",
      "a = hunter2",
      "a = 1 hunter2",
      "a = 'hunter2",
      "a = \"\\q\"",
      "a = \"\n\"",
      "a = \"\\ud800\"",
      "a = [1",
      "a = [1 2]",
      "a = {b=1",
      "a = {b=1,}",
      "a=1\na=2",
      "a=1\na.b=2",
      "[a",
      "[[a]",
      "[a]\n[a]",
      "a=1\n[a]",
      "a=[1]\n[[a]]",
      "[a]\n[[a]]",
      "[[a]]\n[a]",
      "a={}\n[a.b]",
      "a={}\na.b=1",
      "a = '\x01'",
      "a = '\xFF'",
      "a = tru",
      "\"\"\"a\"\"\" = 1",
      "a = " + deep,
      many + "]",
      "a.b=1\n[a]\n",
      "[a]\nb.c=1\n[a.b]\n",
      "a = \"x\" \"y\"",
      "[]",
      "[.a]",
      "regist\xC8\x9D = 1",
      "[[.a]]",
      "[a.b.c]\n[[.b.c]\n",
      "[a.]",
      ".a = 1",
      "a = -",
      "a = 'x\ny'",
      std::string(max_toml_size + 1, '#'),
      "a" + deep_key + " = 1",
      "[a" + deep_key + "]",
      "x = [\n{a" + deep_key + " = 1}]",
  };
  for (const auto& text : rows) {
    CAPTURE(text.substr(0, 80));
    const auto parsed = parse_toml(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == Errc::invalid_configuration);
    CHECK(parsed.error().message().find("hunter2") == std::string::npos);
  }
  CHECK(parse_toml("a = 1\n\nb = [\n  x\n]\n").error().message() == "line 4: a value that is none");
}
