// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "auth/once_each.h"

using namespace portolan;
using portolan::internal::auth::OnceEach;

TEST_CASE("a value is made once for each key, however many threads want it") {
  OnceEach<std::string, int> all;
  std::atomic<int> made = 0;
  std::atomic<int> good = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&, key = i % 2 == 0 ? "a" : "b"] {
      const auto value = all.get({}, key, [&]() -> Result<int> {
        std::this_thread::yield();
        return ++made > 0 ? 7 : 0;
      });
      good += value && *value == 7;
    });
  }
  threads.clear();
  CHECK(made == 2);
  CHECK(good == 32);
}

TEST_CASE("a failure is told to those who waited for it, and not kept") {
  OnceEach<int, int> all;
  std::atomic<int> made = 0;
  std::atomic<bool> go = false;
  const auto fail = [&]() -> Result<int> {
    ++made;
    while (!go) std::this_thread::yield();
    return Error(Errc::invalid_configuration, "broken");
  };
  std::jthread maker([&] { CHECK_FALSE(all.get({}, 1, fail)); });
  while (made == 0) std::this_thread::yield();
  CHECK(all.get({}, 2, [&]() -> Result<int> { return 2; }).value() == 2);  // another key waits for nobody
  std::stop_source stop;
  stop.request_stop();
  CHECK(all.get({.stop = stop.get_token()}, 1, fail).error().code() == Errc::cancelled);
  CHECK(all.get({.deadline = std::chrono::milliseconds{1}}, 1, fail).error().code() == Errc::timed_out);
  go = true;
  maker.join();
  CHECK(all.get({}, 1, [&]() -> Result<int> { return 1; }).value() == 1);
  CHECK(made == 1);
}

TEST_CASE("where the one who makes a value is stopped or throws, the next one makes it") {
  OnceEach<int, int> all;
  std::atomic<bool> waiting = false;
  std::atomic<bool> go = false;
  const auto blocked = [&](auto end) {
    waiting = true;
    while (!go) std::this_thread::yield();
    return end();
  };
  for (const bool throws : {false, true}) {
    CAPTURE(throws);
    waiting = go = false;
    const int key = throws ? 1 : 0;
    std::jthread first([&] {
      try {
        const auto stopped = all.get({}, key, [&] {
          return blocked([&]() -> Result<int> {
            if (throws) throw std::runtime_error("user code");
            return Error(Errc::cancelled, "interrupted");
          });
        });
        CHECK_FALSE(stopped);
      } catch (const std::runtime_error&) {
      }
    });
    while (!waiting) std::this_thread::yield();
    std::jthread second([&] { CHECK(all.get({}, key, [&]() -> Result<int> { return 5; }).value() == 5); });
    go = true;
  }
}
