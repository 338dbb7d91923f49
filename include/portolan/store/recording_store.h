// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <portolan/store/store.h>

namespace portolan {

/// The stores of another provider, of which nothing is changed: what would be written is checked and counted as if it
/// had been (a dry run). Reads see the real content, and the tags that this provider was told to set.
class RecordingStores final : public StoreProvider {
 public:
  /// Ownership: `inner` must outlive this provider and its stores.
  explicit RecordingStores(StoreProvider& inner) : inner_(inner) {}
  Result<std::shared_ptr<Store>> open(const Context& context, const Reference& reference) override;
  Result<void> commit(const Context&) override { return {}; }
  Result<void> list_repositories(const Context& context, const Reference& place,
                                 const std::function<bool(std::string_view)>& each) override {
    return inner_.list_repositories(context, place, each);
  }

 private:
  StoreProvider& inner_;
};

}  // namespace portolan
