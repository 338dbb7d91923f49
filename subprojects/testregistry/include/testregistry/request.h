// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace testregistry {

/// A request as a server saw it, and what it gave back.
struct Request {
  std::string method{};
  /// What it is about: "base" (/v2/), "manifests", "blobs", "uploads", "tags", "catalog", "referrers", "token", or
  /// "other".
  std::string kind{};
  std::string path{};                                          ///< as it was sent, without the query
  std::string query{};                                         ///< without the question mark
  std::string origin{};                                        ///< host and port of the server that it came to
  std::vector<std::pair<std::string, std::string>> headers{};  ///< a credential in them is masked
  int status = 0;                                              ///< of the answer; 0 where there was none
  std::uint64_t received = 0;                                  ///< bytes of its body
  std::uint64_t sent = 0;                                      ///< bytes of the answer's body

  /// The first header of that name, in any case; empty where there is none.
  std::string_view header(std::string_view name) const noexcept;
  /// "GET /v2/app/manifests/1.0?x": for messages of a test.
  std::string line() const;
};

}  // namespace testregistry
