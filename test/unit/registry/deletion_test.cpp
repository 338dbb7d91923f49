// SPDX-License-Identifier: Apache-2.0
#include "repository_support.h"

using namespace portolan;
using namespace portolan::test;
using namespace std::chrono_literals;

TEST_CASE("a tag or a manifest is deleted, and never one for the other") {
  MemoryRegistry registry;
  put(registry);
  const auto store = open(registry);
  CHECK(store->deleter()->remove({}, "1.0"));
  CHECK(registry.manifests.size() == 1);
  CHECK(store->deleter()->remove({}, "1.0").error().code() == Errc::not_found);
  CHECK(store->deleter()->remove({}, manifest.digest.string()));
  CHECK(registry.manifests.empty());
  for (const int status : {400, 405}) {
    registry.misbehave = [status](const Asked& asked) -> Misbehaviour {
      if (asked.method != http::Method::remove) return std::nullopt;
      return answer(status, {}, R"({"errors":[{"code":"UNSUPPORTED","message":"deletion is switched off"}]})");
    };
    for (const auto& selector : {std::string("1.0"), manifest.digest.string()}) {
      const auto removed = store->deleter()->remove({}, selector);
      REQUIRE_FALSE(removed);
      CHECK(removed.error().code() == Errc::unsupported);
      CHECK(detail(removed.error(), "it says") == "deletion is switched off");
      CHECK(removed.error().text().ends_with("(HTTP " + std::to_string(status) + ")"));
    }
  }
}

TEST_CASE("what cannot be read can be deleted by its digest") {
  for (const auto& body : {std::string("{\"damaged\""), std::string()}) {
    CAPTURE(body);
    MemoryRegistry registry;
    put(registry);
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method != http::Method::get) return std::nullopt;
      return body.empty() ? answer(403) : answer(200, {{"Content-Type", std::string(media_type::oci_manifest)}}, body);
    };
    std::string told;
    Context context;
    context.on_log = [&](LogLevel level, std::string_view line) {
      if (level == LogLevel::warning) told += line;
    };
    CHECK(open(registry)->deleter()->remove(context, manifest.digest.string()));
    CHECK(registry.manifests.empty());
    CHECK(told.find("if it is a referrer") != std::string::npos);
  }
}

TEST_CASE("a deletion that is answered otherwise than registries do is looked after") {
  struct Row {
    int status;
    bool done;         // by the registry; else somebody has answered in its place
    Lines afterwards;  // requests
    const char* why;   // null: it has been done
  };
  const Row rows[] = {
      {202, true, {}, nullptr},
      {202, false, {}, nullptr},
      {200, true, {"HEAD app/manifests/1.0"}, nullptr},
      {204, true, {"HEAD app/manifests/1.0"}, nullptr},
      {200, false, {"HEAD app/manifests/1.0"}, "HTTP 200, and still has it"},
      {203, false, {"HEAD app/manifests/1.0"}, "HTTP 203, and still has it"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    CAPTURE(row.done);
    MemoryRegistry registry;
    put(registry);
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method != http::Method::remove) return std::nullopt;
      if (row.done) registry.tags["app"].clear();
      return answer(row.status, {{"Content-Type", "text/html"}}, "<html>Welcome</html>");
    };
    const auto removed = open(registry)->deleter()->remove({}, "1.0");
    auto expected = row.afterwards;
    expected.insert(expected.begin(), "DELETE app/manifests/1.0");
    CHECK(registry.lines() == expected);
    REQUIRE(removed.has_value() == (row.why == nullptr));
    if (removed) continue;
    CHECK(removed.error().code() == Errc::protocol_error);
    CHECK(removed.error().text() == "reg.example answered the deletion of app:1.0 with " + std::string(row.why));
  }
  // Who answers everything so is no registry.
  MemoryRegistry registry;
  put(registry);
  registry.misbehave = [](const Asked&) -> Misbehaviour {
    return answer(200, {{"Content-Type", "text/html"}}, "<html>Welcome</html>");
  };
  const auto removed = open(registry)->deleter()->remove({}, "1.0");
  REQUIRE_FALSE(removed);
  CHECK(removed.error().code() == Errc::protocol_error);
  CHECK(removed.error().text() == "reg.example answered the request for app:1.0 with something that is no manifest");
}

TEST_CASE("a deletion whose answer was lost has been done") {
  for (const int status : {0, 500, 502, 503, 504, 429}) {
    for (const bool by_digest : {false, true}) {
      CAPTURE(status);
      CAPTURE(by_digest);
      MemoryRegistry registry;
      put(registry);
      int number = 0;
      registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
        if (asked.method != http::Method::remove || ++number != 1) return std::nullopt;
        registry.tags["app"].clear();
        registry.manifests.clear();
        if (status == 0) return broken();
        return answer(status);
      };
      using std::chrono_literals::operator""ms;
      const auto host = Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms}});
      const auto removed =
          (*host)->repository("app")->deleter()->remove({}, by_digest ? manifest.digest.string() : "1.0");
      // "Not now" is an answer: it has done nothing.
      CHECK(removed.has_value() == (status != 429));
      if (!removed) CHECK(removed.error().code() == Errc::not_found);
    }
  }
}
