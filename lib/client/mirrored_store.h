// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/store/store.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace portolan::internal::client {

/// A mirror of a repository, and what it is believed.
struct Mirror {
  std::shared_ptr<Store> store{};
  bool pull = true;     ///< content by digest
  bool resolve = true;  ///< what a tag names
  std::string label{};  ///< for people, where the store's name is the registry's own; otherwise empty

  std::string name() const { return label.empty() ? store->name() : label; }
};

/// A repository that is read from its mirrors, in their order, and then from the registry itself; it is written, and
/// listed, at the registry alone. A mirror that has something not, or does not answer, is passed over, and one that
/// does not answer is not asked again. Once it is told of a push, the registry alone is asked: what is there already
/// is a question about the registry. Threads: any number at once.
class MirroredStore final : public Store,
                            public std::enable_shared_from_this<MirroredStore>,
                            private TagLister,
                            private ReferrersLister {
 public:
  /// Contract: `registry` lists tags and referrers.
  MirroredStore(std::vector<Mirror> mirrors, std::shared_ptr<Store> registry);

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
  std::string name() const override { return registry_->name(); }

  TagLister* tag_lister() noexcept override { return this; }
  ReferrersLister* referrers_lister() noexcept override { return this; }
  Mounter* mounter() noexcept override { return registry_->mounter(); }
  Deleter* deleter() noexcept override { return registry_->deleter(); }

 private:
  class FallingOver;
  struct Known {
    Mirror mirror;
    std::atomic<bool> passed_over = false;
  };

  Result<void> list_tags(const Context& context, const std::function<bool(std::string_view)>& each) override;
  Result<std::vector<Descriptor>> list_referrers(const Context& context, const Digest& subject,
                                                 std::string_view artifact_type) override;

  /// Whether a mirror may be asked for what the selector names.
  bool may_ask(const Known& known, std::string_view selector) const;
  /// Whether another place may do what this one did not; tells the log.
  static bool goes_on(const Context& context, Known& known, const Error& error);
  template <class T, class Ask>
  Result<T> first(const Context& context, std::string_view selector, Ask ask);

  std::vector<std::unique_ptr<Known>> mirrors_;
  const std::shared_ptr<Store> registry_;
  std::atomic<bool> written_ = false;
};

}  // namespace portolan::internal::client
