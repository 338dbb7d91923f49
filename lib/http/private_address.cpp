// SPDX-License-Identifier: Apache-2.0
#include "http/private_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace portolan::internal::http {
namespace {

bool is_private(std::uint32_t address) noexcept {
  struct Block {
    std::uint32_t network;
    unsigned prefix;
  };
  constexpr std::array blocks = {
      Block{0x00000000, 8},   // this network
      Block{0x0A000000, 8},   // private
      Block{0x64400000, 10},  // shared by a provider's customers
      Block{0x7F000000, 8},   // this machine
      Block{0xA9FE0000, 16},  // this link, and the metadata of clouds
      Block{0xAC100000, 12},  // private
      Block{0xC0A80000, 16},  // private
  };
  return std::any_of(blocks.begin(), blocks.end(),
                     [&](const Block& block) { return (address ^ block.network) >> (32 - block.prefix) == 0; });
}

}  // namespace

bool is_private_address(std::string_view address) noexcept {
  char text[INET6_ADDRSTRLEN] = {};
  address = address.substr(0, address.find('%'));  // the interface of a link-local address
  if (address.size() >= sizeof text) return false;
  std::memcpy(text, address.data(), address.size());
  in_addr four{};
  if (inet_pton(AF_INET, text, &four) == 1) return is_private(ntohl(four.s_addr));
  in6_addr six{};
  if (inet_pton(AF_INET6, text, &six) != 1) return false;
  const auto& bytes = six.s6_addr;
  const auto last_four = static_cast<std::uint32_t>(bytes[12]) << 24 | static_cast<std::uint32_t>(bytes[13]) << 16 |
                         static_cast<std::uint32_t>(bytes[14]) << 8 | bytes[15];
  if (IN6_IS_ADDR_V4MAPPED(&six)) return is_private(last_four);
  return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_UNSPECIFIED(&six) || IN6_IS_ADDR_LINKLOCAL(&six) ||
         (bytes[0] & 0xFE) == 0xFC;  // unique local
}

}  // namespace portolan::internal::http
