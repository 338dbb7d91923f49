// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <doctest/doctest.h>

#include <sstream>

using namespace portolan;
using namespace portolan::cli;

TEST_CASE("what several transfers say at one time is told once, but where all is to be told") {
  for (const bool debug : {false, true}) {
    CAPTURE(debug);
    std::ostringstream out;
    std::ostringstream err;
    Io io{.out = out, .err = err};
    const Common common{.debug = debug};
    const Environment environment;
    const Session session(common, io, environment, {}, nullptr, nullptr);
    for (const auto* line :
         {"waiting for r to answer", "waiting for r to answer", "r is back", "waiting for r to answer"})
      session.context().log(LogLevel::info, line);
    const std::string waiting = "portolan: info: waiting for r to answer\n";
    CHECK(err.str() == waiting + (debug ? waiting : "") + "portolan: info: r is back\n" + waiting);
  }
}
