// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <stdexcept>

namespace portolan::test {

/// Starts a copy of this process that runs `body` and ends with what it returns (0 to 99).
inline pid_t start_child(const std::function<int()>& body) {
  const auto child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    int code = 100;
    try {
      code = body();
    } catch (const std::exception&) {
    }
    ::_exit(code);
  }
  return child;
}

/// What the child ended with; -1 where a signal ended it.
inline int wait_for_child(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

inline int in_child(const std::function<int()>& body) { return wait_for_child(start_child(body)); }

}  // namespace portolan::test
