// SPDX-License-Identifier: Apache-2.0
// What comes from stdin. Reading ends with a cancellation, as every other wait does.
#pragma once

#include <string>

#include <portolan/base/context.h>
#include <portolan/base/secret.h>

namespace portolan::cli {

/// All of stdin but the end of its line. Errors: invalid_argument where that is nothing, or too much; cancelled.
Result<Secret> password_from_stdin(const Context& context);

/// Whether somebody can be asked.
bool somebody_is_there();
/// Asks on the terminal. Errors: invalid_argument where nothing is answered; cancelled. Contract: somebody_is_there().
Result<std::string> ask(const Context& context, const std::string& question);
/// As ask(), and what is typed is not shown.
Result<Secret> ask_for_password(const Context& context, const std::string& question);

}  // namespace portolan::cli
