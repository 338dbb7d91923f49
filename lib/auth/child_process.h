// SPDX-License-Identifier: Apache-2.0
// Another program, run to its end: it gets a text and gives one.
#pragma once

#include <portolan/base/context.h>
#include <portolan/base/secret.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace portolan::internal::auth {

struct Command {
  std::filesystem::path program{};          ///< no search, and no shell
  std::vector<std::string> arguments{};     ///< without the program's name
  std::vector<std::string> environment{};   ///< "NAME=value"; nothing else is in it
  Secret input{};                           ///< all that it reads
  std::size_t max_output = 1024 * 1024;     ///< bytes
  std::chrono::milliseconds limit{30'000};  ///< how long it may take
};

struct Outcome {
  enum class How : std::uint8_t {
    exited,        ///< `code` tells how
    signalled,     ///< `code` is the signal
    out_of_time,   ///< killed
    wrote_so_much  ///< killed at max_output
  };
  How how = How::exited;
  int code = 0;
  Secret output{};  ///< what it wrote, which may be secret; nothing where it was killed

  bool succeeded() const noexcept { return how == How::exited && code == 0; }
};

/// Runs the program in a process group of its own, with no open file but its three; what it writes to standard error
/// is dropped. The group is killed where its time is over. A program that is no child any more when it ends (the
/// process ignores SIGCHLD) counts as successful.
/// Errors: cancelled, timed_out (by the context; the group is killed); those of the system.
Result<Outcome> run(const Context& context, const Command& command);

}  // namespace portolan::internal::auth
