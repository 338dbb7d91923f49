// SPDX-License-Identifier: Apache-2.0
// What all repositories of a registry share: the way there, the right to go it, and what was learned on it.
#pragma once

#include <portolan/registry/registry.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/error_body.h"
#include "auth/session.h"
#include "base/turns.h"
#include "http/url.h"
#include "registry/warnings.h"

namespace portolan::internal::registry {

/// What a registry can do, learned from its answers (registry-protocol 8.1). No quirk weakens a verification.
enum class Ability : std::uint8_t { unknown, there, missing };
struct Abilities {
  std::atomic<Ability> single_post = Ability::unknown;          ///< a blob in the POST that asks for its upload
  std::atomic<Ability> mount_from_anywhere = Ability::unknown;  ///< a POST that names a digest and no source
  std::atomic<Ability> referrers_api = Ability::unknown;        ///< it keeps the lists of referrers itself
  std::atomic<Ability> tags_by_query = Ability::unknown;        ///< several tags by one PUT
  std::atomic<std::uint64_t> largest_piece = 0;  ///< bytes of a body that a proxy before it lets through; 0: any
};

/// What a request is about, for the sentence about its refusal.
struct Purpose {
  std::string doing{};  ///< "the push to charts/app"
  std::string thing{};  ///< "charts/app:1.2.3": what there is none of, where the answer is 404
  int expected = 200;   ///< the status of the answer that was hoped for
  bool pushes = false;  ///< then a 404 is about the repository, or hides it from whoever may not push there
};

class Connection {
 public:
  Connection(std::string name, portolan::http::Origin origin, portolan::registry::RegistryOptions options);

  const std::string& name() const noexcept { return name_; }
  const portolan::http::Origin& origin() const noexcept { return origin_; }
  const portolan::registry::RegistryOptions& options() const noexcept { return options_; }
  Abilities& abilities() noexcept { return abilities_; }
  /// Whose turn it is to change something at the registry that is read and written again.
  Turns& turns() noexcept { return turns_; }

  /// A URL of the registry's own; `path` begins with "/v2/", wherever the registry has its interface.
  http::Url url(std::string path) const;
  /// What a request to a repository of this registry (or to none of them) needs.
  auth::Access access(std::string_view repository, portolan::auth::Scopes scopes) const;

  /// Sends a request to the registry or where it has sent us. Where a place that it has sent a reader to does not know
  /// its signature any more, it is asked for another one, once. Errors: as auth::Session::send().
  Result<portolan::http::Response> send(const Context& context, portolan::http::Request request,
                                        const auth::Access& access);

  /// Whether the registry has asked who we are.
  bool has_challenged() const { return session_.knows_scheme(origin_); }

  /// Asks the registry what it wants to see, as nobody.
  Result<portolan::http::Response> ask_as_nobody(const Context& context);

  /// Whether the answer is not the registry's, but one of a place to which it has sent us.
  bool elsewhere(const portolan::http::Response& response) const;

  /// The error for an answer that is not the one that was wanted; reads its body. `body`, where it is not null, gets
  /// what that says.
  Error refusal(portolan::http::Response& response, const auth::Access& access, const Purpose& purpose,
                auth::ErrorBody* body = nullptr) const;
  /// The body of an answer. Errors: of the body; `too_large` beyond `limit` bytes.
  Result<std::string> read(portolan::http::Response& response, std::uint64_t limit, const Purpose& purpose,
                           Errc too_large = Errc::protocol_error) const;
  /// Tells a warning about the registry, each one once.
  void warn(const Context& context, std::string text) { warnings_.tell(context, std::move(text)); }
  /// The error for a tag that the registry lets nobody move, with the words of its refusal.
  Error unchangeable(const std::string& thing, const Error& refused) const;
  /// The error for an answer that breaks the protocol.
  Error nonsense(const Purpose& purpose, std::string_view what) const;

 private:
  bool forgets_signature(const portolan::http::Request& request, const portolan::http::Response& response) const;

  /// A text of the registry's, who may repeat what was sent to it.
  std::string without_secrets(std::string text) const;

  const std::string name_;
  const portolan::http::Origin origin_;
  const portolan::registry::RegistryOptions options_;
  const std::shared_ptr<portolan::http::Transport> transport_;  // with redirects and retries
  auth::Session session_;
  Warnings warnings_;
  Abilities abilities_;
  Turns turns_;
};

/// How an answer's status is told.
Errc errc_of(int status) noexcept;

}  // namespace portolan::internal::registry
