// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <portolan/store/store.h>

namespace portolan {

/// A repository in memory. Threads: any number at once. Copies of content that its Readers need stay alive with them.
class MemoryStore final : public Store, private TagLister, private ReferrersLister, private Deleter {
 public:
  explicit MemoryStore(std::string name = "memory");
  ~MemoryStore() override;

  Result<Descriptor> resolve(const Context& context, std::string_view selector) override;
  Result<StoredManifest> fetch_manifest(const Context& context, std::string_view selector) override;
  Result<std::unique_ptr<Reader>> fetch(const Context& context, const Descriptor& descriptor,
                                        std::uint64_t offset = 0) override;
  Result<bool> exists(const Context& context, const Descriptor& descriptor) override;
  TagLister* tag_lister() noexcept override { return this; }
  ReferrersLister* referrers_lister() noexcept override { return this; }
  std::string name() const override;

  Result<PushOutcome> push_blob(const Context& context, const Descriptor& blob, const BlobSource& content) override;
  Result<void> push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                             std::span<const std::string> tags, IfExists if_exists) override;
  Deleter* deleter() noexcept override { return this; }

 private:
  Result<void> list_tags(const Context& context, const std::function<bool(std::string_view)>& each) override;
  Result<std::vector<Descriptor>> list_referrers(const Context& context, const Digest& subject,
                                                 std::string_view artifact_type) override;
  Result<void> remove(const Context& context, std::string_view tag_or_digest) override;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace portolan
