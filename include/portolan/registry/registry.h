// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/auth/credential.h>
#include <portolan/base/secret.h>
#include <portolan/http/retry_policy.h>
#include <portolan/http/transport.h>
#include <portolan/registry/access_report.h>
#include <portolan/store/store.h>

namespace portolan::registry {

/// A header field of one's own. Its value is a secret.
struct ExtraHeader {
  std::string name{};
  Secret value{};
  friend bool operator==(const ExtraHeader&, const ExtraHeader&) = default;
};

/// How a registry is spoken to.
struct RegistryOptions {
  /// One exchange over HTTP; retries and redirects are put around it.
  std::shared_ptr<http::Transport> transport{};
  /// Whom to be; anonymous where null.
  auth::CredentialProviderPtr credentials{};
  enum class Scheme : std::uint8_t {
    https,
    http,
    by_host,  ///< http for this very machine (`localhost`, 127.0.0.0/8, ::1), https for all others
  };
  Scheme scheme = Scheme::by_host;
  std::string user_agent = "portolan";
  /// Blobs up to so many bytes are sent with the request that asks for the upload, where the registry takes that.
  std::uint64_t single_post_limit = 1024 * 1024;
  http::RetryPolicy retry{};
  /// Sent to the registry's own origin, and to no other: not where a redirect leads, not to an upload elsewhere, not to
  /// a token server elsewhere. None may be one that we send ourselves (Authorization, Host, Content-…).
  std::vector<ExtraHeader> headers{};
  /// The value of Authorization, sent where `headers` are and in the place of what the credentials would give.
  std::optional<Secret> authorization{};
  /// Scheme, host and port at which it is asked, where that does not follow from its name; empty: it does.
  std::string base_url{};
  /// Path of the interface there, with a slash at its end, if it is elsewhere than the specification wants it.
  std::string api_root = "/v2/";
  /// Of a mirror: whose content is wanted, told with every request (`ns`); empty: its own.
  std::string mirrored_registry{};
};

/// A registry that speaks the OCI distribution protocol (version 1.1). What is learned about it (its challenge, tokens,
/// what it cannot do) is shared by its repositories. Threads: any number at once. Ownership: repositories keep what
/// they need of it alive.
class Registry {
 public:
  /// `name` is host and port as in a reference, for example "registry.example:5000".
  /// Contract: the options have a transport. Errors: invalid_reference; invalid_argument (a header that none may set),
  /// invalid_configuration (a base URL that is none).
  static Result<std::shared_ptr<Registry>> make(std::string_view name, RegistryOptions options);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  const std::string& name() const noexcept;
  /// Where a registry of that name is asked. Errors: invalid_reference.
  static Result<http::Origin> origin_of(std::string_view name, RegistryOptions::Scheme scheme);
  /// Where it is asked.
  const http::Origin& origin() const noexcept;

  /// What a registry that lets us in has seen.
  enum class Admission : std::uint8_t {
    open,     ///< nothing: it asks nobody who he is, so that a credential may be wrong
    checked,  ///< who we are
  };
  /// Whether there is a registry, and takes the credential (GET /v2/).
  /// Errors: unauthorized, protocol_error (it is no registry), unreachable, those of the way there.
  Result<Admission> ping(const Context& context);

  /// What the registry asks for, and whether the credential is good for pulling from a repository (one of two or more
  /// requests; an empty path: whether it is taken at all). What goes wrong on the way is in the report.
  /// Errors: cancelled, timed_out.
  Result<AccessReport> explain_access(const Context& context, std::string_view repository);

  /// Every repository that the registry tells of, each one once, page by page; `each` returns false to stop. Names that
  /// no repository can have are left out, with a warning.
  /// Errors: unsupported where it keeps no such list; as ping().
  Result<void> list_repositories(const Context& context, const std::function<bool(std::string_view)>& each);

  /// A repository by its path, for example "charts/app". It is made by the first push, where the registry allows.
  /// It lists and deletes tags, and mounts from the registry's other repositories. What a registry refuses is told with
  /// the details "asked for", "as" (the credential's source) and "it says".
  std::shared_ptr<Store> repository(std::string path);

 private:
  struct State;
  explicit Registry(std::shared_ptr<State> state);
  const std::shared_ptr<State> state_;
};

}  // namespace portolan::registry
