// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "commands.h"
#include "load_network.h"

namespace {

using namespace portolan::cli;

// As the C library decides: the first of the three that is set, and what it says of the encoding.
bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view text = value;
    return text.find("UTF-8") != std::string_view::npos || text.find("utf8") != std::string_view::npos;
  }
  return false;
}

Environment read_environment() {
  Environment environment;
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr && *epoch != '\0') {
    environment.source_date_epoch = epoch;
  }
  if (const char* name = std::getenv("PORTOLAN_USERNAME"); name != nullptr && *name != '\0') {
    environment.username = name;
  }
  if (const char* password = std::getenv("PORTOLAN_PASSWORD"); password != nullptr && *password != '\0') {
    environment.password = portolan::Secret(password);
  }
  environment.variable = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  for (char** variable = environ; *variable != nullptr; ++variable) {
    // Programs that are run need no account of ours.
    if (!std::string_view(*variable).starts_with("PORTOLAN_")) environment.everything.emplace_back(*variable);
  }
  return environment;
}

unsigned terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

Io terminal() {
  Io io{std::cout, std::cerr};
  io.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* term = std::getenv("TERM");
  io.err_is_terminal =
      ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb" && terminal_width() > 0;
  io.width = terminal_width;
  const char* no_color = std::getenv("NO_COLOR");
  io.color = io.err_is_terminal && (no_color == nullptr || *no_color == '\0');
  io.unicode = locale_is_utf8();
  return io;
}

// The first signal asks the operation to stop, which cleans up; a second one ends the process as usual.
void stop_on_signals(std::stop_source stop) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([stop, signals]() mutable {
    int number = 0;
    sigwait(&signals, &number);
    stop.request_stop();
    sigwait(&signals, &number);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    ::raise(number);
  }).detach();
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  std::stop_source stop;
  stop_on_signals(stop);
  auto io = terminal();
  const auto environment = read_environment();
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  try {
    return run_program(words, io, environment, stop.get_token(), load_network);
  } catch (const std::bad_alloc&) {
    io.err << "portolan: out of memory\n";
    return 9;
  }
}
