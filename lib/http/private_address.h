// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <string>
#include <string_view>

namespace portolan::internal::http {

/// Whether an IP address, as text without brackets, is one that the public network does not lead to: this machine, this
/// link, a private or shared network (RFC 6890). What is no address is none.
bool is_private_address(std::string_view address) noexcept;

/// Whether it is one of this link (169.254.0.0/16, fe80::/10), as those of the metadata services of clouds are.
bool is_link_local_address(std::string_view address) noexcept;

/// Where somebody at that address may send us; empty: it is not known.
portolan::http::Reach reach_from(std::string_view address) noexcept;

/// An error where the address is beyond reach. `place` is host and port.
Result<void> check_reach(portolan::http::Reach reach, std::string_view address, const std::string& place);

}  // namespace portolan::internal::http
