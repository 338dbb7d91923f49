// SPDX-License-Identifier: Apache-2.0
// Pushes a chart from a build system: with its own credentials, its own view of progress, a time limit, and errors to
// switch on.
//
//     publish CHART REFERENCE
#include <portolan/portolan.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <stop_token>
#include <string>

namespace {

/// Stands for wherever a build system keeps its secrets.
class Vault {
 public:
  explicit Vault(std::map<std::string, portolan::Secret> robots) : robots_(std::move(robots)) {}
  portolan::auth::Credential lookup(const std::string& registry) const {
    const auto robot = robots_.find(registry);
    if (robot == robots_.end()) return {};
    return {.value = portolan::auth::Password{"robot", robot->second}, .source = "the vault"};
  }

 private:
  const std::map<std::string, portolan::Secret> robots_;
};

void draw(const portolan::Progress& step) {
  if (step.event == portolan::Progress::Event::finished) std::cerr << "stored " << step.item << '\n';
}

int explain(const portolan::Error& error) {
  switch (error.code()) {
    case portolan::Errc::conflict:
      std::cerr << "already published with other content\n";
      for (const auto& [name, value] : error.details()) std::cerr << "  " << name << ' ' << value << '\n';
      break;
    case portolan::Errc::unauthorized:
      std::cerr << "log in to " << error.registry() << " for " << error.scope() << '\n';
      break;
    case portolan::Errc::timed_out:
    case portolan::Errc::rate_limited: std::cerr << "try again later\n"; break;
    default: std::cerr << error.message() << '\n';  // one sentence, free of secrets
  }
  return portolan::exit_code(error);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 3;
  std::stop_source stop;  // another thread may call stop.request_stop()
  const portolan::Context context{.stop = stop.get_token(), .deadline = std::chrono::minutes{5}, .on_progress = draw};
  const char* secret = std::getenv("VAULT_REGISTRY_EXAMPLE");
  const Vault vault({{"registry.example", portolan::Secret(secret == nullptr ? "" : secret)}});
  portolan::Client client({
      .credentials =
          portolan::auth::from([&](const portolan::auth::Where& where) { return vault.lookup(where.registry); }),
      .user_agent = "acme-build/7",
  });
  const auto pushed =
      client.push(context, argv[1], argv[2], {.tags = {"1.4", "1"}, .if_exists = portolan::IfExists::same});
  if (!pushed) return explain(pushed.error());
  std::cout << pushed->reference.string() << ' ' << pushed->report.root.digest << '\n';
  return 0;
}
