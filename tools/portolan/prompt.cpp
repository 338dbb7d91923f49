// SPDX-License-Identifier: Apache-2.0
#include "prompt.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <iterator>

namespace portolan::cli {
namespace {

constexpr std::size_t max_password_size = 64 * 1024;

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

}  // namespace

Result<Secret> password_from_stdin() {
  std::string text;
  for (std::istreambuf_iterator<char> at(std::cin), end; at != end; ++at) {
    if (text.size() == max_password_size) return Error(Errc::invalid_argument, "the password on stdin is too long");
    text += *at;
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return Error(Errc::invalid_argument, "there is no password on stdin");
  return Secret(std::move(text));
}

bool somebody_is_there() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

Result<std::string> ask(const std::string& question) {
  std::cerr << question << ": " << std::flush;
  std::string answer;
  if (!std::getline(std::cin, answer) || answer.empty()) {
    return Error(Errc::invalid_argument, "nothing was answered to: " + question);
  }
  return answer;
}

Result<Secret> ask_for_password(const std::string& question) {
  Result<std::string> answer = std::string();
  {
    const Unseen unseen;
    answer = ask(question);
  }
  std::cerr << "\n";
  if (!answer) return std::move(answer).error();
  return Secret(*std::move(answer));
}

}  // namespace portolan::cli
