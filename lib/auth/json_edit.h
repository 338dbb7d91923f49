// SPDX-License-Identifier: Apache-2.0
// Changes to JSON that leave every other byte as it is: files that people and other programs write, too.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace portolan::internal::auth {

/// The object with the member at that path set to `value`, which is JSON. Objects on the way are made where they are
/// not there, or are none; what is new is laid out as what stands beside it. Where a key stands twice, its last one is
/// meant, as readers have it.
/// Contract: `object` is one JSON object, as json::parse() takes it; the path is not empty.
std::string with_member(std::string_view object, std::span<const std::string> path, std::string_view value);

/// The object without the member at that path, as often as it is there. Contract: as with_member().
std::string without_member(std::string_view object, std::span<const std::string> path);

}  // namespace portolan::internal::auth
