// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/headers.h>

#include <optional>
#include <string>
#include <string_view>

namespace portolan::internal::http {

/// The target of the first link with the relation `next` in the Link headers (RFC 8288), as it is written there.
std::optional<std::string> next_link(const portolan::http::Headers& headers);

}  // namespace portolan::internal::http
