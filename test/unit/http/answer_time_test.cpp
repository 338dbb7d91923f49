// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "http/answer_time.h"

using namespace portolan::http;
using namespace std::chrono_literals;
using portolan::internal::http::answer_time;

TEST_CASE("an answer may take as long as what was sent lets expect") {
  constexpr std::uint64_t mib = 1024 * 1024;
  struct Row {
    Method method;
    std::uint64_t body;
    std::uint64_t stored;
    std::chrono::seconds time;
  };
  const Row rows[] = {
      {Method::get, 0, 0, 30s},
      {Method::head, 0, 0, 30s},
      {Method::remove, 0, 0, 30s},
      {Method::post, 0, 0, 30s},
      {Method::post, 100 * mib, 0, 30s},
      {Method::patch, 16 * mib, 0, 30s},
      {Method::patch, 960 * mib, 0, 30s},
      {Method::put, 4000, 0, 60s},
      {Method::put, 16 * mib, 0, 64s},
      {Method::put, 100 * mib, 100 * mib, 85s},
      {Method::put, 0, 100 * mib, 85s},
      {Method::put, 20 * mib, 400 * mib, 160s},
      {Method::put, 960 * mib, 0, 300s},
      {Method::put, 100'000 * mib, 0, 300s},
      {Method::put, ~std::uint64_t{0}, 0, 300s},
  };
  for (const auto& row : rows) {
    CAPTURE(to_string(row.method));
    CAPTURE(row.body);
    CAPTURE(row.stored);
    const auto time = answer_time({.method = row.method, .body_size = row.body, .stored_size = row.stored}, {});
    CHECK(std::chrono::duration_cast<std::chrono::seconds>(time) == row.time);
  }
  CHECK(answer_time({.method = Method::put, .body_size = 1000}, {.answer_upload_within = 5s, .stored_per_second = 0}) ==
        6s);
}
