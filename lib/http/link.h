// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/result.h>
#include <portolan/http/headers.h>

#include <optional>
#include <string>
#include <string_view>

namespace portolan::internal::http {

/// The target of the first link with the relation `next` in the Link headers (RFC 8288), as it is written there, also
/// where its brackets are missing; else of the first one without any relation. Errors: corrupt, where there is neither,
/// and something that is no link.
Result<std::optional<std::string>> next_link(const portolan::http::Headers& headers);

}  // namespace portolan::internal::http
