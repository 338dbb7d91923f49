// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "http/private_address.h"

using namespace portolan::internal::http;
using portolan::http::Reach;

TEST_CASE("addresses that the public network does not lead to are known") {
  struct Row {
    const char* address;
    bool is_private;
  };
  const Row rows[] = {
      {"127.0.0.1", true},
      {"127.255.0.1", true},
      {"10.1.2.3", true},
      {"11.0.0.1", false},
      {"172.15.0.1", false},
      {"172.16.0.1", true},
      {"172.31.255.255", true},
      {"172.32.0.1", false},
      {"192.168.0.1", true},
      {"192.169.0.1", false},
      {"169.254.169.254", true},
      {"100.64.0.1", true},
      {"100.128.0.1", false},
      {"0.0.0.0", true},
      {"8.8.8.8", false},
      {"::1", true},
      {"::", true},
      {"fe80::1", true},
      {"fe80::1%eth0", true},
      {"fd00::1", true},
      {"fc00::1", true},
      {"2001:db8::1", false},
      {"::ffff:10.0.0.1", true},
      {"::ffff:8.8.8.8", false},
      {"registry.local", false},
      {"", false},
      {"10.1.2", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.address);
    CHECK(is_private_address(row.address) == row.is_private);
  }
  CHECK_FALSE(is_private_address(std::string(1000, '1')));
}

TEST_CASE("nobody leads to addresses of this link, and from them anywhere") {
  struct Row {
    const char* from;
    const char* to;
    bool may;
  };
  const Row rows[] = {
      {"203.0.113.7", "203.0.113.8", true},
      {"203.0.113.7", "10.0.0.1", false},
      {"203.0.113.7", "169.254.169.254", false},
      {"10.0.0.1", "127.0.0.1", true},
      {"10.0.0.1", "169.254.169.254", false},
      {"127.0.0.1", "fe80::1%eth0", false},
      {"::1", "::ffff:169.254.169.254", false},
      {"", "10.0.0.1", true},
      {"", "169.254.169.254", false},
      {"169.254.3.4", "169.254.3.5", true},
      {"fe80::1%eth0", "fe80::2", true},
      {"127.0.0.1", "registry.example", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.from);
    CAPTURE(row.to);
    const auto good = check_reach(reach_from(row.from), row.to, "h:1");
    CHECK(good.has_value() == row.may);
    if (!good) CHECK(good.error().text().find(row.to) != std::string::npos);
  }
  CHECK(check_reach(Reach::anywhere, "169.254.169.254", "h"));
}
