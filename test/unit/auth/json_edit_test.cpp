// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "auth/json_edit.h"

#include <vector>

using namespace portolan::internal::auth;
using Path = std::vector<std::string>;

TEST_CASE("a member is set, and nothing else moves") {
  struct Row {
    const char* before;
    Path path;
    const char* after;
  };
  const Row rows[] = {
      {"{}\n", {"a"}, "{\n\t\"a\": 1\n}\n"},
      {"{}\n", {"a", "b", "c"}, "{\n\t\"a\": {\n\t\t\"b\": {\n\t\t\t\"c\": 1\n\t\t}\n\t}\n}\n"},
      {"{\"a\":2}", {"a"}, "{\"a\":1}"},
      {"{\"a\":2}", {"b"}, "{\"a\":2,\"b\":1}"},
      {"{\"a\":2}", {"b", "c"}, "{\"a\":2,\"b\":{\"c\":1}}"},
      {"{ \"a\" : [1, {\"b\": \"}\"}] }", {"b"}, "{ \"a\" : [1, {\"b\": \"}\"}], \"b\" : 1 }"},
      {"{\n  \"x\": 1e3,\n  \"auths\": {\n    \"h\": {}\n  },\n  \"y\": 1.50\n}",
       {"auths", "h", "auth"},
       "{\n  \"x\": 1e3,\n  \"auths\": {\n    \"h\": {\n      \"auth\": 1\n    }\n  },\n  \"y\": 1.50\n}"},
      {"{\n  \"auths\": {\n    \"h\": {\n      \"e\": 2\n    }\n  }\n}",
       {"auths", "g", "auth"},
       "{\n  \"auths\": {\n    \"h\": {\n      \"e\": 2\n    },\n    \"g\": {\n      \"auth\": 1\n    }\n  }\n}"},
      {"{\"a\":null}", {"a", "b"}, "{\"a\":{\"b\":1}}"},
      {"{\"a\":1,\"a\":2}", {"a"}, "{\"a\":1,\"a\":1}"},
      {"{\"\\u0061\":2}", {"a"}, "{\"\\u0061\":1}"},
      {"{\"x\\\"\":\"\\\\\"}", {"y"}, "{\"x\\\"\":\"\\\\\",\"y\":1}"},
      {"{\r\n\t\"a\": 2\r\n}", {"b"}, "{\r\n\t\"a\": 2,\r\n\t\"b\": 1\r\n}"},
      {"\n {\"a\": {} }", {"a", "b"}, "\n {\"a\": {\"b\": 1} }"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.before);
    CHECK(with_member(row.before, row.path, "1") == row.after);
  }
}

TEST_CASE("a member is taken out, and nothing else moves") {
  struct Row {
    const char* before;
    Path path;
    const char* after;
  };
  const Row rows[] = {
      {"{\"a\":1}", {"a"}, "{}"},
      {"{\n\t\"a\": 1\n}\n", {"a"}, "{}\n"},
      {"{\"a\":1,\"b\":2}", {"a"}, "{\"b\":2}"},
      {"{\"a\":1,\"b\":2}", {"b"}, "{\"a\":1}"},
      {"{\n  \"a\": 1,\n  \"b\": {\"x\": \",\"},\n  \"c\": 3\n}", {"b"}, "{\n  \"a\": 1,\n  \"c\": 3\n}"},
      {"{\"a\":1,\"b\":2,\"a\":3}", {"a"}, "{\"b\":2}"},
      {"{\"a\":{\"b\":1,\"c\":2}}", {"a", "b"}, "{\"a\":{\"c\":2}}"},
      {"{\"a\":7}", {"a", "b"}, "{\"a\":7}"},
      {"{\"a\":7}", {"b"}, "{\"a\":7}"},
      {"{}", {"b"}, "{}"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.before);
    CHECK(without_member(row.before, row.path) == row.after);
  }
}
