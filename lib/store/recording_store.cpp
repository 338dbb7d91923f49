// SPDX-License-Identifier: Apache-2.0
#include <portolan/store/recording_store.h>

#include <portolan/store/memory_store.h>

namespace portolan {
namespace {

class RecordingStore final : public Store, private Deleter {
 public:
  explicit RecordingStore(std::shared_ptr<Store> inner) : inner_(std::move(inner)), written_(inner_->name()) {}

  Result<Descriptor> resolve(const Context& context, std::string_view selector) override {
    auto recorded = written_.resolve(context, selector);
    return recorded ? std::move(recorded) : inner_->resolve(context, selector);
  }
  Result<StoredManifest> fetch_manifest(const Context& context, std::string_view selector) override {
    auto recorded = written_.fetch_manifest(context, selector);
    return recorded ? std::move(recorded) : inner_->fetch_manifest(context, selector);
  }
  Result<std::unique_ptr<Reader>> fetch(const Context& context, const Descriptor& descriptor,
                                        std::uint64_t offset) override {
    return inner_->fetch(context, descriptor, offset);
  }
  Result<bool> exists(const Context& context, const Descriptor& descriptor) override {
    return inner_->exists(context, descriptor);
  }
  TagLister* tag_lister() noexcept override { return inner_->tag_lister(); }
  ReferrersLister* referrers_lister() noexcept override { return inner_->referrers_lister(); }
  bool local() const noexcept override { return inner_->local(); }
  std::string name() const override { return inner_->name(); }
  void expect_push(std::string_view mount_from) override { inner_->expect_push(mount_from); }
  void prove_existing() override { inner_->prove_existing(); }
  Deleter* deleter() noexcept override { return inner_->deleter() == nullptr ? nullptr : this; }

  Result<PushOutcome> push_blob(const Context& context, const Descriptor& blob, const BlobSource&) override {
    auto there = inner_->exists(context, blob);
    if (!there) return std::move(there).error();
    return *there ? PushOutcome::present : PushOutcome::stored;
  }

  Result<void> push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                             std::span<const std::string> tags, IfExists if_exists) override {
    for (const auto& tag : tags) {
      if (if_exists == IfExists::replace) break;
      auto there = resolve(context, tag);
      if (!there && there.error().code() == Errc::not_found) continue;
      if (!there) return std::move(there).error();
      if (if_exists == IfExists::same && there->digest == manifest.digest) continue;
      return Error(Errc::conflict, name() + " has the tag " + tag + " already")
          .with("tag", tag)
          .with("there", there->digest.string())
          .with("here", manifest.digest.string());
    }
    return written_.push_manifest(context, manifest, bytes, tags, IfExists::replace);
  }

 private:
  Result<void> remove(const Context& context, std::string_view tag_or_digest) override {
    auto there = resolve(context, tag_or_digest);
    return there ? Result<void>() : Result<void>(std::move(there).error());
  }

  std::shared_ptr<Store> inner_;
  MemoryStore written_;  // manifests and tags alone
};

}  // namespace

Result<std::shared_ptr<Store>> RecordingStores::open(const Context& context, const Reference& reference) {
  auto inner = inner_.open(context, reference);
  if (!inner) return inner;
  return std::shared_ptr<Store>(std::make_shared<RecordingStore>(*std::move(inner)));
}

}  // namespace portolan
