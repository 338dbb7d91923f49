// SPDX-License-Identifier: Apache-2.0
#include "oci/grammar.h"

#include <arpa/inet.h>

#include <string>

namespace portolan::internal::oci {
namespace {

constexpr std::size_t max_tag_length = 128;
constexpr unsigned max_port = 65535;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }
bool is_alnum(char c) { return is_lower_alnum(c) || (c >= 'A' && c <= 'Z'); }

constexpr auto path_rule = R"(lower-case letters and digits, with one ".", one or two "_" or any "-" between them)";

std::optional<Violation> check_path(std::string_view text, bool with_slashes) {
  std::size_t at = 0;
  const auto skip = [&](char c) { return at < text.size() && text[at] == c && (++at, true); };
  while (true) {
    const auto start = at;
    while (at < text.size() && is_lower_alnum(text[at])) ++at;
    if (at == start) return Violation{at, path_rule};
    if (at == text.size()) return std::nullopt;
    if (skip('.') || (with_slashes && skip('/'))) continue;
    if (skip('_')) {
      skip('_');
    } else if (skip('-')) {
      while (skip('-')) {
      }
    } else {
      return Violation{at, path_rule};
    }
  }
}

// `start` is where the port's digits begin.
std::optional<Violation> check_port(std::string_view text, std::size_t start) {
  constexpr auto rule = "a port from 1 to 65535";
  unsigned port = 0;
  for (std::size_t at = start; at < text.size(); ++at) {
    if (!is_digit(text[at])) return Violation{at, rule};
    port = port * 10 + static_cast<unsigned>(text[at] - '0');
    if (port > max_port) return Violation{start, rule};
  }
  if (port == 0) return Violation{start, rule};
  return std::nullopt;
}

std::optional<Violation> check_ipv6(std::string_view text) {
  const auto close = text.find(']');
  if (close == std::string_view::npos) return Violation{text.size(), R"(a "]" after the IPv6 address)"};
  in6_addr address{};
  const std::string literal(text.substr(1, close - 1));
  if (literal.find('\0') != std::string::npos || inet_pton(AF_INET6, literal.c_str(), &address) != 1) {
    return Violation{1, R"(an IPv6 address between "[" and "]")"};
  }
  if (close + 1 == text.size()) return std::nullopt;
  if (text[close + 1] != ':') return Violation{close + 1, R"(":" and a port, or nothing)"};
  return check_port(text, close + 2);
}

}  // namespace

std::optional<Violation> check_repository(std::string_view text) { return check_path(text, true); }

std::optional<Violation> check_component(std::string_view text) { return check_path(text, false); }

std::optional<Violation> check_tag(std::string_view text) {
  constexpr auto rule = R"(1 to 128 letters, digits, "_", "." and "-", the first of them no "." and no "-")";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool allowed = is_alnum(c) || c == '_' || (at > 0 && (c == '.' || c == '-'));
    if (!allowed || at == max_tag_length) return Violation{at, rule};
  }
  if (text.empty()) return Violation{0, rule};
  return std::nullopt;
}

std::optional<Violation> check_registry(std::string_view text) {
  constexpr auto rule = R"(a host name's letters and digits, with "." or "-" between them)";
  if (!text.empty() && text.front() == '[') return check_ipv6(text);
  for (std::size_t at = 0; true; ++at) {
    const auto label = at;
    while (at < text.size() && (is_alnum(text[at]) || text[at] == '-' || text[at] == '_')) ++at;
    // A name may end in a dot, as DNS has it.
    if (at == label) return at == text.size() && at > 0 ? std::nullopt : std::optional(Violation{at, rule});
    if (text[label] == '-') return Violation{label, rule};
    if (text[at - 1] == '-') return Violation{at - 1, rule};
    if (at == text.size()) return std::nullopt;
    if (text[at] == ':') return check_port(text, at + 1);
    if (text[at] != '.') return Violation{at, rule};
  }
}

}  // namespace portolan::internal::oci
