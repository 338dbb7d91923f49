// SPDX-License-Identifier: Apache-2.0
// A program that links portolan-core: reads a digest, and sees an error as a value.
#include <portolan/chart.h>

#include <iostream>

static_assert(PORTOLAN_VERSION_AT_LEAST(0, 1, 0));
static_assert(!PORTOLAN_VERSION_AT_LEAST(PORTOLAN_VERSION_MAJOR, PORTOLAN_VERSION_MINOR, PORTOLAN_VERSION_PATCH + 1));

int main() {
  const auto digest = portolan::Digest::parse("sha256:" + std::string(64, '0'));
  const auto refused = portolan::Digest::parse("sha256:short");
  if (!digest || refused || refused.error().code() != portolan::Errc::invalid_reference) return 1;
  std::cout << "core " << *digest << '\n';
  return 0;
}
