// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/origin.h>

#include <string_view>

namespace portolan::internal::http {

/// Whether a list of hosts, as `no_proxy` has it, names that one, so that it is asked directly: by its name or an end
/// of that ("example.com", ".example.com"), by its address or a network ("10.0.0.0/8"), each with a port or without, or
/// by `*`. An entry that makes no sense names nothing. Decided here and not by libcurl, so that it is known whether a
/// proxy is on the way.
bool is_spared(const portolan::http::Origin& origin, std::string_view no_proxy);

}  // namespace portolan::internal::http
