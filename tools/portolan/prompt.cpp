// SPDX-License-Identifier: Apache-2.0
#include "prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <stop_token>

namespace portolan::cli {
namespace {

constexpr std::size_t max_input_size = 64 * 1024;

/// The terminal does not show what is typed while this lives.
class Unseen {
 public:
  Unseen() : terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!terminal_) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Unseen() {
    if (terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_{};
  const bool terminal_;
};

/// Becomes readable when the context is cancelled.
class Cancelled {
 public:
  explicit Cancelled(const Context& context)
      : made_(::pipe2(pipe_, O_CLOEXEC) == 0), tell_(context.stop, Tell{*this}) {}
  ~Cancelled() {
    if (!made_) return;
    ::close(pipe_[0]);
    ::close(pipe_[1]);
  }
  Cancelled(const Cancelled&) = delete;
  Cancelled& operator=(const Cancelled&) = delete;
  int fd() const noexcept { return made_ ? pipe_[0] : -1; }

 private:
  struct Tell {
    Cancelled& self;
    void operator()() const noexcept {
      if (self.made_) static_cast<void>(::write(self.pipe_[1], "x", 1));
    }
  };
  int pipe_[2] = {-1, -1};
  const bool made_;
  const std::stop_callback<Tell> tell_;
};

enum class Until : std::uint8_t { line, end };

/// What there is on stdin, without the end of its line.
Result<std::string> read_stdin(const Context& context, Until until) {
  const Cancelled cancelled(context);
  std::string text;
  for (;;) {
    pollfd both[] = {{STDIN_FILENO, POLLIN, 0}, {cancelled.fd(), POLLIN, 0}};
    while (::poll(both, 2, -1) < 0 && errno == EINTR) {
    }
    if (auto go = context.check(); !go) return std::move(go).error();
    char piece[4096];
    const auto n = ::read(STDIN_FILENO, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(piece, static_cast<std::size_t>(n));
    if (text.size() > max_input_size) return Error(Errc::invalid_argument, "what stands on stdin is too long");
    if (until == Until::line && text.back() == '\n') break;
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

Result<Secret> password_from_stdin(const Context& context) {
  auto text = read_stdin(context, Until::end);
  if (!text) return std::move(text).error();
  if (text->empty()) return Error(Errc::invalid_argument, "there is no password on stdin");
  return Secret(*std::move(text));
}

bool somebody_is_there() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

Result<std::string> ask(const Context& context, const std::string& question) {
  std::cerr << question << ": " << std::flush;
  auto answer = read_stdin(context, Until::line);
  if (answer && answer->empty()) return Error(Errc::invalid_argument, "nothing was answered to: " + question);
  return answer;
}

Result<Secret> ask_for_password(const Context& context, const std::string& question) {
  Result<std::string> answer = std::string();
  {
    const Unseen unseen;
    answer = ask(context, question);
  }
  std::cerr << "\n";
  if (!answer) return std::move(answer).error();
  return Secret(*std::move(answer));
}

}  // namespace portolan::cli
