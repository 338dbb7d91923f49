// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "http/retry.h"
#include "http/retry_transport.h"
#include "scripted_transport.h"

using namespace portolan;
using namespace portolan::internal::http;
using namespace std::chrono_literals;
using portolan::test::answer;
using portolan::test::ScriptedTransport;

TEST_CASE("what may pass is tried again, and what will not is not") {
  using What = Decision::What;
  struct Row {
    Ended ended;
    What what;
    std::chrono::seconds at_least{0};
  };
  const Row rows[] = {
      {{.number = 1, .status = 200}, What::give_up},
      {{.number = 1, .status = 400}, What::give_up},
      {{.number = 1, .status = 401}, What::give_up},
      {{.number = 1, .status = 403}, What::give_up},
      {{.number = 1, .status = 404}, What::give_up},
      {{.number = 1, .status = 413}, What::give_up},
      {{.number = 1, .status = 416}, What::give_up},
      {{.number = 1, .status = 501}, What::give_up},
      {{.number = 1, .status = 408}, What::repeat},
      {{.number = 1, .status = 425}, What::repeat},
      {{.number = 1, .status = 429}, What::repeat},
      {{.number = 1, .status = 499}, What::repeat},
      {{.number = 1, .status = 500}, What::repeat},
      {{.number = 1, .status = 502}, What::repeat},
      {{.number = 1, .status = 503}, What::repeat},
      {{.number = 1, .status = 504}, What::repeat},
      {{.number = 1, .status = 524}, What::repeat},
      {{.number = 5, .status = 503}, What::repeat},
      {{.number = 6, .status = 503}, What::give_up},
      {{.number = 1, .status = 429, .retry_after = 3s}, What::repeat, 3s},
      {{.number = 1, .status = 503, .retry_after = 300s}, What::repeat, 300s},
      {{.number = 1, .status = 503, .retry_after = 301s}, What::give_up},
      {{.number = 1, .failure = NetworkFailure::broken}, What::repeat},
      {{.number = 6, .failure = NetworkFailure::broken}, What::give_up},
      {{.number = 2, .failure = NetworkFailure::connect}, What::repeat},
      {{.number = 3, .failure = NetworkFailure::connect}, What::give_up},
      {{.number = 3, .failure = NetworkFailure::connect, .known_host = true}, What::repeat},
      {{.number = 6, .failure = NetworkFailure::connect, .known_host = true}, What::give_up},
      {{.number = 5, .failure = NetworkFailure::name, .known_host = true}, What::repeat},
      {{.number = 2, .failure = NetworkFailure::silent, .known_host = true}, What::give_up},
      {{.number = 1, .failure = NetworkFailure::tls, .known_host = true}, What::give_up},
      {{.number = 2, .failure = NetworkFailure::name}, What::repeat},
      {{.number = 3, .failure = NetworkFailure::name}, What::give_up},
      {{.number = 1, .failure = NetworkFailure::silent}, What::repeat},
      {{.number = 2, .failure = NetworkFailure::silent}, What::give_up},
      {{.number = 2, .failure = NetworkFailure::stuck}, What::repeat},
      {{.number = 3, .failure = NetworkFailure::stuck}, What::give_up},
      {{.number = 2, .failure = NetworkFailure::no_http}, What::repeat},
      {{.number = 3, .failure = NetworkFailure::no_http}, What::give_up},
      {{.number = 5, .failure = NetworkFailure::no_http, .known_host = true}, What::repeat},
      {{.number = 1, .failure = NetworkFailure::tls}, What::give_up},
      {{.number = 1, .failure = NetworkFailure::none}, What::give_up},
  };
  for (const auto& row : rows) {
    CAPTURE(row.ended.number);
    CAPTURE(row.ended.status);
    CAPTURE(static_cast<int>(row.ended.failure));
    const auto decision = classify(row.ended, {});
    CHECK(decision.what == row.what);
    CHECK(decision.at_least == row.at_least);
  }
}

