// SPDX-License-Identifier: Apache-2.0
#include "http/no_proxy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "base/ascii.h"

namespace portolan::internal::http {
namespace {

struct Address {
  std::array<unsigned char, 16> bytes{};
  unsigned bits = 0;  // 32 or 128
};

std::optional<Address> parse_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string terminated(text);
  Address address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
  } else if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
  } else {
    return std::nullopt;
  }
  return address;
}

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool same_begin(const Address& a, const Address& b, unsigned bits) {
  if (a.bits != b.bits || bits > a.bits) return false;
  for (unsigned at = 0; at < bits; ++at) {
    const unsigned shift = 7 - at % 8;
    if (((a.bytes[at / 8] ^ b.bytes[at / 8]) >> shift & 1) != 0) return false;
  }
  return true;
}

/// Whether `name` is `end`, or a name below it. Both are without a dot at their ends.
bool is_below(std::string_view name, std::string_view end) {
  if (!name.ends_with(end)) return false;
  return name.size() == end.size() || name[name.size() - end.size() - 1] == '.';
}

bool names(std::string_view entry, const portolan::http::Origin& origin) {
  if (entry == "*") return true;
  const auto host = parse_address(origin.host);
  if (const auto slash = entry.find('/'); slash != std::string_view::npos) {
    const auto network = parse_address(entry.substr(0, slash));
    const auto bits = parse_number(entry.substr(slash + 1));
    return host && network && bits && same_begin(*host, *network, *bits);
  }
  if (const auto address = parse_address(entry)) return host && same_begin(*host, *address, address->bits);
  if (const auto colon = entry.rfind(':'); colon != std::string_view::npos) {
    if (parse_number(entry.substr(colon + 1)) != origin.port) return false;
    entry = entry.substr(0, colon);
    if (const auto address = parse_address(entry)) return host && same_begin(*host, *address, address->bits);
  }
  while (entry.starts_with("*.") || entry.starts_with('.')) entry.remove_prefix(entry.front() == '*' ? 2 : 1);
  while (entry.ends_with('.')) entry.remove_suffix(1);
  if (entry.empty() || host) return false;
  std::string_view name = origin.host;
  while (name.ends_with('.')) name.remove_suffix(1);
  return is_below(name, lower(entry));
}

}  // namespace

bool is_spared(const portolan::http::Origin& origin, std::string_view no_proxy) {
  constexpr std::string_view between = ", \t";
  while (!no_proxy.empty()) {
    const auto end = std::min(no_proxy.find_first_of(between), no_proxy.size());
    if (end != 0 && names(no_proxy.substr(0, end), origin)) return true;
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
  }
  return false;
}

}  // namespace portolan::internal::http
