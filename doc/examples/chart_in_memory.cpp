// SPDX-License-Identifier: Apache-2.0
// Pulls the newest chart of a range into memory and lists its templates, without a file.
//
//     chart_in_memory REFERENCE RANGE
#include <portolan/portolan.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) return 3;
  portolan::Client client;
  const auto pulled = client.pull({}, argv[1], {.version = argv[2]});
  if (!pulled) {
    std::cerr << pulled.error().message() << '\n';
    return portolan::exit_code(pulled.error());
  }
  for (const auto& file : pulled->chart().templates()) std::cout << file.name << ' ' << file.data.size() << '\n';
  return 0;
}
