// SPDX-License-Identifier: Apache-2.0
#include <portolan/copy/referrers.h>

#include "repository_support.h"

using namespace portolan;
using namespace portolan::test;

TEST_CASE("tags are listed over all pages, and stopped where the caller has enough") {
  MemoryRegistry registry;
  registry.page = 3;
  for (int i = 0; i < 10; ++i) registry.tags["app"]["t" + std::to_string(i)] = "x";
  registry.tags["app"]["sha256:00"] = "x";
  const auto store = open(registry);
  Lines tags;
  REQUIRE(store->tag_lister()->list_tags({}, [&](std::string_view tag) {
    tags.emplace_back(tag);
    return true;
  }));
  CHECK(tags.size() == 10);
  CHECK(registry.requests() == 4);
  REQUIRE(store->tag_lister()->list_tags({}, [](std::string_view) { return false; }));
  CHECK(registry.requests() == 5);
}

TEST_CASE("a name is listed once, and none that is not legal, which is told once") {
  struct Row {
    const char* first;
    const char* second;
    Lines tags;
    Lines told;
  };
  const Row rows[] = {
      {R"(["1","2"])", R"(["2","3","3"])", {"1", "2", "3"}, {}},
      {R"(["1","sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"])", "[]", {"1"}, {}},
      {R"(["../x","1"])",
       R"([])",
       {"1"},
       {R"(reg.example lists 1 name that no tag can have, such as "../x"; it is left out)"}},
      {R"(["\u202e","1"])",
       R"(["","a b"])",
       {"1"},
       {R"(reg.example lists 3 names that no tag can have, such as "\u202e"; they are left out)"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.second);
    MemoryRegistry registry;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.url.find("last=") != std::string::npos)
        return answer(200, {}, "{\"tags\":" + std::string(row.second) + "}");
      return answer(200, {{"Link", "</v2/app/tags/list?last=x>; rel=next"}},
                    "{\"tags\":" + std::string(row.first) + "}");
    };
    Lines told;
    Context context;
    context.on_log = [&](LogLevel level, std::string_view line) {
      CHECK(level == LogLevel::warning);
      told.emplace_back(line);
    };
    const auto store = open(registry);
    for (int times = 0; times < 2; ++times) {
      Lines tags;
      REQUIRE(store->tag_lister()->list_tags(context, [&](std::string_view tag) {
        tags.emplace_back(tag);
        return true;
      }));
      CHECK(tags == row.tags);
    }
    CHECK(told == row.told);
  }
}

TEST_CASE("lists that go in circles, lead away, or are none are refused") {
  struct Row {
    http::Headers headers;
    const char* body;
    bool fine;
  };
  const Row rows[] = {
      {{}, R"({"tags":null})", true},
      {{}, R"({"name":"app"})", true},
      {{}, R"({"tags":["a"],"child":[{"x":1,"tags":[1]}]})", true},
      {{}, R"({"child":{"tags":1},"tags":[]})", true},
      {{}, R"({"tags":{"a":"b"}})", false},
      {{}, R"({"tags":[["a"]]})", false},
      {{}, R"(["a"])", false},
      {{}, R"({"tags":["a"])", false},
      {{{"Link", "<?n=1000>; rel=next"}}, R"({"tags":["a"]})", false},
      {{{"Link", "next"}}, R"({"tags":["a"]})", false},
      {{{"Link", "</style.css>; rel=preload"}}, R"({"tags":["a"]})", true},
      {{{"Link", "<https://evil.example/v2/app/tags/list>; rel=next"}}, R"({"tags":["a"]})", false},
      {{}, R"({"tags":"a"})", false},
      {{}, R"({"tags":[1]})", false},
      {{}, "<html>", false},
      {{}, "", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    MemoryRegistry registry;
    registry.misbehave = [&](const Asked&) -> Misbehaviour { return answer(200, row.headers, row.body); };
    const auto listed = open(registry)->tag_lister()->list_tags({}, [](std::string_view) { return true; });
    CHECK(listed.has_value() == row.fine);
    if (!listed) CHECK(listed.error().code() == Errc::protocol_error);
    CHECK(registry.requests() <= 2);
  }
}

TEST_CASE("what refers to a tag is asked of the manifest that it has, whatever a header says of that") {
  MemoryRegistry registry;
  registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
    if (asked.url.find("/referrers/") != std::string::npos) {
      return answer(200, {{"Content-Type", std::string(media_type::oci_index)}},
                    R"({"schemaVersion":2,"manifests":[]})");
    }
    return answer(200,
                  {{"Content-Type", manifest.media_type},
                   {"Content-Length", std::to_string(bytes.size())},
                   {"Docker-Content-Digest", "sha256:" + std::string(64, '0')}},
                  asked.method == http::Method::head ? "" : bytes);
  };
  const auto tree = referrer_tree({}, *open(registry), "1.0");
  REQUIRE(tree);
  CHECK(tree->subject == manifest);
  CHECK(registry.lines() == Lines{"GET app/manifests/1.0", "GET app/referrers/DIGEST"});
  CHECK(registry.transport()->asked().back().url.ends_with(manifest.digest.string()));
}

