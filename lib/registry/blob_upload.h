// SPDX-License-Identifier: Apache-2.0
// How a blob gets to a registry, in as few requests as it allows (registry-protocol 8 and 9).
#pragma once

#include <portolan/store/store.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "registry/connection.h"
#include "registry/open_upload.h"

namespace portolan::internal::registry {

/// Uploads to one repository. Threads: any number at once.
class BlobUpload {
 public:
  BlobUpload(std::shared_ptr<Connection> connection, std::string repository)
      : connection_(std::move(connection)), repository_(std::move(repository)) {}

  /// As Store::push_blob().
  Result<PushOutcome> push(const Context& context, const Descriptor& blob, const BlobSource& content,
                           const auth::Access& access);

  enum class Mounted : std::uint8_t {
    yes,
    no,       ///< the registry has begun an upload instead, or failed; push() goes on with that
    refused,  ///< it would be for every other blob, too
  };
  /// As Mounter::mount().
  Result<Mounted> mount(const Context& context, const Descriptor& blob, std::string_view from,
                        const auth::Access& access);

 private:
  /// Where to send a blob to, or that there is no need.
  struct Begun {
    std::optional<http::Url> location{};
    std::optional<PushOutcome> done{};
    ChunkLimits limits{};
  };

  Result<Begun> begin(const UploadJob& job);
  Result<std::optional<Begun>> begin_with_content(const UploadJob& job);
  Result<std::optional<Begun>> begin_with_mount(const UploadJob& job);
  Result<Begun> begin_empty(const UploadJob& job, portolan::http::Repeat repeat = portolan::http::Repeat::freely);
  /// What is left where an attempt got no answer that is one.
  Result<std::optional<Begun>> failed(const UploadJob& job, Error error);
  /// What an attempt's refusal leaves: whatever it says, a plain POST decides. `form` is what is learned of.
  Result<std::optional<Begun>> refused(const UploadJob& job, portolan::http::Response& response,
                                       std::atomic<Ability>& form);
  Result<Begun> accepted(portolan::http::Response& response);
  /// The upload that an attempt has begun; nothing where it does not say where that is: a plain one will.
  std::optional<Begun> begun_by(portolan::http::Response& response);
  /// What the 201 to an attempt has brought: the blob, as `outcome`, or an upload, or nothing.
  std::optional<Begun> created(const Context& context, const Descriptor& blob, const auth::Access& access,
                               portolan::http::Response& response, PushOutcome outcome);
  http::Url uploads() const;
  Purpose purpose() const;

  const std::shared_ptr<Connection> connection_;
  const std::string repository_;
  std::mutex mutex_;
  std::map<Digest, Begun> begun_;  // by mounts that the registry took for uploads
};

}  // namespace portolan::internal::registry
