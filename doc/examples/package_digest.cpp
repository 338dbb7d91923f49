// SPDX-License-Identifier: Apache-2.0
// Packages a chart and tells the digests that the archive and the pushed manifest will have: no network, links
// portolan-core only.
//
//     package_digest CHART-DIR OUTPUT-DIR
#include <portolan/chart.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) return 3;
  const auto packaged = portolan::chart::package(argv[1], {.version = "1.4.2", .app_version = "3.0.1"});
  if (!packaged) {
    std::cerr << packaged.error().message() << '\n';
    return portolan::exit_code(packaged.error());
  }
  std::cout << packaged->file_name() << ' ' << packaged->archive_digest() << '\n'
            << "will be pushed as " << packaged->manifest().digest() << '\n';
  return packaged->write_to(argv[2]) ? 0 : 9;
}
