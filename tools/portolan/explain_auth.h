// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "arguments.h"
#include "session.h"

namespace portolan::cli {

/// The command `auth explain`, given how an explanation is got. Returns the exit code.
int explain_auth(Session& session, const ExplainArguments& arguments,
                 const std::function<Result<AuthExplanation>(const Reference&)>& explain);

}  // namespace portolan::cli
