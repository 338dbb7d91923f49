// SPDX-License-Identifier: Apache-2.0
// A program that links portolan, and through it the core: an exception of the core is caught here.
#include <portolan/portolan.h>

#include <iostream>

int main() {
  try {
    portolan::Digest::parse("sha256:short").value();
    return 1;
  } catch (const portolan::BadResult& bad) {
    if (portolan::exit_code(bad.error()) != 3) return 1;
  }
  if (portolan::library_version() != PORTOLAN_VERSION) return 1;
  std::cout << "full " << portolan::library_version() << '\n';
  return 0;
}
