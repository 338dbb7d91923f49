// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "commands.h"

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

// The program beside this one, or where it is installed, that can reach registries; it takes this one's place.
int hand_over(char** argv, Io& io) {
  std::error_code error;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& place : {here / "portolan-network", here / PORTOLAN_NETWORK_PROGRAM}) {
    ::execv(place.c_str(), argv);
  }
  io.err << "portolan: registries need the program " << (here / PORTOLAN_NETWORK_PROGRAM).lexically_normal().string()
         << ", which cannot be run: " << std::generic_category().message(errno) << "\n";
  return 9;
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
class Signals {
 public:
  Signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, leaving}) sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    waiting_ = std::thread([left = left_, stop = stop_, signals]() mutable {
      int number = 0;
      sigwait(&signals, &number);
      if (number == leaving && *left) return;
      stop.request_stop();
      if (number != leaving) sigwait(&signals, &number);
      if (number == leaving && *left) return;
      pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
      ::raise(number);
    });
  }
  ~Signals() {
    if (waiting_.joinable()) waiting_.detach();
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

  // Takes no more of them: those that come wait for the program that takes this one's place. False where one has come.
  bool leave() {
    *left_ = true;
    pthread_kill(waiting_.native_handle(), leaving);
    waiting_.join();
    return !stop_.stop_requested();
  }

 private:
  static constexpr int leaving = SIGUSR2;  // tells the thread that it is not wanted any more

  std::stop_source stop_;
  const std::shared_ptr<std::atomic<bool>> left_ = std::make_shared<std::atomic<bool>>(false);
  std::thread waiting_;
};

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  Signals signals;
  auto io = terminal();
  const auto environment = read_environment();
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  try {
    const auto connection = network();
    const auto code = run_program(words, io, environment, signals.token(), connection.get());
    if (code) return *code;
    return signals.leave() ? hand_over(argv, io) : exit_code(portolan::Errc::cancelled);
  } catch (const std::bad_alloc&) {
    io.err << "portolan: out of memory\n";
    return 9;
  }
}
