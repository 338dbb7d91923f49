// SPDX-License-Identifier: Apache-2.0
#include "registry/warnings.h"

#include <doctest/doctest.h>

using namespace portolan;
using internal::registry::max_warning_size;
using internal::registry::parse_warnings;
using internal::registry::Warnings;

TEST_CASE("a registry's warnings are read, and nothing that is none") {
  using Texts = std::vector<std::string>;
  struct Row {
    std::vector<std::string> values;
    Texts texts;
  };
  const std::string long_text(max_warning_size - 3, 'x');
  const Row rows[] = {
      {{R"(299 - "gone soon")"}, {"gone soon"}},
      {{R"(299 - "one", 299 - "two")", R"(299 - "three")"}, {"one", "two", "three"}},
      {{R"(299 - "a, \"b\" \\ c")"}, {R"(a, "b" \ c)"}},
      {{R"(199 - "other")", R"(110 cache.example "stale")", R"(299 host "named")"}, {}},
      {{R"(299 - "old" "Wed, 21 Oct 2015 07:28:00 GMT")"}, {"old"}},
      {{R"(299 - "no end)", "299 - none", "", "\"", R"(299 - "\)"}, {}},
      {{"299 - \"\x1B[31mred\x07\xC2\x9B\t!\""}, {"[31mred!"}},
      {{"299 - \"\xE2\x80\xA8x\xFF\""}, {"x\xEF\xBF\xBD"}},
      {{"299 - \"\""}, {}},
      {{"299 - \"" + long_text + "\"", "299 - \"abc\"", "299 - \"d\""}, {long_text, "abc"}},
      {{"299 - \"" + long_text + "more\"", "299 - \"a\""}, {}},
  };
  for (const auto& row : rows) {
    const auto& values = row.values;
    const auto& texts = row.texts;
    CAPTURE(values.front());
    http::Headers headers;
    for (const auto& value : values) headers.add("warning", value);
    CHECK(parse_warnings(headers) == texts);
  }
}

TEST_CASE("each text is told once, and no more of them than somebody would read") {
  std::vector<std::string> told;
  Context context;
  context.on_log = [&](LogLevel level, std::string_view line) {
    CHECK(level == LogLevel::warning);
    told.emplace_back(line);
  };
  Warnings warnings;
  for (int i = 0; i < 3; ++i) warnings.tell(context, "registry.example says: moves");
  CHECK(told == std::vector<std::string>{"registry.example says: moves"});
  for (int i = 0; i < 1000; ++i) warnings.tell(context, "registry.example says: " + std::to_string(i));
  CHECK(told.size() == 100);
}
