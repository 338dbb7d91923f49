// SPDX-License-Identifier: Apache-2.0
#include "http/no_proxy.h"

#include <doctest/doctest.h>

using portolan::http::Origin;
using portolan::internal::http::is_spared;

TEST_CASE("no_proxy names hosts by name, by the end of it, by address, by network, and with a port") {
  struct Row {
    const char* list;
    const char* url;
    bool spared;
  };
  const Row rows[] = {
      {"", "https://registry.example", false},
      {"*", "https://registry.example", true},
      {"a, *", "https://registry.example", true},
      {"registry.example", "https://registry.example", true},
      {"REGISTRY.Example", "https://registry.example", true},
      {"example", "https://registry.example", true},
      {".example", "https://registry.example", true},
      {"*.example", "https://registry.example", true},
      {"registry.example.", "https://registry.example", true},
      {"xample", "https://registry.example", false},
      {"other.registry.example", "https://registry.example", false},
      {"a b\tregistry.example", "https://registry.example", true},
      {",,registry.example,,", "https://registry.example", true},
      {"registry.example:5000", "https://registry.example:5000", true},
      {"registry.example:5000", "https://registry.example", false},
      {"registry.example:443", "https://registry.example", true},
      {"registry.example:x", "https://registry.example", false},
      {"10.1.2.3", "http://10.1.2.3", true},
      {"10.1.2.3:80", "http://10.1.2.3", true},
      {"10.1.2.3:81", "http://10.1.2.3", false},
      {"10.1.2.3", "http://10.1.2.4", false},
      {"10.0.0.0/8", "http://10.255.0.1", true},
      {"10.0.0.0/8", "http://11.0.0.1", false},
      {"10.0.0.0/9", "http://10.128.0.1", false},
      {"192.168.1.129/25", "http://192.168.1.200", true},
      {"192.168.1.129/25", "http://192.168.1.1", false},
      {"0.0.0.0/0", "http://8.8.8.8", true},
      {"0.0.0.0/0", "http://[2001:db8::1]", false},
      {"10.0.0.0/33", "http://10.0.0.1", false},
      {"10.0.0.0/", "http://10.0.0.1", false},
      {"10.0.0.0/8", "https://registry.example", false},
      {"2001:db8::/32", "http://[2001:db8:1::1]", true},
      {"2001:db8::/32", "http://[2001:db9::1]", false},
      {"[2001:db8::1]", "http://[2001:db8::1]", true},
      {"2001:db8:0:0::1", "http://[2001:db8::1]", true},
      {"[2001:db8::1]:80", "http://[2001:db8::1]", true},
      {".3", "http://10.1.2.3", false},
  };
  for (const auto& row : rows) {
    const auto& list = row.list;
    const auto& url = row.url;
    const auto& spared = row.spared;
    CAPTURE(list);
    CAPTURE(url);
    CHECK(is_spared(Origin::of(url).value(), list) == spared);
  }
}
