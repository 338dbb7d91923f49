// SPDX-License-Identifier: Apache-2.0
#include "http/private_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace portolan::internal::http {

using portolan::http::Reach;

namespace {

bool in_block(std::uint32_t address, std::uint32_t network, unsigned prefix) noexcept {
  return (address ^ network) >> (32 - prefix) == 0;
}

bool is_link_local(std::uint32_t address) noexcept { return in_block(address, 0xA9FE0000, 16); }

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
      Block{0xAC100000, 12},  // private
      Block{0xC0A80000, 16},  // private
  };
  return is_link_local(address) || std::any_of(blocks.begin(), blocks.end(), [&](const Block& block) {
           return in_block(address, block.network, block.prefix);
         });
}

bool is_private(const in6_addr& six) noexcept {
  return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_UNSPECIFIED(&six) || IN6_IS_ADDR_LINKLOCAL(&six) ||
         (six.s6_addr[0] & 0xFE) == 0xFC;  // unique local
}

bool is_link_local(const in6_addr& six) noexcept { return IN6_IS_ADDR_LINKLOCAL(&six); }

/// What one of the two says of an address; false where the text is none.
bool judge(std::string_view address, bool (*of_four)(std::uint32_t), bool (*of_six)(const in6_addr&)) noexcept {
  char text[INET6_ADDRSTRLEN] = {};
  address = address.substr(0, address.find('%'));  // the interface of a link-local address
  if (address.size() >= sizeof text) return false;
  std::memcpy(text, address.data(), address.size());
  in_addr four{};
  if (inet_pton(AF_INET, text, &four) == 1) return of_four(ntohl(four.s_addr));
  in6_addr six{};
  if (inet_pton(AF_INET6, text, &six) != 1) return false;
  const auto& bytes = six.s6_addr;
  const auto last_four = static_cast<std::uint32_t>(bytes[12]) << 24 | static_cast<std::uint32_t>(bytes[13]) << 16 |
                         static_cast<std::uint32_t>(bytes[14]) << 8 | bytes[15];
  return IN6_IS_ADDR_V4MAPPED(&six) ? of_four(last_four) : of_six(six);
}

}  // namespace

bool is_private_address(std::string_view address) noexcept { return judge(address, is_private, is_private); }
bool is_link_local_address(std::string_view address) noexcept { return judge(address, is_link_local, is_link_local); }

Reach reach_from(std::string_view address) noexcept {
  if (is_link_local_address(address)) return Reach::anywhere;
  return address.empty() || is_private_address(address) ? Reach::not_link_local : Reach::public_addresses;
}

Result<void> check_reach(Reach reach, std::string_view address, const std::string& place) {
  const auto beyond = [&](std::string_view what, std::string_view why) {
    return Error(Errc::protocol_error, place + " is at the " + std::string(what) + " address " + std::string(address) +
                                           ", " + std::string(why))
        .with({.registry = place});
  };
  if (reach == Reach::anywhere) return {};
  if (is_link_local_address(address)) return beyond("link-local", "where no other host may send us");
  if (reach == Reach::not_link_local || !is_private_address(address)) return {};
  return beyond("private", "where no public host may send us");
}

}  // namespace portolan::internal::http
