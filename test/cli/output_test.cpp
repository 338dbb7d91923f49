// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include <doctest/doctest.h>

#include <sstream>

using namespace portolan;
using namespace portolan::cli;

TEST_CASE("sizes are told with one decimal in the unit that keeps them short") {
  const struct {
    std::uint64_t bytes;
    const char* text;
  } rows[] = {
      {0, "0 B"},
      {1, "1 B"},
      {999, "999 B"},
      {1000, "1.0 KiB"},
      {1024, "1.0 KiB"},
      {12'698, "12.4 KiB"},
      {1023 * 1024, "1.0 MiB"},
      {999 * 1024, "999.0 KiB"},
      {1024 * 1024, "1.0 MiB"},
      {std::uint64_t{5} << 30, "5.0 GiB"},
      {std::uint64_t{3} << 40, "3.0 TiB"},
      {std::uint64_t{2000} << 40, "2000.0 TiB"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.bytes);
    CHECK(size_text(row.bytes) == row.text);
  }
}

TEST_CASE("a noun has its plural beside every number but one") {
  CHECK(count_text(0, "file") == "0 files");
  CHECK(count_text(1, "file") == "1 file");
  CHECK(count_text(17, "file") == "17 files");
}

TEST_CASE("a pause is told in the unit that keeps it short, and no longer than anybody waits") {
  using namespace std::chrono_literals;
  const struct {
    std::chrono::seconds pause;
    const char* text;
  } rows[] = {
      {0s, "0 seconds"},
      {1s, "1 second"},
      {119s, "119 seconds"},
      {2min, "2 minutes"},
      {301s, "6 minutes"},
      {1h, "60 minutes"},
      {2h, "2 hours"},
      {2h + 1s, "3 hours"},
      {47h, "47 hours"},
      {48h, "2 days"},
      {49h, "3 days"},
      {60 * 24h, "60 days"},
      {60 * 24h + 1s, "more than 60 days"},
      {87'600h, "more than 60 days"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(pause_text(row.pause) == row.text);
  }
}

TEST_CASE("the exit code of several items is the one that tells most") {
  const auto failed = [](Errc code) { return std::optional(Error(code, "it failed")); };
  const struct {
    std::vector<std::optional<Error>> errors;
    int exit_code;
  } rows[] = {
      {{}, 0},
      {{std::nullopt}, 0},
      {{std::nullopt, std::nullopt}, 0},
      {{failed(Errc::conflict)}, 2},
      {{failed(Errc::conflict), std::nullopt}, 1},
      {{std::nullopt, failed(Errc::not_found), failed(Errc::conflict)}, 1},
      {{failed(Errc::conflict), failed(Errc::conflict)}, 2},
      // All of them failed, for one kind of reason and for several.
      {{failed(Errc::invalid_chart), failed(Errc::invalid_argument)}, 3},
      {{failed(Errc::conflict), failed(Errc::not_found)}, 8},
      {{failed(Errc::conflict), failed(Errc::conflict), failed(Errc::not_found)}, 8},
      {{failed(Errc::cancelled)}, 130},
  };
  for (const auto& row : rows) CHECK(combined_exit_code(row.errors) == row.exit_code);
}

TEST_CASE("an error is the sentence, its details in columns, and what to do next") {
  const struct {
    Error error;
    const char* text;
  } rows[] = {
      {Error(Errc::not_found, "there is no tag \"1\"").within("pulling 1 from x"),
       "portolan: pulling 1 from x: there is no tag \"1\"\n"},
      {Error(Errc::conflict, "x:1 exists with other content").with("there", "sha256:a").with("here", "sha256:b"),
       "portolan: x:1 exists with other content\n  there  sha256:a\n  here   sha256:b\n"
       "Raise the chart's version, or replace it with --if-exists replace.\n"},
      {Error(Errc::conflict, "d/app is there already; move it away or unpack elsewhere"),
       "portolan: d/app is there already; move it away or unpack elsewhere\n"},
      {Error(Errc::cancelled, "interrupted"), "portolan: interrupted\nIt is safe to run the same command again.\n"},
      {Error(Errc::timed_out, "the time limit has passed"),
       "portolan: the time limit has passed\n"
       "It is safe to run the same command again, with a longer --timeout.\n"},
      {Error(Errc::rate_limited, "r is asked too often"),
       "portolan: r is asked too often\nIt is safe to run the same command again, later.\n"},
      {Error(Errc::rate_limited, "r failed (HTTP 503)").with({.status = 503, .retry_after = std::chrono::hours(1)}),
       "portolan: r failed (HTTP 503)\nIt is safe to run the same command again in 60 minutes.\n"},
      {Error(Errc::no_space, "writing x: No space left on device"),
       "portolan: writing x: No space left on device\n"
       "Nothing was left behind. Free some space and run the same command again.\n"},
      {Error(Errc::invalid_chart, "name \x1b[2J").with("is", "\x1b[2J"), "portolan: name \\x1b[2J\n  is  \\x1b[2J\n"},
  };
  for (const auto& row : rows) {
    std::ostringstream out;
    std::ostringstream err;
    Io io{out, err};
    print_error(io, row.error);
    CHECK(err.str() == row.text);
    CHECK(out.str() == "");
  }
}

TEST_CASE("an error is coloured only where that is wanted") {
  std::ostringstream out;
  std::ostringstream err;
  Io io{out, err};
  io.color = true;
  print_error(io, Error(Errc::not_found, "there is nothing"));
  CHECK(err.str() == "\x1b[1;31mportolan:\x1b[0m there is nothing\n");
}
