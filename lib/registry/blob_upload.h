// SPDX-License-Identifier: Apache-2.0
// How a blob gets to a registry, in as few requests as it allows (registry-protocol 8 and 9).
#pragma once

#include <portolan/store/store.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "registry/connection.h"

namespace portolan::internal::registry {

/// Uploads to one repository. Threads: any number at once.
class BlobUpload {
 public:
  BlobUpload(std::shared_ptr<Connection> connection, std::string repository)
      : connection_(std::move(connection)), repository_(std::move(repository)) {}

  /// As Store::push_blob().
  Result<PushOutcome> push(const Context& context, const Descriptor& blob, const BlobSource& content,
                           const auth::Access& access);

  /// As Mounter::mount(). Where the registry begins an upload instead, push() goes on with that.
  Result<bool> mount(const Context& context, const Descriptor& blob, std::string_view from, const auth::Access& access);

 private:
  /// What one attempt came to: done, or a reason to begin again.
  struct Step {
    std::optional<PushOutcome> done{};
    std::optional<Error> again{};
  };
  struct Job {
    const Context& context;
    const Descriptor& blob;
    const BlobSource& content;
    const auth::Access& access;
  };
  /// Where to send a blob to, or that there is no need.
  struct Begun {
    std::optional<http::Url> location{};
    std::optional<PushOutcome> done{};
  };

  Result<Step> attempt(const Job& job);
  Result<Begun> begin(const Job& job);
  Result<std::optional<Begun>> begin_with_content(const Job& job);
  Result<std::optional<Begun>> begin_with_mount(const Job& job);
  Result<Begun> begin_empty(const Job& job);
  Result<Step> send(const Job& job, const http::Url& location);
  Result<Step> find_out(const Job& job, Error why);
  Result<std::optional<http::Url>> accepted(portolan::http::Response& response, const Job& job);
  Result<void> check_digest(const portolan::http::Response& response, const Descriptor& blob) const;
  http::Url uploads() const;
  Purpose purpose() const;
  Result<portolan::http::Response> post(const Job& job, const http::Url& url, bool with_content);

  const std::shared_ptr<Connection> connection_;
  const std::string repository_;
  std::mutex mutex_;
  std::map<Digest, http::Url> begun_;  // by mounts that the registry took for uploads
};

/// Whether the registry holds the blob. Nothing where it does not say so clearly.
Result<std::optional<bool>> blob_exists(const Context& context, Connection& connection, std::string_view repository,
                                        const Descriptor& blob, const auth::Access& access);

}  // namespace portolan::internal::registry
