// SPDX-License-Identifier: Apache-2.0
// What only an installed library can show: the headers and the library are of one version, and an exception that the
// core throws is caught by type in another program.
#include <portolan/portolan.h>

#include <iostream>

static_assert(PORTOLAN_VERSION_AT_LEAST(0, 1, 0));
static_assert(PORTOLAN_VERSION_AT_LEAST(PORTOLAN_VERSION_MAJOR, PORTOLAN_VERSION_MINOR, PORTOLAN_VERSION_PATCH));
static_assert(!PORTOLAN_VERSION_AT_LEAST(PORTOLAN_VERSION_MAJOR, PORTOLAN_VERSION_MINOR, PORTOLAN_VERSION_PATCH + 1));
static_assert(!PORTOLAN_VERSION_AT_LEAST(PORTOLAN_VERSION_MAJOR + 1, 0, 0));

int main() {
  if (portolan::library_version() != PORTOLAN_VERSION) return 1;
  try {
    portolan::Digest::parse("sha256:short").value();
    return 1;
  } catch (const portolan::BadResult& bad) {
    if (bad.error().code() != portolan::Errc::invalid_reference) return 1;
  }
  std::cout << portolan::library_version() << '\n';
  return 0;
}
