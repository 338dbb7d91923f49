// SPDX-License-Identifier: Apache-2.0
#include "load_network.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>

#include "network_module.h"

namespace portolan::cli {

Result<std::unique_ptr<Network>> load_network() {
  std::error_code error;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  void* module = nullptr;
  std::string reason;
  for (const auto& place : {here / network_module_name, (here / PORTOLAN_NETWORK_MODULE).lexically_normal()}) {
    module = ::dlopen(place.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (module != nullptr) break;
    reason = ::dlerror();
  }
  const auto open = module == nullptr ? nullptr : ::dlsym(module, network_module_entry);
  if (open == nullptr)
    return Error(Errc::io_error, "registries need a part of this program that cannot be loaded: " + reason);
  return std::unique_ptr<Network>(reinterpret_cast<OpenNetwork>(open)());
}

}  // namespace portolan::cli
