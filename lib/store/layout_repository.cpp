// SPDX-License-Identifier: Apache-2.0
#include "store/layout_repository.h"

#include <portolan/oci/manifest.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "oci/referrers_index.h"

namespace portolan::internal::store {
namespace {

Error no_manifest(const Digest& digest) { return Error(Errc::not_found, "there is no manifest " + digest.string()); }

/// The entry that says most of a digest: one that has a media type.
std::optional<Descriptor> find_digest(const LayoutIndex& index, const Digest& digest) {
  for (const auto& entry : index.entries()) {
    if (entry.descriptor.digest == digest && !entry.descriptor.media_type.empty()) return plain(entry.descriptor);
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> LayoutContent::manifest_bytes(const Context& context, const Descriptor& manifest) {
  if (manifest.size > max_manifest_size) {
    return Error(Errc::limit_exceeded, "a manifest of " + std::to_string(manifest.size) + " bytes; the limit is " +
                                           std::to_string(max_manifest_size));
  }
  auto reader = medium_->open_blob(context, manifest.digest, 0);
  if (!reader) return std::move(reader).error();
  auto verified = verifying(*std::move(reader), manifest.digest, manifest.size);
  return read_all(*verified, max_manifest_size);
}

void LayoutContent::keep(LayoutMedium::Hold hold) {
  std::lock_guard lock(mutex_);
  if (writes_ == Layout::IndexWrites::on_commit) hold_ = std::move(hold);
}

Result<void> LayoutContent::commit(const Context& context) {
  auto committed = ledger_.commit(context);
  if (committed) {
    std::lock_guard lock(mutex_);
    hold_.reset();
  }
  return committed;
}

Result<std::optional<Referrer>> LayoutContent::referrer(const Context& context, const Descriptor& manifest) {
  {
    std::lock_guard lock(mutex_);
    if (const auto known = referrers_.find(manifest.digest); known != referrers_.end()) return known->second;
  }
  std::optional<Referrer> found;
  if (const auto bytes = manifest_bytes(context, manifest)) {
    found = as_referrer(manifest, *bytes);
  } else {
    const auto code = bytes.error().code();
    if (code == Errc::not_found) return found;  // a sparse layout; it may come yet
    const bool unusable =
        code == Errc::limit_exceeded || code == Errc::unsupported || code == Errc::verification_failed;
    if (!unusable) return Error(bytes.error());
  }
  std::lock_guard lock(mutex_);
  referrers_.emplace(manifest.digest, found);
  return found;
}

std::string LayoutRepository::name() const {
  const auto layout = layout_->medium().name();
  return names_.path().empty() ? layout : layout + "//" + names_.path();
}

Result<Descriptor> LayoutRepository::resolve(const Context& context, std::string_view selector) {
  if (auto go = context.check(); !go) return std::move(go).error();
  if (const auto digest = digest_selector(selector)) return resolve_digest(context, *digest);
  return resolve_tag(selector);
}

Result<Descriptor> LayoutRepository::resolve_tag(std::string_view tag) {
  auto entry = layout_->ledger().with_index([&](const LayoutIndex& index) { return names_.find(index, tag); });
  if (!entry) return std::move(entry).error();
  const auto size = layout_->medium().blob_size(entry->descriptor.digest);
  if (!size) return Error(size.error());
  if (*size) return plain(entry->descriptor);
  return Error(Errc::not_found, "tag " + quote(tag) + " names " + entry->descriptor.digest.string() +
                                    ", which is missing from the layout");
}

Result<Descriptor> LayoutRepository::resolve_digest(const Context& context, const Digest& digest) {
  const auto size = layout_->medium().blob_size(digest);
  if (!size) return Error(size.error());
  if (!*size) return no_manifest(digest);
  auto listed = layout_->ledger().with_index(
      [&](const LayoutIndex& index) { return Result<std::optional<Descriptor>>(find_digest(index, digest)); });
  if (!listed) return std::move(listed).error();
  if (*listed) return **std::move(listed);
  // Children of an index are not listed: the body tells what they are.
  Descriptor manifest{.media_type = {}, .digest = digest, .size = **size};
  if (manifest.size > max_manifest_size) return no_manifest(digest);
  const auto bytes = layout_->manifest_bytes(context, manifest);
  if (!bytes) return Error(bytes.error());
  manifest.media_type = media_type_of(*bytes);
  if (manifest.media_type.empty()) return no_manifest(digest);
  return manifest;
}

Result<StoredManifest> LayoutRepository::fetch_manifest(const Context& context, std::string_view selector) {
  auto manifest = resolve(context, selector);
  if (!manifest) return std::move(manifest).error();
  auto bytes = layout_->manifest_bytes(context, *manifest);
  if (!bytes) return std::move(bytes).error();
  if (manifest->media_type.empty()) manifest->media_type = media_type_of(*bytes);
  return StoredManifest{*std::move(manifest), *std::move(bytes)};
}

Result<std::unique_ptr<Reader>> LayoutRepository::fetch(const Context& context, const Descriptor& descriptor,
                                                        std::uint64_t offset) {
  const auto size = layout_->medium().blob_size(descriptor.digest);
  if (!size) return Error(size.error());
  if (*size && **size != descriptor.size) {
    return Error(Errc::verification_failed, "the file of " + descriptor.digest.string() + " has " +
                                                std::to_string(**size) + " bytes instead of the promised " +
                                                std::to_string(descriptor.size));
  }
  if (offset > descriptor.size) return Error(Errc::invalid_argument, "offset beyond the end of the content");
  auto reader = layout_->medium().open_blob(context, descriptor.digest, offset);
  if (!reader || offset != 0) return reader;
  return verifying(*std::move(reader), descriptor.digest, descriptor.size);
}

Result<bool> LayoutRepository::exists(const Context& context, const Descriptor& descriptor) {
  if (auto go = context.check(); !go) return std::move(go).error();
  if (writing_) {
    // What a writer counts on has to stay.
    if (auto held = hold_blobs(context); !held) return std::move(held).error();
  }
  return layout_->medium().has_blob(context, descriptor, proof_);
}

Result<PushOutcome> LayoutRepository::push_blob(const Context& context, const Descriptor& blob,
                                                const BlobSource& content) {
  if (auto go = context.check(); !go) return std::move(go).error();
  if (auto known = check_verifiable(blob.digest); !known) return std::move(known).error();
  auto& medium = layout_->medium();
  if (auto held = hold_blobs(context); !held) return std::move(held).error();
  // Nothing says that anybody has ever proved it.
  const auto there = medium.has_blob(context, blob, Proof::all);
  if (!there) return Error(there.error());
  if (*there) return PushOutcome::present;
  if (auto written = medium.write_blob(context, blob, content); !written) return std::move(written).error();
  return PushOutcome::stored;
}

Result<void> LayoutRepository::hold_blobs(const Context& context) {
  {
    std::lock_guard lock(mutex_);
    if (hold_) return {};
  }
  auto held = layout_->medium().hold_blobs(context);
  if (!held) return std::move(held).error();
  layout_->keep(*held);
  std::lock_guard lock(mutex_);
  hold_ = *std::move(held);
  return {};
}

Result<void> LayoutRepository::write_manifest(const Context& context, const Descriptor& manifest,
                                              std::string_view bytes) {
  if (bytes.size() > max_manifest_size) return Error(Errc::limit_exceeded, "the manifest is larger than 4 MiB");
  if (auto verified = verify(manifest, bytes); !verified) return verified;
  // Manifests are small enough to be looked at: one that is damaged would make everything below it useless.
  const auto there = layout_->manifest_bytes(context, manifest);
  if (there && *there == bytes) return {};
  if (!there && there.error().code() != Errc::not_found && there.error().code() != Errc::verification_failed) {
    return Error(there.error());
  }
  return layout_->medium().write_blob(context, manifest, MemoryBlob(std::string(bytes)));
}

Result<void> LayoutRepository::push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                                             std::span<const std::string> tags, IfExists if_exists) {
  if (auto go = context.check(); !go) return go;
  if (auto named = check_tags(tags); !named) return named;
  if (auto held = hold_blobs(context); !held) return held;
  if (auto written = write_manifest(context, manifest, bytes); !written) return written;
  const std::string body(bytes);
  PutManifest put{.manifest = plain(manifest), .if_exists = if_exists};
  for (const auto& tag : tags) put.tags.emplace_back(tag, names_.name(tag));
  if (as_referrer(put.manifest, body)) put.listed = PutManifest::Listed::for_good;
  if (media_type::is_index(manifest.media_type)) {
    // One that cannot be read has no children; whoever copies it finds out.
    if (const auto children = successors(manifest.media_type, body)) {
      for (const auto& child : *children) put.children.push_back(child.digest);
    }
  }
  return layout_->ledger().change(context, std::move(put));
}

Result<void> LayoutRepository::list_tags(const Context& context, const std::function<bool(std::string_view)>& each) {
  if (auto go = context.check(); !go) return go;
  const auto tags = layout_->ledger().with_index(
      [&](const LayoutIndex& index) { return Result<std::vector<std::string>>(names_.tags(index)); });
  if (!tags) return Error(tags.error());
  for (const auto& tag : *tags) {
    if (!each(tag)) break;
  }
  return {};
}

Result<std::vector<Descriptor>> LayoutRepository::list_referrers(const Context& context, const Digest& subject,
                                                                 std::string_view artifact_type) {
  auto found = fallback_referrers(context, subject);
  if (!found) return found;
  std::map<Digest, Descriptor> referrers;
  for (auto& descriptor : *found) referrers.emplace(descriptor.digest, descriptor);
  const auto manifests = layout_->ledger().with_index([](const LayoutIndex& index) {
    std::vector<Descriptor> all;
    for (const auto& entry : index.entries()) all.push_back(plain(entry.descriptor));
    return Result(std::move(all));
  });
  if (!manifests) return Error(manifests.error());
  for (const auto& manifest : *manifests) {
    auto referrer = layout_->referrer(context, manifest);
    if (!referrer) return std::move(referrer).error();
    if (*referrer && (*referrer)->subject == subject) {
      referrers.insert_or_assign(manifest.digest, std::move((*referrer)->descriptor));
    }
  }
  std::vector<Descriptor> listed;
  for (auto& [digest, descriptor] : referrers) {
    if (artifact_type.empty() || descriptor.artifact_type == artifact_type) listed.push_back(std::move(descriptor));
  }
  return listed;
}

Result<std::vector<Descriptor>> LayoutRepository::fallback_referrers(const Context& context, const Digest& subject) {
  const auto tag = oci::fallback_tag(subject);
  const auto entry = layout_->ledger().with_index([&](const LayoutIndex& index) {
    auto found = index.find(names_.name(tag));
    if (found == nullptr) found = index.find(tag);
    return Result(found == nullptr ? std::nullopt : std::optional(found->descriptor));
  });
  if (!entry) return Error(entry.error());
  std::vector<Descriptor> listed;
  if (!*entry || !media_type::is_index((*entry)->media_type)) return listed;
  auto bytes = layout_->manifest_bytes(context, **entry);
  if (!bytes) return bytes.error().code() == Errc::not_found ? Result(std::move(listed)) : std::move(bytes).error();
  auto index = Index::parse(*std::move(bytes), (*entry)->media_type);
  if (!index) return std::move(index).error().within("reading the list of referrers " + tag);
  for (const auto& descriptor : index->manifests()) {
    // Such lists are not kept up when a referrer is deleted.
    const auto there = exists(context, descriptor);
    if (there && *there) listed.push_back(descriptor);
  }
  return listed;
}

Result<void> LayoutRepository::remove(const Context& context, std::string_view tag_or_digest) {
  if (auto go = context.check(); !go) return go;
  auto& ledger = layout_->ledger();
  const auto digest = digest_selector(tag_or_digest);
  auto removal = ledger.with_index([&](const LayoutIndex& index) -> Result<Change> {
    if (digest) {
      if (!find_digest(index, *digest)) return no_manifest(*digest);
      return Change(RemoveManifest{*digest, names_.names_of(index, *digest)});
    }
    auto name = names_.name(tag_or_digest);
    if (index.find(name) == nullptr) return Error(Errc::not_found, "there is no tag " + quote(tag_or_digest));
    return Change(RemoveName{std::move(name)});
  });
  if (!removal) return std::move(removal).error();
  return ledger.change(context, *std::move(removal));
}

}  // namespace portolan::internal::store
