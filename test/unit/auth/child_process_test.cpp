// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "auth/child_process.h"
#include "base/file.h"
#include "helper_folder.h"

using namespace portolan;
using namespace portolan::internal::auth;
using namespace std::chrono_literals;
using How = Outcome::How;

namespace {

Command shell(const std::string& script, const std::string& input = {}) {
  return {.program = "/bin/sh",
          .arguments = {"-c", script},
          .environment = {"PATH=/usr/bin:/bin", "GIVEN=value"},
          .input = Secret(input)};
}

/// Whether a process goes away, which the system may take a moment for.
bool goes_away(pid_t pid) {
  for (int i = 0; i < 1000; ++i) {
    if (::kill(pid, 0) != 0) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

}  // namespace

TEST_CASE("a program gets its input, arguments and environment, and gives its output and exit code") {
  struct Row {
    const char* script;
    const char* output;
    int code;
  };
  const Row rows[] = {
      {"cat", "input", 0},
      {"cat /dev/stdin", "input", 0},
      {"echo \"$GIVEN-$HOME-$LANG\"; exit 3", "value--\n", 3},
      {"echo shown; echo dropped >&2", "shown\n", 0},
      {"exit 1", "", 1},
      {"ls /proc/self/fd", "0\n1\n2\n3\n", 0},  // 3 is the folder that ls reads
  };
  const internal::FileDescriptor inherited(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  for (const auto& row : rows) {
    CAPTURE(row.script);
    const auto outcome = run({}, shell(row.script, "input"));
    REQUIRE(outcome);
    CHECK(outcome->how == How::exited);
    CHECK(outcome->code == row.code);
    CHECK(outcome->output.reveal() == row.output);
  }
  const auto signalled = run({}, shell("kill -TERM $$"));
  REQUIRE(signalled);
  CHECK(signalled->how == How::signalled);
  CHECK(signalled->code == SIGTERM);
}

TEST_CASE("input and output of any size go through, up to the limit") {
  const std::string large(700'000, 'x');
  const auto outcome = run({}, shell("cat", large));
  REQUIRE(outcome);
  CHECK(outcome->output.reveal() == large);
  const auto unread = run({}, shell("exit 0", large));
  REQUIRE(unread);
  CHECK(unread->succeeded());
  auto limited = shell("cat", large);
  limited.max_output = 1000;
  const auto too_much = run({}, limited);
  REQUIRE(too_much);
  CHECK(too_much->how == How::wrote_so_much);
  CHECK(too_much->output.empty());
  auto endless = shell("yes");
  endless.max_output = 100'000;
  CHECK(run({}, endless)->how == How::wrote_so_much);
}

TEST_CASE("a program whose time is over is killed with all that it has started") {
  test::TemporaryDirectory folder;
  const auto script = "sleep 1000 & echo $! > '" + (folder / "pid").string() + "'; wait";
  const auto started = [&] { return test::content_of(folder / "pid").ends_with('\n'); };
  const auto child = [&] { return std::stoi(test::content_of(folder / "pid")); };

  SUBCASE("by its own limit") {
    auto command = shell(script);
    command.limit = 300ms;
    const auto outcome = run({}, command);
    REQUIRE(outcome);
    CHECK(outcome->how == How::out_of_time);
    if (started()) CHECK(goes_away(child()));
  }
  SUBCASE("by the caller's deadline") {
    const auto outcome = run({.deadline = 300ms}, shell(script));
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code() == Errc::timed_out);
    if (started()) CHECK(goes_away(child()));
  }
  SUBCASE("by the caller's stop token, at once") {
    std::stop_source stop;
    std::chrono::steady_clock::time_point asked;
    std::jthread stopper([&] {
      while (!started()) std::this_thread::yield();
      asked = std::chrono::steady_clock::now();
      stop.request_stop();
    });
    const auto outcome = run({.stop = stop.get_token()}, shell(script));
    stopper.join();
    CHECK(std::chrono::steady_clock::now() - asked < 2s);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code() == Errc::cancelled);
    CHECK(goes_away(child()));
  }
}

TEST_CASE("a program has ended when it has, whoever still holds its output") {
  const auto outcome = run({}, shell("sleep 1000 & echo $!"));
  REQUIRE(outcome);
  CHECK(outcome->succeeded());
  const auto left_behind = std::stoi(outcome->output.reveal());
  CHECK(::kill(left_behind, SIGKILL) == 0);
  const auto closed = run({}, shell("exec >&-; sleep 0.05; exit 4"));
  REQUIRE(closed);
  CHECK(closed->code == 4);
}

TEST_CASE("a program that cannot be run is an error") {
  test::TemporaryDirectory folder;
  CHECK(run({}, {.program = folder / "missing"}).error().code() == Errc::no_such_file);
  CHECK_FALSE(run({}, {.program = folder.path()}));
  std::stop_source stop;
  stop.request_stop();
  CHECK(run({.stop = stop.get_token()}, shell("exit 0")).error().code() == Errc::cancelled);
}

TEST_CASE("programs run at once from many threads get each its own input") {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([text = std::to_string(i)] {
      const auto outcome = run({}, shell("cat", text));
      REQUIRE(outcome);
      CHECK(outcome->output.reveal() == text);
    });
  }
}