TEST_CASE("a pause that nobody waits for is told from a failure") {
  struct Row {
    int status;
    std::optional<std::chrono::seconds> retry_after;
    bool later;
  };
  const Row rows[] = {
      {429, {}, true},  {429, 1s, true},    {503, {}, false},   {503, 300s, false}, {503, 301s, true},
      {503, 24h, true}, {500, 301s, false}, {502, 301s, false}, {200, 301s, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    CHECK(asks_to_come_later(row.status, row.retry_after, {}) == row.later);
  }
}

TEST_CASE("pauses double up to a bound, and are anything below it") {
  const RetryPolicy policy;
  CHECK(next_delay(1, 0.0, policy) == 0ms);
  CHECK(next_delay(1, 0.5, policy) == 250ms);
  CHECK(next_delay(2, 0.5, policy) == 500ms);
  CHECK(next_delay(5, 0.5, policy) == 4s);
  CHECK(next_delay(7, 0.5, policy) == 15s);
  CHECK(next_delay(4'000'000'000, 0.5, policy) == 15s);
}

TEST_CASE("a host that was there and is not reached gets the time to start again") {
  const RetryPolicy policy;
  const Ended gone{.number = 1, .failure = NetworkFailure::connect, .known_host = true};
  CHECK(next_delay(gone, 0.0, policy) == 250ms);
  CHECK(next_delay(gone, 0.5, policy) == 375ms);
  CHECK(next_delay({.number = 1, .failure = NetworkFailure::connect}, 0.5, policy) == 250ms);
  CHECK(next_delay({.number = 1, .failure = NetworkFailure::broken, .known_host = true}, 0.5, policy) == 250ms);
  auto shortest = 0ms;
  for (unsigned number = 1; number < policy.attempts; ++number) {
    shortest += next_delay({.number = number, .failure = NetworkFailure::connect, .known_host = true}, 0.0, policy);
  }
  CHECK(shortest > 5s);
}

TEST_CASE("Retry-After is read as seconds or as a date") {
  struct Row {
    const char* text;
    std::int64_t seconds;  // -1: none
  };
  const std::int64_t now = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
  const Row rows[] = {
      {"", -1},
      {"0", 0},
      {"120", 120},
      {"99999999999999999999999", 315360000},
      {"-1", -1},
      {"1.5", -1},
      {"soon", -1},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
      {"Sun, 06 Nov 1994 08:50:37 GMT", 60},
      {"Mon, 07 Nov 1994 08:49:37 GMT", 86400},
      {"Sun, 06 Nov 1994 08:00:00 GMT", 0},
      {"Sun, 31 Feb 1994 08:49:37 GMT", -1},
      {"Sun, 06 Xxx 1994 08:49:37 GMT", -1},
      {"Sun, 06 Nov 1994 25:49:37 GMT", -1},
      {"Sunday, 06-Nov-94 08:49:37 GMT", -1},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto parsed = parse_retry_after(row.text, now);
    CHECK((parsed ? parsed->count() : -1) == row.seconds);
  }
}

namespace {

/// A policy without pauses worth mentioning, and no chance.
RetryPolicy quick() { return {.base = 1ms, .longest = 2ms}; }

RetryTransport::World tame() {
  return {.now = [] { return 0; }, .chance = [] { return 0.5; }};
}

Error broken() { return Error(Errc::unreachable, "it broke").with({.failure = NetworkFailure::broken}); }

}  // namespace

TEST_CASE("a request is made again until it works, and a body is sent from its start each time") {
  int number = 0;
  const auto inner = std::make_shared<ScriptedTransport>([&](const auto&) -> Result<http::Response> {
    switch (++number) {
      case 1: return broken();
      case 2: return answer(503, {}, "busy");
      default: return answer(201);
    }
  });
  RetryTransport retrying(inner, quick(), tame());
  const MemoryBlob body("content");
  std::vector<std::string> told;
  Context context;
  context.on_log = [&](LogLevel, std::string_view line) { told.emplace_back(line); };
  const auto sent = retrying.send(
      context, {.method = http::Method::put, .url = "https://h/v2/x?a=secret", .body = &body, .body_size = 7});
  REQUIRE(sent);
  CHECK(sent->status == 201);
  REQUIRE(inner->asked().size() == 3);
  for (const auto& asked : inner->asked()) CHECK(asked.body == "content");
  CHECK(told == std::vector<std::string>{"h: the connection broke off; trying again in 0.0 s (attempt 2 of 6)",
                                         "h: HTTP 503; trying again in 0.0 s (attempt 3 of 6)"});
}

TEST_CASE("the last answer, or the last error, is handed on as it is") {
  const auto busy = std::make_shared<ScriptedTransport>([](const auto&) { return answer(503, {}, "busy"); });
  auto sent = RetryTransport(busy, quick(), tame()).send({}, {.url = "https://h/"});
  REQUIRE(sent);
  CHECK(sent->status == 503);
  CHECK(read_all(*sent->body, 100).value() == "busy");
  CHECK(busy->asked().size() == 6);
  const auto breaking = std::make_shared<ScriptedTransport>([](const auto&) { return broken(); });
  const auto failed = RetryTransport(breaking, quick(), tame()).send({}, {.url = "https://h/"});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().text() == "it broke");
  const auto once = std::make_shared<ScriptedTransport>([](const auto&) { return answer(503); });
  CHECK(RetryTransport(once, quick(), tame()).send({}, {.url = "https://h/", .repeat = http::Repeat::never}));
  CHECK(once->asked().size() == 1);
}

TEST_CASE("a host that asks for a pause gets it from every request, another host does not wait") {
  std::atomic<int> number = 0;
  const auto inner = std::make_shared<ScriptedTransport>([&](const ScriptedTransport::Asked& asked) {
    return asked.url == "https://slow/" && ++number == 1 ? answer(429, {{"Retry-After", "1"}}) : answer(200);
  });
  RetryTransport retrying(inner, quick(), tame());
  const auto begun = std::chrono::steady_clock::now();
  std::jthread first([&] { CHECK(retrying.send({}, {.url = "https://slow/"})->status == 200); });
  while (number == 0) std::this_thread::yield();
  CHECK(retrying.send({}, {.url = "https://quick/"})->status == 200);
  const auto other = std::chrono::steady_clock::now() - begun;
  first.join();
  CHECK(std::chrono::steady_clock::now() - begun >= 1s);
  CHECK(other < 1s);
}

TEST_CASE("a pause ends with a cancellation, and is not begun where it would outlast the caller's time") {
  const auto inner = std::make_shared<ScriptedTransport>([](const auto&) {
    return answer(429, {{"Retry-After", "200"}});
  });
  RetryTransport retrying(inner, quick(), tame());
  const auto sent = retrying.send({.deadline = Deadline(10s)}, {.url = "https://h/"});
  REQUIRE(sent);
  CHECK(sent->status == 429);
  std::stop_source stop;
  std::jthread canceller([&] {
    while (inner->asked().size() < 2) std::this_thread::yield();
    stop.request_stop();
  });
  const auto cancelled = retrying.send({.stop = stop.get_token()}, {.url = "https://h/"});
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code() == Errc::cancelled);
}

TEST_CASE("what is refused because of other requests is no attempt, but not for ever") {
  struct Row {
    int crowded;  // answers 429 in company; those after them are 429 alone
    std::size_t asked;
  };
  const Row rows[] = {{0, 6}, {1, 7}, {5, 11}, {100, 11}};
  for (const auto& row : rows) {
    CAPTURE(row.crowded);
    int number = 0;
    const auto inner = std::make_shared<ScriptedTransport>([&](const auto&) {
      auto busy = answer(429);
      busy.in_company = ++number <= row.crowded;
      return busy;
    });
    CHECK(RetryTransport(inner, quick(), tame()).send({}, {.url = "https://h/"})->status == 429);
    CHECK(inner->asked().size() == row.asked);
  }
}

TEST_CASE("a body that fails is not asked of the peer again, whatever its error looks like") {
  class Broken final : public BlobSource {
   public:
    Result<std::unique_ptr<Reader>> open(const Context&, std::uint64_t) const override {
      class Cut final : public Reader {
       public:
        Result<std::size_t> read(std::span<char>) override { return broken(); }
      };
      return std::unique_ptr<Reader>(std::make_unique<Cut>());
    }
  };
  const auto inner = std::make_shared<ScriptedTransport>([](const auto&) { return answer(201); });
  const Broken body;
  std::vector<std::string> told;
  Context context;
  context.on_log = [&](LogLevel, std::string_view line) { told.emplace_back(line); };
  const auto sent =
      RetryTransport(inner, quick(), tame())
          .send(context, {.method = http::Method::put, .url = "https://h/", .body = &body, .body_size = 7});
  REQUIRE_FALSE(sent);
  CHECK(sent.error().text() == "it broke");
  CHECK(told.empty());
}

TEST_CASE("a peer that does not answer is asked twice, and the log says of how many") {
  const auto inner = std::make_shared<ScriptedTransport>([](const auto&) -> Result<http::Response> {
    return Error(Errc::unreachable, "nothing").with({.failure = NetworkFailure::silent});
  });
  std::vector<std::string> told;
  Context context;
  context.on_log = [&](LogLevel, std::string_view line) { told.emplace_back(line); };
  CHECK_FALSE(RetryTransport(inner, quick(), tame()).send(context, {.url = "https://h/"}));
  CHECK(inner->asked().size() == 2);
  CHECK(told == std::vector<std::string>{"h: no answer came in time; trying again in 0.0 s (attempt 2 of 2)"});
}

TEST_CASE("a host that has never answered is given up sooner than one that has") {
  int number = 0;
  const auto inner = std::make_shared<ScriptedTransport>([&](const auto&) -> Result<http::Response> {
    if (++number == 4) return answer(404);
    return Error(Errc::unreachable, "nothing").with({.failure = NetworkFailure::connect});
  });
  RetryTransport retrying(inner, quick(), tame());
  CHECK_FALSE(retrying.send({}, {.url = "https://h/"}));
  CHECK(inner->asked().size() == 3);
  CHECK(retrying.send({}, {.url = "https://h/"}));
  CHECK_FALSE(retrying.send({}, {.url = "https://h/"}));
  CHECK(inner->asked().size() == 3 + 1 + 6);
  CHECK_FALSE(retrying.send({}, {.url = "https://other/"}));
  CHECK(inner->asked().size() == 3 + 1 + 6 + 3);
}

TEST_CASE("an answer tells whether one before it was lost") {
  struct Row {
    const char* what;
    std::function<Result<http::Response>()> first;
    bool lost;
  };
  const Row rows[] = {
      {"broken", [] { return broken(); }, true},
      {"answered by nobody in time", [] { return answer(504); }, true},
      {"a failure", [] { return answer(500); }, true},
      {"not now", [] { return answer(429); }, false},
      {"lost below",
       [] {
         auto below = answer(404);
         below.answer_lost = true;
         return below;
       },
       true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    int number = 0;
    const auto inner = std::make_shared<ScriptedTransport>([&](const auto&) -> Result<http::Response> {
      return ++number == 1 ? row.first() : Result<http::Response>(answer(404));
    });
    RetryTransport retrying(inner, quick(), tame());
    CHECK(retrying.send({}, {.url = "https://h/"})->answer_lost == row.lost);
    CHECK_FALSE(retrying.send({}, {.url = "https://h/"})->answer_lost);
  }
}

TEST_CASE("an answer that is wanted whole is asked for again where it breaks off, and told where it is too long") {
  class Cut final : public Reader {
   public:
    Result<std::size_t> read(std::span<char>) override { return broken(); }
  };
  int number = 0;
  const auto inner = std::make_shared<ScriptedTransport>([&](const auto&) -> Result<http::Response> {
    if (++number == 1) return http::Response{.status = 200, .body = std::make_unique<Cut>()};
    return answer(200, {}, "content");
  });
  RetryTransport retrying(inner, quick(), tame());
  auto sent = retrying.send({}, {.url = "https://h/", .whole_answer = 7});
  REQUIRE(sent);
  CHECK(read_all(*sent->body, 10).value() == "content");
  sent = retrying.send({}, {.url = "https://h/", .whole_answer = 6});
  REQUIRE(sent);
  CHECK(read_all(*sent->body, 10).error().code() == Errc::limit_exceeded);
  CHECK(inner->asked().size() == 3);
}
