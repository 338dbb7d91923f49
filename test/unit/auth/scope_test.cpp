// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/auth/scope.h>

using portolan::auth::Scopes;

TEST_CASE("scopes have one text each, and what is none is left out") {
  struct Row {
    const char* text;
    const char* shown;
  };
  const Row rows[] = {
      {"repository:a/b:pull,push", "repository:a/b:pull,push"},
      {"repository:a:push,pull", "repository:a:pull,push"},
      {"repository:a:delete,push,pull", "repository:a:pull,push,delete"},
      {"repository:b:pull repository:a:pull", "repository:a:pull repository:b:pull"},
      {"repository:a:pull repository:a:push", "repository:a:pull,push"},
      {"repository:host:5000/a:pull", "repository:host:5000/a:pull"},
      {"registry:catalog:*", "registry:catalog:*"},
      {"repository(plugin):a:pull", "repository(plugin):a:pull"},
      {"  repository:a:pull  ", "repository:a:pull"},
      {"repository:a:", ""},
      {"nonsense a:b :x:y", ""},
      {"", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(Scopes::parse(row.text).string() == row.shown);
  }
  CHECK(Scopes::repository("a", {"push", "pull"}) == Scopes::parse("repository:a:pull,push"));
}

TEST_CASE("scopes cover what they hold, and all with a star") {
  struct Row {
    const char* held;
    const char* wanted;
    bool covers;
  };
  const Row rows[] = {
      {"repository:a:pull,push", "repository:a:pull", true},
      {"repository:a:pull", "repository:a:pull,push", false},
      {"repository:a:pull", "repository:b:pull", false},
      {"repository:a:*", "repository:a:delete", true},
      {"repository:a:pull", "", true},
      {"", "repository:a:pull", false},
      {"repository:a:pull repository:b:pull,push", "repository:b:push repository:a:pull", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.held);
    CAPTURE(row.wanted);
    CHECK(Scopes::parse(row.held).covers(Scopes::parse(row.wanted)) == row.covers);
  }
}
