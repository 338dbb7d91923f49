// SPDX-License-Identifier: Apache-2.0
// Requests to registries with the right to make them: challenges answered, tokens fetched once and kept.
#pragma once

#include <portolan/auth/credential.h>
#include <portolan/auth/scope.h>
#include <portolan/http/transport.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace portolan::internal::auth {

/// What a request is for: whose token it needs.
struct Access {
  portolan::auth::Where where{};
  portolan::http::Origin origin{};  ///< of the registry; credentials go nowhere else
  /// All that the operation will need, so that one token does. Empty where registries differ in what they call it: the
  /// challenge says it, and it is remembered for other repositories and the same method.
  portolan::auth::Scopes scopes{};
  /// Whether what only reads may go on as nobody where the credential is refused, or cannot be had.
  enum class AsNobody : std::uint8_t { allowed, never };
  AsNobody as_nobody = AsNobody::allowed;
  /// URL of the registry's interface, which is asked what the registry wants to see where a 401 does not say it.
  std::string root{};
};

/// A registry client's memory of challenges, credentials and tokens. Threads: any number at once; of several that need
/// the same token one fetches it, and the others wait for that, each as long as its own context allows.
class Session {
 public:
  using Clock = Deadline::Clock;

  /// `transport` retries and follows redirects already; `user_agent` is sent to token servers.
  Session(std::shared_ptr<portolan::http::Transport> transport, portolan::auth::CredentialProviderPtr credentials,
          std::string user_agent, std::function<Clock::time_point()> clock = Clock::now);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Sends a request to the registry, or to a place that the registry has named, which gets no credential.
  /// A 401 of the registry's own origin is answered with what it asks for, there or at its root, and a token that it no
  /// longer takes is replaced, once each; then the response is handed on as it is.
  /// What only reads is made as nobody, and that is said, where the credential is refused or its helper fails.
  /// Errors: of the transport; unauthorized where the token server refuses the credential (with its source);
  /// invalid_configuration from the provider; protocol_error for a token server that makes no sense.
  Result<portolan::http::Response> send(const Context& context, portolan::http::Request request, const Access& access);

  /// Whether a registry has asked who one is.
  bool knows_scheme(const portolan::http::Origin& registry) const;
  /// As whom the registry was asked, for messages: "ci-bot, from ~/.docker/config.json", or "anonymous".
  std::string identity(const Access& access) const;
  /// A text of somebody's, who may repeat what was sent to him, without the secrets that this session has shown.
  std::string without_secrets(std::string text) const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace portolan::internal::auth
