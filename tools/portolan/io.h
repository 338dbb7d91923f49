// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/secret.h>

namespace portolan::cli {

/// Where a command writes, and what it knows of the other side. stdout carries the result and nothing else.
struct Io {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;       ///< and can redraw: neither TERM=dumb nor without a size
  bool color = false;                 ///< on err; NO_COLOR is unset
  bool unicode = false;               ///< err shows characters beyond ASCII
  std::function<unsigned()> width{};  ///< columns of err now; 80 where not set
};

/// What the commands take from the environment; nothing below the command line reads it.
struct Environment {
  std::optional<std::string> source_date_epoch{};  ///< SOURCE_DATE_EPOCH, where set and not empty
  std::optional<std::string> username{};           ///< PORTOLAN_USERNAME
  std::optional<Secret> password{};                ///< PORTOLAN_PASSWORD
  /// Any other variable, for those that name configuration files; nothing is set where this is not.
  std::function<std::optional<std::string>(std::string_view)> variable{};
  std::vector<std::string> everything{};  ///< "NAME=value", for programs that are run
};

}  // namespace portolan::cli
