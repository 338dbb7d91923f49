// SPDX-License-Identifier: Apache-2.0
#include "network_module.h"

extern "C" __attribute__((visibility("default"))) portolan::cli::Network* portolan_open_network() {
  return portolan::cli::network().release();
}
