// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <string_view>

namespace portolan::internal::http {

/// Whether an IP address, as text without brackets, is one that the public network does not lead to: this machine, this
/// link, a private or shared network (RFC 6890). What is no address is none.
bool is_private_address(std::string_view address) noexcept;

/// Whether an answer has come from the public network, as far as one knows.
inline bool is_public(const portolan::http::Response& response) noexcept {
  return !response.address.empty() && !is_private_address(response.address);
}

}  // namespace portolan::internal::http
