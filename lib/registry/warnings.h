// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/context.h>
#include <portolan/http/headers.h>

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace portolan::internal::registry {

/// Bytes of all warnings that are taken from an answer (OCI distribution specification, "Warnings").
inline constexpr std::size_t max_warning_size = 4096;

/// What an answer warns of: the texts of its fields `Warning: 299 - "…"`, without what would move a terminal's cursor.
/// Any other warning is a cache's (RFC 9111, 5.5), and none of a registry's.
std::vector<std::string> parse_warnings(const portolan::http::Headers& headers);

/// Tells each warning of a registry once. Threads: any number at once.
class Warnings {
 public:
  /// Tells a line: what it says, or one of our own about it.
  void tell(const Context& context, std::string line);

 private:
  std::mutex mutex_;  // guards what follows
  std::set<std::string> told_;
};

}  // namespace portolan::internal::registry
