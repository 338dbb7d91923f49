// SPDX-License-Identifier: Apache-2.0
// Misbehaviour: what is asked for happens, to whom and as often as it was said.
#include <doctest/doctest.h>

#include <testregistry/testregistry.h>

#include <thread>
#include <vector>

#include "client.h"

using namespace testregistry;
using namespace std::chrono_literals;

TEST_CASE("a rule is for its requests, as often as it was given") {
  Server registry;
  const auto digest = registry.put_blob("a", "hello");
  const auto blob = "/v2/a/blobs/" + digest;
  registry.next(on("GET", "blobs").answer(503, "{}").with_header("Retry-After", "1"));
  CHECK(ask(registry.host(), "GET", "/v2/").status == 200);
  const auto busy = ask(registry.host(), "GET", blob);
  CHECK(busy.status == 503);
  CHECK(busy.header("Retry-After") == "1");
  CHECK(ask(registry.host(), "GET", blob).status == 200);
  registry.times(2, on("", "").containing("/v2/a/").answer(500));
  registry.always(on("GET", "blobs").after(1).answer(404));
  CHECK(ask(registry.host(), "GET", blob).status == 500);
  CHECK(ask(registry.host(), "HEAD", blob).status == 500);
  CHECK(ask(registry.host(), "GET", blob).status == 200);
  CHECK(ask(registry.host(), "GET", blob).status == 404);
  CHECK(ask(registry.host(), "GET", blob).status == 404);
  registry.clear_rules();
  CHECK(ask(registry.host(), "GET", blob).status == 200);
  registry.times(2, on("GET", "blobs").after(1).every(3).answer(503));
  std::vector<int> statuses;
  for (int i = 0; i < 10; ++i) statuses.push_back(ask(registry.host(), "GET", blob).status);
  CHECK(statuses == std::vector<int>{200, 200, 200, 503, 200, 200, 503, 200, 200, 200});
}

TEST_CASE("answers are shaped, bodies are cut and damaged") {
  Server registry;
  const auto blob = "/v2/a/blobs/" + registry.put_blob("a", "0123456789");
  struct Row {
    Rule rule;
    int status;
    std::string body;
    bool whole;
  };
  const Row rows[] = {
      {on("GET", "blobs").truncate(3), 200, "012", false},
      {on("GET", "blobs").truncate_to(0.5), 200, "01234", false},
      {on("GET", "blobs").truncate(0), 200, "", false},
      {on("GET", "blobs").corrupt(4), 200, "0123556789", true},
      {on("GET", "blobs").with_body("other"), 200, "other", true},
      {on("GET", "blobs").edit_body([](std::string text) { return text + "!"; }), 200, "0123456789!", true},
      {on("GET", "blobs").with_status(206), 206, "0123456789", true},
      {on("GET", "blobs").close(at_body(4)), 200, "0123", false},
      {on("GET", "blobs").reset(at_body(10)), 200, "0123456789", true},
      {on("GET", "blobs").drip(1ms), 200, "0123456789", true},
      {on("GET", "blobs").close(at_headers()), 0, "", false},
      {on("GET", "blobs").close(at_commit()), 0, "", false},
      {on("GET", "blobs").reset(at_head()), 0, "", false},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    CAPTURE(i);
    registry.next(rows[i].rule);
    const auto got = ask(registry.host(), "GET", blob);
    CHECK(got.status == rows[i].status);
    CHECK(got.whole == rows[i].whole);
    if (i != 8) CHECK(got.body == rows[i].body);  // a reset takes with it what was not read yet
  }
  registry.next(on("GET", "blobs").append("more"));
  Client client(registry.host());
  CHECK(client.ask("GET", blob).body == "0123456789");
  registry.next(on("GET", "blobs").ignore_header("Range"));
  CHECK(ask(registry.host(), "GET", blob, "", "Range: bytes=5-\r\n").body == "0123456789");
  registry.next(on("GET", "blobs").without_header("Docker-Content-Digest").with_header("Content-Type", "text/html"));
  const auto bare = ask(registry.host(), "GET", blob);
  CHECK(bare.header("Docker-Content-Digest").empty());
  CHECK(bare.header("Content-Type") == "text/html");
  registry.next(on("GET", "blobs").with_extra_headers(100'000));
  CHECK(ask(registry.host(), "GET", blob).header("X-Extra").size() == 100'000);
}

TEST_CASE("a connection breaks where it should, before or after what it was for is done") {
  Server registry;
  const std::string hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  const auto post = "/v2/a/blobs/uploads/?digest=" + hello;
  registry.next(on("POST", "uploads").reset(at_request_body(2)));
  CHECK(ask(registry.host(), "POST", post, "hello").status == 0);
  CHECK_FALSE(registry.has_blob("a", hello));
  registry.next(on("POST", "uploads").close(at_commit()));
  CHECK(ask(registry.host(), "POST", post, "hello").status == 0);
  CHECK(registry.has_blob("a", hello));
  const auto seen = registry.requests();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].status == 0);
  CHECK(seen[0].received == 2);
  CHECK(seen[1].received == 5);
  CHECK(seen[1].line() == "POST " + post);
}

TEST_CASE("a part of a chunk stays where its connection breaks off") {
  Server registry;
  Client client(registry.host());
  const auto place = client.ask("POST", "/v2/a/blobs/uploads/").header("Location");
  registry.next(on("PATCH", "uploads").close(at_request_body(4)));
  CHECK(client.ask("PATCH", place, "hello", "Content-Range: 0-4\r\n").status == 0);
  CHECK(ask(registry.host(), "GET", place).header("Range") == "0-3");
}

TEST_CASE("it leads elsewhere") {
  Server registry;
  const auto storage = registry.add_origin();
  const auto digest = registry.put_blob("a", "hello");
  registry.next(on("GET", "blobs").redirect_to_origin(307, storage));
  const auto sent = ask(registry.host(), "GET", "/v2/a/blobs/" + digest);
  CHECK(sent.status == 307);
  const auto place = sent.header("Location");
  CHECK(place.starts_with(storage + "/v2/a/blobs/" + digest + "?signature="));
  CHECK(ask(storage.substr(7), "GET", place.substr(storage.size())).body == "hello");
  registry.next(on("POST", "uploads").with_location_at(storage));
  CHECK(ask(registry.host(), "POST", "/v2/a/blobs/uploads/").header("Location").starts_with(storage + "/v2/a/"));
  CHECK(registry.requests().back().origin == registry.host());
}

TEST_CASE("a server ends with connections that stand still") {
  std::string host;
  std::jthread waiting;
  Reply reply{.status = -1};
  {
    Server registry;
    host = registry.host();
    registry.next(on("GET", "base").stall(at_head()));
    waiting = std::jthread([&] { reply = ask(host, "GET", "/v2/"); });
    while (registry.connections() == 0) std::this_thread::yield();
  }
  waiting.join();
  CHECK(reply.status == 0);
}
