// SPDX-License-Identifier: Apache-2.0
// Pushes a chart from a build system, with its own view of progress, a time limit, and errors to switch on.
//
//     publish CHART REFERENCE
#include <portolan/portolan.h>

#include <iostream>
#include <stop_token>

namespace {

void draw(const portolan::Progress& step) {
  if (step.event == portolan::Progress::Event::finished) std::cerr << "stored " << step.item << '\n';
}

int explain(const portolan::Error& error) {
  switch (error.code()) {
    case portolan::Errc::conflict:
      std::cerr << "already published with other content\n";
      for (const auto& [name, value] : error.details()) std::cerr << "  " << name << ' ' << value << '\n';
      break;
    case portolan::Errc::timed_out: std::cerr << "try again later\n"; break;
    default: std::cerr << error.message() << '\n';  // one sentence, free of secrets
  }
  return portolan::exit_code(error);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 3;
  std::stop_source stop;  // another thread may call stop.request_stop()
  const portolan::Context context{.stop = stop.get_token(), .deadline = std::chrono::minutes{5}, .on_progress = draw};
  portolan::Client client;
  const auto pushed =
      client.push(context, argv[1], argv[2], {.tags = {"1.4", "1"}, .if_exists = portolan::IfExists::same});
  if (!pushed) return explain(pushed.error());
  std::cout << pushed->reference.string() << ' ' << pushed->report.root.digest << '\n';
  return 0;
}
