// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "output.h"

namespace portolan::cli {

int run_program(const std::vector<std::string>& words, Io& io, const Environment& environment, std::stop_token stop) {
  auto parsed = parse_arguments(words);
  if (const auto* message = std::get_if<Message>(&parsed)) {
    (message->exit_code == 0 ? io.out : io.err) << message->text;
    return message->exit_code;
  }
  const auto& invocation = std::get<Invocation>(parsed);
  Session session(invocation.common, io, environment, std::move(stop));
  const int code = std::visit([&](const auto& arguments) { return run(session, arguments); }, invocation.arguments);
  // A result that did not arrive is no result.
  if (code == 0 && !io.out.flush()) {
    io.err << error_text(Error(Errc::io_error, "writing the result to standard output: it cannot be written"));
    return exit_code(Errc::io_error);
  }
  return code;
}

}  // namespace portolan::cli
