// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "http/pace.h"

#include <vector>

using namespace std::chrono_literals;
using portolan::internal::http::Pace;

TEST_CASE("a peer is too slow that moves too little in the time in which it is waited for") {
  struct Step {
    std::chrono::seconds waits;  // after which so many bytes move
    std::uint64_t moves;
    std::chrono::seconds does_something_else;
  };
  struct Row {
    const char* what;
    std::vector<Step> steps;
    std::chrono::seconds left;
  };
  const Row rows[] = {
      {"nothing has happened", {}, 30s},
      {"it is waited for", {{10s, 0, 0s}}, 20s},
      {"little comes, byte by byte", {{10s, 1, 0s}, {10s, 1, 0s}, {9s, 1, 0s}}, 1s},
      {"little comes until the time is up", {{10s, 1, 0s}, {10s, 1, 0s}, {10s, 1, 0s}}, 0s},
      {"enough comes, piece by piece", {{10s, 500, 0s}, {10s, 500, 0s}, {9s, 24, 0s}}, 30s},
      {"much comes at the end", {{29s, 5000, 0s}, {5s, 1, 0s}}, 25s},
      {"what came before does not count twice", {{1s, 1024, 0s}, {10s, 1023, 0s}}, 20s},
      {"whoever reads slowly waits for nobody", {{1s, 100, 60s}, {1s, 100, 60s}, {1s, 100, 60s}}, 27s},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Pace pace(1024, 30s);
    Pace::Time now{};
    for (const auto& step : row.steps) {
      pace.wait(now);
      now += step.waits;
      pace.moved(step.moves, now);
      pace.go_on(now);
      now += step.does_something_else;
    }
    pace.wait(now);
    CHECK(pace.limit() - now == row.left);
  }
}

TEST_CASE("what moves while it is waited for gives the peer all of its time again") {
  Pace pace(1024, 30s);
  const Pace::Time begin{};
  pace.wait(begin);
  pace.moved(1023, begin + 20s);
  CHECK(pace.limit() == begin + 30s);
  pace.moved(1, begin + 25s);
  CHECK(pace.limit() == begin + 55s);
}
