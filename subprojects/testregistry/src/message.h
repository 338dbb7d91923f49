// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 messages as the server needs them (RFC 9112).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "content.h"

namespace testregistry {

using Headers = std::vector<std::pair<std::string, std::string>>;
const std::string* find_header(const Headers& headers, std::string_view name);
void set_header(Headers& headers, const std::string& name, std::string value);
void remove_header(Headers& headers, std::string_view name);

struct Head {
  std::string method{};
  std::string path{};
  std::string query{};
  Headers headers{};
  std::string_view header(std::string_view name) const;
};
/// None where it is no request's head.
std::optional<Head> parse_head(std::string_view text);

/// What is answered. The body is a part of some content.
struct Answer {
  int status = 200;
  Headers headers{};
  ContentPtr body{};
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  ///< from the offset on

  static Answer text(int status, std::string body, std::string content_type = "application/json");
  static Answer error(int status, std::string_view code, std::string_view message = "");
  Answer with(std::string name, std::string value) &&;
};

}  // namespace testregistry
