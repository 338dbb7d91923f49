// SPDX-License-Identifier: Apache-2.0
// Lists of names that come in pages (registry-protocol 12 and 13).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "registry/connection.h"

namespace portolan::internal::registry {

/// Pages of one list, before a registry is taken to go round in circles.
inline constexpr unsigned max_pages = 10'000;
/// Pages in a row without a name that is new, before a list is taken to have no end.
inline constexpr unsigned max_barren_pages = 10;
/// Names in one list.
inline constexpr std::size_t max_names = 1'000'000;
/// Bytes of one of them (OCI distribution specification, "Pulling manifests"): all names are remembered.
inline constexpr std::size_t max_name_length = 255;
/// Bytes of one page; some registries know one page only.
inline constexpr std::uint64_t max_page_size = 16 * 1024 * 1024;
/// Names that are asked for at a time; some registries refuse more.
inline constexpr unsigned page_length = 1000;

/// Where the list goes on, as the answer for `page` says; nothing where it ends there. Errors: protocol_error where
/// that is no URL, or at another place.
Result<std::optional<http::Url>> next_page(const Connection& connection, const http::Url& page,
                                           const portolan::http::Response& response, const Purpose& purpose);

/// A list that a registry has.
struct NameList {
  std::string path{};         ///< begins with "/v2/"
  std::string_view member{};  ///< of the JSON object: "tags"
  std::string_view of{};      ///< whose names they are: "tag"
  bool (*legal)(std::string_view name) = nullptr;
};

/// Gives the names of a list, each one once, page after page as they come, until `each` returns false. Those that are
/// no legal ones are left out with a warning. A full page that names no next one may not be the last: then it is asked
/// for what follows (registry-protocol 12).
/// Errors: as Connection::send(); protocol_error (what comes is no such list, or does not end).
Result<void> each_name(const Context& context, Connection& connection, const NameList& list, const auth::Access& access,
                       const Purpose& purpose, const std::function<bool(std::string_view)>& each);

}  // namespace portolan::internal::registry
