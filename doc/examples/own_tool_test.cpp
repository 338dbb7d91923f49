// SPDX-License-Identifier: Apache-2.0
// A test of one's own tool, with no registry installed. "My tool" is a push by Portolan's library here.
//
//     own_tool_test CHART
#include <portolan/portolan.h>
#include <testregistry/testregistry.h>

#include <iostream>

namespace {

int my_tool(const std::string& chart, const std::string& registry) {
  portolan::Client client(
      {.credentials = portolan::auth::fixed({.value = portolan::auth::Password{"ci", portolan::Secret("secret")}})});
  const auto pushed = client.push({}, chart, "oci://" + registry + "/charts");
  return pushed ? 0 : portolan::exit_code(pushed.error());
}

bool check(bool holds, const char* otherwise) {
  if (!holds) std::cerr << otherwise << '\n';
  return holds;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace testregistry;
  if (argc != 2) return 3;
  Server registry({.authentication = bearer("ci", "secret")});
  registry.next(on("PUT", "manifests").answer(503).with_header("Retry-After", "1"));
  const int code = my_tool(argv[1], registry.host());
  const bool good = check(code == 0, "the tool gives up where it should try again") &&
                    check(registry.requests("PUT", "manifests") == 2, "the tool asks more often than it has to") &&
                    check(registry.leaked_credentials().empty(), "a password or token went where it does not belong") &&
                    check(registry.client_errors().empty(), "the tool sends what a strict registry would not take");
  return good ? 0 : 1;
}
