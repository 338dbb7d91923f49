// SPDX-License-Identifier: Apache-2.0
// The commands: arguments in, one call of the library, a rendering of its report. Each returns the exit code.
#pragma once

#include <functional>

#include "arguments.h"
#include "network.h"
#include "session.h"

namespace portolan::cli {

int run(Session& session, const PackageArguments& arguments);
int run(Session& session, const DigestArguments& arguments);
int run(Session& session, const PushArguments& arguments);
int run(Session& session, const PullArguments& arguments);
int run(Session& session, const VersionsArguments& arguments);
int run(Session& session, const ShowArguments& arguments);
int run(Session& session, const ResolveArguments& arguments);
int run(Session& session, const TagArguments& arguments);
int run(Session& session, const ManifestArguments& arguments);
int run(Session& session, const DeleteArguments& arguments);
int run(Session& session, const ReferrersArguments& arguments);
int run(Session& session, const AttachArguments& arguments);
int run(Session& session, const CatalogArguments& arguments);
int run(Session& session, const LayoutCheckArguments& arguments);
int run(Session& session, const LayoutGcArguments& arguments);
int run(Session& session, const CopyArguments& arguments);
int run(Session& session, const LoginArguments& arguments);
int run(Session& session, const LogoutArguments& arguments);
int run(Session& session, const ExplainArguments& arguments);
int run(Session& session, const CompletionArguments& arguments);
int run(Session& session, const VersionArguments& arguments);

/// Gives the network, when one is needed.
using NetworkSource = std::function<Result<std::unique_ptr<Network>>()>;

/// The whole program: words after the program's name in, exit code out.
int run_program(const std::vector<std::string>& words, Io& io, const Environment& environment, std::stop_token stop,
                const NetworkSource& network);

}  // namespace portolan::cli
