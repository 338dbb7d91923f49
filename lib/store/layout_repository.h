// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <portolan/store/layout_store.h>

#include "store/content.h"
#include "store/layout_ledger.h"
#include "store/layout_medium.h"
#include "store/layout_names.h"

namespace portolan::internal::store {

/// A layout: its files, its index, and what has been learned of its manifests. Threads: any number at once.
class LayoutContent {
 public:
  LayoutContent(std::unique_ptr<LayoutMedium> medium, Layout::IndexWrites writes)
      : medium_(std::move(medium)), writes_(writes), ledger_(*medium_, writes) {}

  LayoutMedium& medium() noexcept { return *medium_; }
  LayoutLedger& ledger() noexcept { return ledger_; }

  /// Keeps what has been pushed until commit().
  void keep(LayoutMedium::Hold hold);
  Result<void> commit(const Context& context);

  /// A manifest's bytes, verified. Errors: not_found, limit_exceeded, verification_failed, those of the medium.
  Result<std::string> manifest_bytes(const Context& context, const Descriptor& manifest);
  /// What a manifest of the index refers to; nothing where it is missing, or refers to nothing. Remembered, because
  /// a digest's content cannot change. Errors: those of the medium.
  Result<std::optional<Referrer>> referrer(const Context& context, const Descriptor& manifest);

 private:
  std::unique_ptr<LayoutMedium> medium_;
  const Layout::IndexWrites writes_;
  LayoutLedger ledger_;
  std::mutex mutex_;  // guards what follows
  LayoutMedium::Hold hold_;
  std::unordered_map<Digest, std::optional<Referrer>> referrers_;
};

/// One repository of a layout.
class LayoutRepository final : public Store, private TagLister, private ReferrersLister, private Deleter {
 public:
  LayoutRepository(std::shared_ptr<LayoutContent> layout, std::string path)
      : layout_(std::move(layout)), names_(std::move(path)) {}

  Result<Descriptor> resolve(const Context& context, std::string_view selector) override;
  Result<StoredManifest> fetch_manifest(const Context& context, std::string_view selector) override;
  Result<std::unique_ptr<Reader>> fetch(const Context& context, const Descriptor& descriptor,
                                        std::uint64_t offset) override;
  Result<bool> exists(const Context& context, const Descriptor& descriptor) override;
  TagLister* tag_lister() noexcept override { return this; }
  ReferrersLister* referrers_lister() noexcept override { return this; }
  std::string name() const override;

  Result<PushOutcome> push_blob(const Context& context, const Descriptor& blob, const BlobSource& content) override;
  Result<void> push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                             std::span<const std::string> tags, IfExists if_exists) override;
  void expect_push(std::string_view) override { writing_ = true; }
  void prove_existing() override { proof_ = Proof::all; }
  Deleter* deleter() noexcept override { return this; }

 private:
  Result<void> list_tags(const Context& context, const std::function<bool(std::string_view)>& each) override;
  Result<std::vector<Descriptor>> list_referrers(const Context& context, const Digest& subject,
                                                 std::string_view artifact_type) override;
  Result<void> remove(const Context& context, std::string_view tag_or_digest) override;

  Result<void> hold_blobs(const Context& context);
  Result<Descriptor> resolve_tag(std::string_view tag);
  Result<Descriptor> resolve_digest(const Context& context, const Digest& digest);
  Result<std::vector<Descriptor>> fallback_referrers(const Context& context, const Digest& subject);
  Result<void> write_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes);

  std::shared_ptr<LayoutContent> layout_;
  LayoutNames names_;
  std::atomic<Proof> proof_ = Proof::none;
  std::atomic<bool> writing_ = false;
  std::mutex mutex_;
  LayoutMedium::Hold hold_;  // guarded; as long as the object counts on blobs that nothing leads to yet
};

}  // namespace portolan::internal::store
