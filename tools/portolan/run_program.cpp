// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "output.h"

namespace portolan::cli {
namespace {

// Whether words that cannot be understood ask for JSON all the same.
bool asks_for_json(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word == "-ojson" || word == "--output=json") return true;
    if ((word == "-o" || word == "--output") && i + 1 < words.size() && words[i + 1] == "json") return true;
  }
  return false;
}

int refuse(const UsageError& usage, const std::vector<std::string>& words, Io& io) {
  const Error error(Errc::invalid_argument, usage.sentence);
  if (asks_for_json(words)) io.out << chart::error_json(error) << "\n";
  print_error(io, error);
  io.err << "See '" << usage.command << " --help'.\n";
  return exit_code(error);
}

int run_command(const Invocation& invocation, Io& io, const Environment& environment, std::stop_token stop,
                const NetworkSource& source) {
  std::unique_ptr<Network> network;
  if (needs_network(invocation.arguments)) {
    auto found = source();
    if (!found) return report_error(invocation.common, io, found.error());
    network = *std::move(found);
  }
  std::unique_ptr<StoreProvider> stores;
  if (const auto registries = registries_of(invocation.arguments); !registries.empty()) {
    auto connected = network->connect({.stop = stop}, access_of(invocation), registries, environment);
    if (!connected) return report_error(invocation.common, io, connected.error());
    stores = *std::move(connected);
  }
  Session session(invocation.common, io, environment, std::move(stop), std::move(stores), network.get());
  return std::visit([&](const auto& arguments) { return run(session, arguments); }, invocation.arguments);
}

}  // namespace

int run_program(const std::vector<std::string>& words, Io& io, const Environment& environment, std::stop_token stop,
                const NetworkSource& network) {
  const auto parsed = parse_arguments(words);
  int code = 0;
  if (const auto* usage = std::get_if<UsageError>(&parsed)) {
    code = refuse(*usage, words, io);
  } else if (const auto* message = std::get_if<Message>(&parsed)) {
    (message->exit_code == 0 ? io.out : io.err) << message->text;
    code = message->exit_code;
  } else {
    const auto& invocation = std::get<Invocation>(parsed);
    code = run_command(invocation, io, environment, std::move(stop), network);
  }
  // A result that did not arrive is no result.
  if (code == 0 && !io.out.flush()) {
    print_error(io, Error(Errc::io_error, "writing the result to standard output: it cannot be written"));
    return exit_code(Errc::io_error);
  }
  return code;
}

}  // namespace portolan::cli
