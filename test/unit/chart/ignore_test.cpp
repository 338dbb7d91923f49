// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "chart/ignore.h"

using portolan::internal::chart::EntryKind;
using portolan::internal::chart::IgnoreRules;

TEST_CASE("a rule ignores what Helm's reading of .helmignore ignores") {
  constexpr auto file = EntryKind::file;
  constexpr auto directory = EntryKind::directory;
  struct Row {
    const char* rules;
    const char* path;
    EntryKind kind;
    bool ignored;
  };
  const Row rows[] = {
      {"*.txt", "a/b.txt", file, true},
      {"a/*.txt", "a/b.txt", file, true},
      {"a/*.txt", "x/a/b.txt", file, false},
      {"/b.txt", "b.txt", file, true},
      {"/b.txt", "a/b.txt", file, false},
      {"a/", "a", directory, true},
      {"a/", "a", file, false},
      {"!b.txt", "b.txt", file, false},
      {"!b.txt", "c.txt", file, true},
      {"!a/", "a", directory, false},
      {"!a/", "x", file, true},
      {"!*.yaml", "templates", directory, true},
      {"!", "anything", file, true},
      {"# comment", "# comment", file, false},
      {"  spaced.txt  ", "spaced.txt", file, true},
      {"a.txt # no comment", "a.txt", file, false},
      {"x\r\ny\r\n", "x", file, true},
      {"x\r\ny\r\n", "y", file, true},
      {"\xEF\xBB\xBFx", "x", file, true},
      {"", "templates/.hidden", file, true},
      {"", "templates/sub/.hidden", file, false},
      {"", "charts/c/templates/.hidden", file, false},
      {"", ".hidden", file, false},
      {"*", "", directory, false},
      {"*", ".", directory, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.rules);
    CAPTURE(row.path);
    CHECK(IgnoreRules::parse(row.rules).value().ignores(row.path, row.kind) == row.ignored);
  }
}

TEST_CASE("a rule that Helm refuses ends the load in Helm's words") {
  CHECK(IgnoreRules::parse("a/**/b").error().text() == "double-star (**) syntax is not supported");
  CHECK(IgnoreRules::parse("ok\n[bad").error().text() == "syntax error in pattern");
  CHECK(IgnoreRules::parse("\\").error().text() == "syntax error in pattern");
  CHECK(IgnoreRules::parse(std::string(65'536, 'a')).error().text() == "bufio.Scanner: token too long");
  CHECK(IgnoreRules::parse(std::string(65'535, 'a')).has_value());
}
