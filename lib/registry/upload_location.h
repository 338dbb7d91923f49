// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/digest.h>

#include <cstdint>
#include <string_view>

#include "auth/token.h"
#include "http/url.h"

namespace portolan::internal::registry {

/// Where an upload goes on, by the Location header of the answer from `asked` (registry-protocol 3.3). A reverse proxy
/// that does not know how it is reached from outside gives our own place with another scheme or with a port written
/// out: then it is our own place. Any other place is taken as it is, and gets no credential.
/// Errors: protocol_error where there is no proper location, or the way from https to http, unless the answer came so.
Result<http::Url> upload_location(const http::Url& asked, std::string_view location,
                                  auth::Came came = auth::Came::as_asked);

/// What the Location header of a 201 to a POST names. Some registries answer so where they have only begun an upload.
enum class Place : std::uint8_t { blob, upload, other };
Place place_named(std::string_view location, const Digest& blob);

}  // namespace portolan::internal::registry