TEST_CASE("a page that the registry has named and has not got is no list that is not there") {
  for (const int status : {404, 410}) {
    MemoryRegistry registry;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.url.find("last=") != std::string::npos) return answer(status);
      return answer(200, {{"Link", "</v2/app/tags/list?last=a>; rel=next"}}, R"({"tags":["a"]})");
    };
    const auto listed = open(registry)->tag_lister()->list_tags({}, [](std::string_view) { return true; });
    REQUIRE_FALSE(listed);
    CHECK(listed.error().code() == Errc::protocol_error);
    CHECK(listed.error().text() ==
          "reg.example answered the request for the tags of app with a next page that it has "
          "not got (HTTP " +
              std::to_string(status) + ")");
  }
}

TEST_CASE("the next page is asked for where its link leads, and what is wrong with a link is said") {
  struct Row {
    const char* link;
    const char* page;  // null: refused
    const char* why;
  };
  const Row rows[] = {
      {"</v2/app/tags/list?last=a b>; rel=next", "https://reg.example/v2/app/tags/list?last=a%20b", ""},
      {"</v2/app/tags/list?last=\xC3\xA4>; rel=next", "https://reg.example/v2/app/tags/list?last=%C3%A4", ""},
      {"<https://evil.example/v2/>; rel=next", nullptr, "a next page at evil.example, which is not its own"},
      {"<https://reg.example:x/>; rel=next", nullptr, "a next page at an unusable URL: it has no proper port"},
      {"</a\x7F>; rel=next", nullptr, "a next page at an unusable URL: it has characters that none may have"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.link);
    MemoryRegistry registry;
    Lines asked;
    registry.misbehave = [&](const Asked& one) -> Misbehaviour {
      asked.push_back(one.url);
      return answer(200,
                    {{"Content-Type", std::string(media_type::oci_index)}, {"Link", asked.size() == 1 ? row.link : ""}},
                    R"({"schemaVersion":2,"manifests":[],"tags":[]})");
    };
    const auto store = open(registry);
    const auto tags = store->tag_lister()->list_tags({}, [](std::string_view) { return true; });
    const auto pages = asked;
    asked.clear();
    const auto referrers = store->referrers_lister()->list_referrers({}, manifest.digest, {});
    REQUIRE(tags.has_value() == (row.page != nullptr));
    REQUIRE(referrers.has_value() == (row.page != nullptr));
    if (row.page != nullptr) {
      CHECK(pages.back() == row.page);
      CHECK(asked.back() == row.page);
      continue;
    }
    CHECK(tags.error().text() == "reg.example answered the request for the tags of app with " + std::string(row.why));
    CHECK(referrers.error().text() ==
          "reg.example answered the request for referrers in app with " + std::string(row.why));
  }
}
