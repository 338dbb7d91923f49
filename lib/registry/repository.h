// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/store/store.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "registry/blob_upload.h"
#include "registry/connection.h"
#include "registry/manifest_push.h"
#include "registry/manifest_reader.h"
#include "registry/referrers.h"

namespace portolan::internal::registry {

/// A repository of a registry as a store (OCI distribution specification).
class Repository final : public Store,
                         public std::enable_shared_from_this<Repository>,
                         private TagLister,
                         private ReferrersLister,
                         private Mounter,
                         private Deleter {
 public:
  Repository(std::shared_ptr<Connection> connection, std::string path);

  Result<Descriptor> resolve(const Context& context, std::string_view selector) override;
  Result<StoredManifest> fetch_manifest(const Context& context, std::string_view selector) override;
  Result<std::unique_ptr<Reader>> fetch(const Context& context, const Descriptor& descriptor,
                                        std::uint64_t offset) override;
  Result<bool> exists(const Context& context, const Descriptor& descriptor) override;
  Result<PushOutcome> push_blob(const Context& context, const Descriptor& blob, const BlobSource& content) override;
  Result<void> push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                             std::span<const std::string> tags, IfExists if_exists) override;
  void expect_push(std::string_view mount_from) override;
  bool local() const noexcept override { return false; }
  std::string name() const override;

  TagLister* tag_lister() noexcept override { return this; }
  ReferrersLister* referrers_lister() noexcept override { return this; }
  Mounter* mounter() noexcept override { return this; }
  Deleter* deleter() noexcept override { return this; }

 private:
  Result<void> list_tags(const Context& context, const std::function<bool(std::string_view)>& each) override;
  Result<std::vector<Descriptor>> list_referrers(const Context& context, const Digest& subject,
                                                 std::string_view artifact_type) override;
  Result<bool> mount(const Context& context, const Descriptor& blob, std::string_view from_repository) override;
  Result<void> remove(const Context& context, std::string_view tag_or_digest) override;

  Result<void> remove_at(const Context& context, const http::Url& url, std::string_view tag_or_digest);
  Result<portolan::http::Response> get_blob(const Context& context, const Descriptor& blob, std::uint64_t offset);
  auth::Access access() const;

  const std::shared_ptr<Connection> connection_;
  const std::string path_;
  const ManifestReader reader_;
  ManifestPush manifest_push_;
  BlobUpload uploads_;
  Referrers referrers_;
  mutable std::mutex mutex_;  // guards what follows
  portolan::auth::Scopes scopes_;
  portolan::auth::Scopes sources_;                      // of mounts
  std::set<std::string, std::less<>> refused_sources_;  // that no blob is mounted from
};

}  // namespace portolan::internal::registry
