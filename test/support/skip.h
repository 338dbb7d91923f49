// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>

namespace portolan::test {
void skip(const std::string& why);
}

/// Leaves the test case, reported as skipped for that reason; a failure instead where the runner requires all suites
/// (PORTOLAN_REQUIRE_ALL=1, as CI does).
#define SKIP(why)                                                    \
  do {                                                               \
    if (std::getenv("PORTOLAN_REQUIRE_ALL") != nullptr) FAIL((why)); \
    ::portolan::test::skip(why);                                     \
    return;                                                          \
  } while (false)
