// SPDX-License-Identifier: Apache-2.0
// Transports that treat one origin in a way of its own.
#pragma once

#include <portolan/http/transport.h>

#include <atomic>
#include <memory>
#include <utility>

namespace portolan::internal::client {

/// One transport for an origin, and another one for wherever that sends us: another trust, or a socket, is meant for
/// the origin alone. Threads: any number at once.
class WayByOrigin final : public portolan::http::Transport {
 public:
  WayByOrigin(portolan::http::Origin origin, std::shared_ptr<portolan::http::Transport> own,
              std::shared_ptr<portolan::http::Transport> others)
      : origin_(std::move(origin)), own_(std::move(own)), others_(std::move(others)) {}
  Result<portolan::http::Response> send(const Context& context, const portolan::http::Request& request) override;

 private:
  const portolan::http::Origin origin_;
  const std::shared_ptr<portolan::http::Transport> own_;
  const std::shared_ptr<portolan::http::Transport> others_;
};

/// Speaks http to an origin where it turns out to speak no TLS, as a registry that is configured as insecure may. To
/// all above it stays the https origin that it is called. Threads: any number at once.
class PlainWhereNoTls final : public portolan::http::Transport {
 public:
  /// Contract: the origin is one of https.
  PlainWhereNoTls(portolan::http::Origin origin, std::shared_ptr<portolan::http::Transport> inner);
  Result<portolan::http::Response> send(const Context& context, const portolan::http::Request& request) override;

 private:
  Result<portolan::http::Response> send_plain(const Context& context, portolan::http::Request request);

  enum class Speaks : std::uint8_t { unknown, tls, plain };
  const portolan::http::Origin origin_;
  const portolan::http::Origin plain_;
  const std::shared_ptr<portolan::http::Transport> inner_;
  std::atomic<Speaks> speaks_ = Speaks::unknown;
};

}  // namespace portolan::internal::client
