// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "chart/glob.h"

using portolan::internal::chart::glob_match;

TEST_CASE("a glob matches as Go's filepath.Match does") {
  enum Outcome { no, yes, malformed };
  struct Row {
    const char* pattern;
    const char* name;
    Outcome outcome;
  };
  const Row rows[] = {
      {"abc", "abc", yes},
      {"*", "abc", yes},
      {"*c", "abc", yes},
      {"a*", "a", yes},
      {"a*", "abc", yes},
      {"a*", "ab/c", no},
      {"a*/b", "abc/b", yes},
      {"a*/b", "a/c/b", no},
      {"a*b*c*d*e*/f", "axbxcxdxe/f", yes},
      {"a*b*c*d*e*/f", "axbxcxdxexxx/f", yes},
      {"a*b*c*d*e*/f", "axbxcxdxe/xxx/f", no},
      {"a*b?c*x", "abxbbxdbxebxczzx", yes},
      {"a*b?c*x", "abxbbxdbxebxczzy", no},
      {"ab[c]", "abc", yes},
      {"ab[b-d]", "abc", yes},
      {"ab[e-g]", "abc", no},
      {"ab[^c]", "abc", no},
      {"ab[^b-d]", "abc", no},
      {"ab[^e-g]", "abc", yes},
      {"a\\*b", "a*b", yes},
      {"a\\*b", "ab", no},
      {"a?b",
       "a\xe2\x98\xba"
       "b",
       yes},
      {"a[^a]b",
       "a\xe2\x98\xba"
       "b",
       yes},
      {"a???b",
       "a\xe2\x98\xba"
       "b",
       no},
      {"[a-\xce\xb6]*", "\xce\xb1", yes},
      {"*[a-\xce\xb6]", "A", no},
      {"a?b", "a/b", no},
      {"a*b", "a/b", no},
      {"[\\]a]", "]", yes},
      {"[\\-]", "-", yes},
      {"[x\\-]", "x", yes},
      {"[x\\-]", "z", no},
      {"[]a]", "]", malformed},
      {"[-]", "-", malformed},
      {"[x-]", "x", malformed},
      {"[-x]", "x", malformed},
      {"\\", "a", malformed},
      {"[a-b-c]", "a", malformed},
      {"[", "a", malformed},
      {"[^", "a", malformed},
      {"[^bc", "a", malformed},
      {"a[", "a", malformed},
      {"a[", "ab", malformed},
      {"a[", "x", malformed},
      {"a/b[", "x", malformed},
      {"*x", "xxx", yes},
      {"", "", yes},
      {"", "a", no},
      {"[a/]", "/", yes},
      {"*.yaml", ".yaml", yes},
  };
  for (const auto& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.name);
    const auto match = glob_match(row.pattern, row.name);
    REQUIRE(match.has_value() == (row.outcome != malformed));
    if (match) CHECK(*match == (row.outcome == yes));
  }
}
