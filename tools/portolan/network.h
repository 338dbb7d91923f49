// SPDX-License-Identifier: Apache-2.0
// What commands need that ask registries. The program `portolan` links no network, so that commands which need none do
// not load libcurl's forty libraries; where a registry is named it loads a module, which has it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arguments.h"
#include "io.h"

namespace portolan::cli {

class Session;

class Network {
 public:
  virtual ~Network() = default;

  /// The stores of those registries. Errors: invalid_argument, invalid_configuration.
  virtual Result<std::unique_ptr<StoreProvider>> connect(const Context& context, const RegistryAccess& access,
                                                         const std::vector<std::string>& registries,
                                                         const Environment& environment) = 0;

  /// An account that is kept, or was.
  struct Account {
    std::string username{};
    std::string where{};  ///< for people: a file, or a helper
    enum class Worth : std::uint8_t { unknown, checked };
    Worth worth = Worth::unknown;  ///< a registry that asks nobody for an account does not tell
  };
  /// Tries the account at the registry, and keeps it. `place` is HOST[:PORT][/PATH].
  virtual Result<Account> log_in(const Context& context, const RegistryAccess& access, const std::string& place,
                                 const Environment& environment) = 0;
  /// Errors: not_found where none was kept.
  virtual Result<Account> log_out(const Context& context, const RegistryAccess& access, const std::string& place,
                                  const Environment& environment) = 0;
  /// Tells which account is used; the whole command, as its report is the network's.
  virtual int explain(Session& session, const ExplainArguments& arguments) = 0;
};

/// The one of libportolan.
std::unique_ptr<Network> network();

}  // namespace portolan::cli
