// SPDX-License-Identifier: Apache-2.0
// Transports that treat one origin in a way of its own.
#pragma once

#include <portolan/http/transport.h>

#include <atomic>
#include <memory>
#include <utility>

namespace portolan::internal::client {

/// One transport for an origin, and another one for wherever that sends us: a client certificate, trust without a look,
/// or a socket is meant for the origin alone. Threads: any number at once.
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
/// all above it stays the https origin that it is called, with answers that came in clear. One that has spoken TLS once
/// is never asked otherwise. Where nothing answers at https's own port, it may be at the one of http; but that holds
/// for that request alone, since the other port may only be down. Threads: any number at once.
class PlainWhereNoTls final : public portolan::http::Transport {
 public:
  /// `attempts_to_connect`: after so many in vain http is tried. Contract: the origin is one of https.
  PlainWhereNoTls(portolan::http::Origin origin, std::shared_ptr<portolan::http::Transport> inner,
                  unsigned attempts_to_connect);
  Result<portolan::http::Response> send(const Context& context, const portolan::http::Request& request) override;

 private:
  Result<portolan::http::Response> send_plain(const Context& context, portolan::http::Request request);
  bool may_be_plain(const Error& failure);

  enum class Speaks : std::uint8_t { unknown, tls, plain };
  const portolan::http::Origin origin_;
  const portolan::http::Origin plain_;
  const std::shared_ptr<portolan::http::Transport> inner_;
  const unsigned attempts_to_connect_;
  std::atomic<Speaks> speaks_ = Speaks::unknown;
  std::atomic<unsigned> unanswered_ = 0;
};

}  // namespace portolan::internal::client
