// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <memory>

namespace portolan::internal::http {

/// Hops that are followed before a chain of redirects is taken for a circle.
inline constexpr unsigned max_redirects = 10;

/// Follows redirects (registry-protocol 3.2). An authorization stays with its origin, https is never left for http, and
/// a body is sent again only where the status says so (307, 308); other redirects of a request with a body are handed
/// on as they are. A body that is a secret goes to its own origin alone. Response::url tells where the answer comes
/// from. Threads: any number at once.
class RedirectTransport final : public portolan::http::Transport {
 public:
  explicit RedirectTransport(std::shared_ptr<portolan::http::Transport> inner) : inner_(std::move(inner)) {}
  /// Errors: as the inner transport; protocol_error for a redirect that is not followed.
  Result<portolan::http::Response> send(const Context& context, const portolan::http::Request& request) override;

 private:
  const std::shared_ptr<portolan::http::Transport> inner_;
};

}  // namespace portolan::internal::http
