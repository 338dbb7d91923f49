// SPDX-License-Identifier: Apache-2.0
#include <portolan/version.h>

#include "commands.h"

namespace portolan::cli {

int run(Session& session, const VersionArguments&) {
  if (session.json()) {
    session.io().out << R"({"schema":"portolan.version/v1","version":")" PORTOLAN_VERSION R"("})"
                     << "\n";
  } else {
    session.io().out << "portolan " PORTOLAN_VERSION "\n";
  }
  return 0;
}

}  // namespace portolan::cli
