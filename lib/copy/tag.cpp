// SPDX-License-Identifier: Apache-2.0
#include <portolan/copy/copy.h>

#include <utility>

#include "store/content.h"

namespace portolan {
namespace {

/// What push_manifest() of a store on this machine checks under its lock, asked of one that is elsewhere.
Result<void> check_tags(const Context& context, Store& store, std::span<const std::string> tags, IfExists if_exists,
                        const Digest& here) {
  for (const auto& tag : tags) {
    const auto there = store.resolve(context, tag);
    if (!there && there.error().code() == Errc::not_found) continue;
    if (!there) return there.error();
    if (auto refused = internal::store::conflict(if_exists, tag, there->digest, here)) return *std::move(refused);
  }
  return {};
}

}  // namespace

Result<Descriptor> tag(const Context& context, Store& store, std::string_view selector,
                       std::span<const std::string> tags, IfExists if_exists) {
  const auto frame = [&] { return "tagging " + std::string(selector) + " in " + store.name(); };
  if (auto checked = internal::store::check_tags(tags); !checked) return std::move(checked).error();
  store.expect_push();
  auto manifest = store.fetch_manifest(context, selector);
  if (!manifest) return std::move(manifest).error().within(frame());
  if (if_exists != IfExists::replace && !store.local()) {
    auto checked = check_tags(context, store, tags, if_exists, manifest->descriptor.digest);
    if (!checked) return std::move(checked).error().within(frame());
  }
  auto tagged = store.push_manifest(context, manifest->descriptor, manifest->bytes, tags, if_exists);
  if (!tagged) return std::move(tagged).error().within(frame());
  return internal::store::plain(manifest->descriptor);
}

}  // namespace portolan
