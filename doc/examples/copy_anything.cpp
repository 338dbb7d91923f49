// SPDX-License-Identifier: Apache-2.0
// Copies one version, and what refers to it, from a store to a store: layouts, archives, memory are all stores.
//
//     copy_anything SOURCE TAG TARGET
#include <portolan/portolan.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 4) return 3;
  const portolan::Context context;
  portolan::Client client;
  auto source = client.open(argv[1]);
  auto target = client.open(argv[3]);
  if (!source || !target) return 3;
  const auto copied =
      portolan::copy(context, **source, argv[2], **target, {.referrers = portolan::Referrers::all, .concurrency = 8});
  if (!copied) {
    std::cerr << copied.error().message() << '\n';
    return portolan::exit_code(copied.error());
  }
  if (const auto committed = client.commit(context); !committed) return portolan::exit_code(committed.error());
  std::cout << copied->root.digest << ' ' << copied->blobs_copied << " blobs\n";
  return 0;
}
