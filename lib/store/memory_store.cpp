// SPDX-License-Identifier: Apache-2.0
#include <portolan/store/memory_store.h>

#include <portolan/oci/manifest.h>

#include <map>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "store/content.h"

namespace portolan {

using namespace internal::store;

namespace {

// What is in memory already is shared.
Result<std::shared_ptr<const std::string>> verified_bytes(const Context& context, const Descriptor& blob,
                                                          const BlobSource& content) {
  if (const auto* memory = dynamic_cast<const MemoryBlob*>(&content)) {
    if (auto verified = verify(blob, *memory->content()); !verified) return std::move(verified).error();
    return memory->content();
  }
  std::string bytes;
  auto moved = move_verified(context, blob, content, [&](std::string_view piece) {
    bytes += piece;
    return Result<void>();
  });
  if (!moved) return std::move(moved).error();
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace

struct MemoryStore::State {
  using Bytes = std::shared_ptr<const std::string>;
  struct Held {
    Descriptor descriptor;
    Bytes bytes;
    std::optional<Referrer> referrer;
  };

  explicit State(std::string store_name) : name(std::move(store_name)) {}

  const std::string name;
  std::mutex mutex{};  // guards what follows
  std::map<Digest, Bytes> blobs{};
  std::map<Digest, Held> manifests{};
  std::map<std::string, Digest, std::less<>> tags{};

  Result<Held> manifest(std::string_view selector) {
    std::lock_guard lock(mutex);
    auto digest = digest_selector(selector);
    if (!digest) {
      const auto tag = tags.find(selector);
      if (tag == tags.end()) return Error(Errc::not_found, "there is no tag " + internal::quote(selector));
      digest = tag->second;
    }
    const auto found = manifests.find(*digest);
    if (found == manifests.end()) return Error(Errc::not_found, "there is no manifest " + digest->string());
    return found->second;
  }

  Bytes content(const Digest& digest) {
    std::lock_guard lock(mutex);
    if (const auto blob = blobs.find(digest); blob != blobs.end()) return blob->second;
    if (const auto manifest = manifests.find(digest); manifest != manifests.end()) return manifest->second.bytes;
    return nullptr;
  }
};

MemoryStore::MemoryStore(std::string name) : state_(std::make_unique<State>(std::move(name))) {}
MemoryStore::~MemoryStore() = default;

std::string MemoryStore::name() const { return state_->name; }

Result<Descriptor> MemoryStore::resolve(const Context& context, std::string_view selector) {
  if (auto go = context.check(); !go) return std::move(go).error();
  auto held = state_->manifest(selector);
  if (!held) return std::move(held).error();
  return held->descriptor;
}

Result<StoredManifest> MemoryStore::fetch_manifest(const Context& context, std::string_view selector) {
  if (auto go = context.check(); !go) return std::move(go).error();
  auto held = state_->manifest(selector);
  if (!held) return std::move(held).error();
  return StoredManifest{held->descriptor, *held->bytes};
}

Result<std::unique_ptr<Reader>> MemoryStore::fetch(const Context& context, const Descriptor& descriptor,
                                                   std::uint64_t offset) {
  if (auto known = check_verifiable(descriptor.digest); !known) return std::move(known).error();
  auto content = state_->content(descriptor.digest);
  if (!content) return Error(Errc::not_found, "there is no blob " + descriptor.digest.string());
  auto reader = MemoryBlob(std::move(content)).open(context, offset);
  if (!reader || offset != 0) return reader;
  return verifying(*std::move(reader), descriptor.digest, descriptor.size);
}

Result<bool> MemoryStore::exists(const Context& context, const Descriptor& descriptor) {
  if (auto go = context.check(); !go) return std::move(go).error();
  const auto content = state_->content(descriptor.digest);
  return content && content->size() == descriptor.size;
}

Result<PushOutcome> MemoryStore::push_blob(const Context& context, const Descriptor& blob, const BlobSource& content) {
  if (auto go = context.check(); !go) return std::move(go).error();
  {
    std::lock_guard lock(state_->mutex);
    const auto held = state_->blobs.find(blob.digest);
    if (held != state_->blobs.end() && held->second->size() == blob.size) return PushOutcome::present;
  }
  auto kept = verified_bytes(context, blob, content);
  if (!kept) return std::move(kept).error();
  std::lock_guard lock(state_->mutex);
  state_->blobs.insert_or_assign(blob.digest, *std::move(kept));
  return PushOutcome::stored;
}

Result<void> MemoryStore::push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                                        std::span<const std::string> tags, IfExists if_exists) {
  if (auto go = context.check(); !go) return go;
  if (bytes.size() > max_manifest_size) return Error(Errc::limit_exceeded, "manifest larger than 4 MiB");
  if (auto named = check_tags(tags); !named) return named;
  if (auto verified = verify(manifest, bytes); !verified) return verified;
  auto kept = std::make_shared<const std::string>(bytes);
  auto referrer = as_referrer(manifest, *kept);
  std::lock_guard lock(state_->mutex);
  for (const auto& tag : tags) {
    const auto there = state_->tags.find(tag);
    if (there == state_->tags.end()) continue;
    if (auto refused = conflict(if_exists, tag, there->second, manifest.digest)) return *std::move(refused);
  }
  state_->manifests.insert_or_assign(manifest.digest,
                                     State::Held{plain(manifest), std::move(kept), std::move(referrer)});
  for (const auto& tag : tags) state_->tags.insert_or_assign(tag, manifest.digest);
  return {};
}

Result<void> MemoryStore::list_tags(const Context& context, const std::function<bool(std::string_view)>& each) {
  if (auto go = context.check(); !go) return go;
  std::vector<std::string> tags;
  {
    std::lock_guard lock(state_->mutex);
    for (const auto& [tag, digest] : state_->tags) tags.push_back(tag);
  }
  for (const auto& tag : tags) {
    if (!each(tag)) break;
  }
  return {};
}

Result<std::vector<Descriptor>> MemoryStore::list_referrers(const Context& context, const Digest& subject,
                                                            std::string_view artifact_type) {
  if (auto go = context.check(); !go) return std::move(go).error();
  std::vector<Descriptor> found;
  std::lock_guard lock(state_->mutex);
  for (const auto& [digest, held] : state_->manifests) {
    if (!held.referrer || held.referrer->subject != subject) continue;
    if (!artifact_type.empty() && held.referrer->descriptor.artifact_type != artifact_type) continue;
    found.push_back(held.referrer->descriptor);
  }
  return found;
}

Result<void> MemoryStore::remove(const Context& context, std::string_view tag_or_digest) {
  if (auto go = context.check(); !go) return go;
  std::lock_guard lock(state_->mutex);
  if (const auto digest = digest_selector(tag_or_digest)) {
    if (state_->manifests.erase(*digest) == 0) {
      return Error(Errc::not_found, "there is no manifest " + digest->string());
    }
    std::erase_if(state_->tags, [&](const auto& tag) { return tag.second == *digest; });
    return {};
  }
  const auto tag = state_->tags.find(tag_or_digest);
  if (tag == state_->tags.end()) {
    return Error(Errc::not_found, "there is no tag " + internal::quote(tag_or_digest));
  }
  state_->tags.erase(tag);
  return {};
}

}  // namespace portolan
