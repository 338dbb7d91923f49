// SPDX-License-Identifier: Apache-2.0
#include "storage.h"

#include <utility>

#include "text.h"

namespace testregistry {

void Storage::put_blob(const std::string& repository, const std::string& digest, ContentPtr content) {
  std::lock_guard lock(mutex_);
  repositories_[repository].blobs.insert_or_assign(digest, std::move(content));
}

ContentPtr Storage::blob(const std::string& repository, const std::string& digest) const {
  std::lock_guard lock(mutex_);
  const auto place = repositories_.find(repository);
  if (place == repositories_.end()) return nullptr;
  const auto found = place->second.blobs.find(digest);
  return found == place->second.blobs.end() ? nullptr : found->second;
}

bool Storage::remove_blob(const std::string& repository, const std::string& digest) {
  std::lock_guard lock(mutex_);
  const auto place = repositories_.find(repository);
  return place != repositories_.end() && place->second.blobs.erase(digest) != 0;
}

bool Storage::mount(const std::string& repository, const std::string& digest, const std::string& from) {
  std::lock_guard lock(mutex_);
  for (const auto& [name, place] : repositories_) {
    const auto found = place.blobs.find(digest);
    if ((!from.empty() && name != from) || found == place.blobs.end()) continue;
    const auto content = found->second;
    repositories_[repository].blobs.insert_or_assign(digest, content);
    return true;
  }
  return false;
}

bool Storage::put_manifest(const std::string& repository, const StoredManifest& manifest, const std::string& tag,
                           const Allowed& allowed) {
  std::lock_guard lock(mutex_);
  auto& place = repositories_[repository];
  if (allowed) {
    auto name = manifest.digest;
    if (!tag.empty()) {
      const auto named = place.tags.find(tag);
      name = named == place.tags.end() ? "" : named->second;
    }
    const auto there = place.manifests.find(name);
    if (!allowed(there == place.manifests.end() ? std::nullopt : std::optional(there->second))) return false;
  }
  place.manifests.insert_or_assign(manifest.digest, manifest);
  if (!tag.empty()) place.tags.insert_or_assign(tag, manifest.digest);
  return true;
}

std::optional<StoredManifest> Storage::manifest(const std::string& repository, const std::string& reference) const {
  std::lock_guard lock(mutex_);
  const auto place = repositories_.find(repository);
  if (place == repositories_.end()) return std::nullopt;
  auto digest = reference;
  if (const auto tag = place->second.tags.find(reference); tag != place->second.tags.end()) digest = tag->second;
  const auto found = place->second.manifests.find(digest);
  if (found == place->second.manifests.end()) return std::nullopt;
  return found->second;
}

bool Storage::remove_manifest(const std::string& repository, const std::string& reference) {
  std::lock_guard lock(mutex_);
  const auto place = repositories_.find(repository);
  if (place == repositories_.end()) return false;
  if (!is_digest(reference)) return place->second.tags.erase(reference) != 0;
  std::erase_if(place->second.tags, [&](const auto& tag) { return tag.second == reference; });
  return place->second.manifests.erase(reference) != 0;
}

std::vector<StoredManifest> Storage::manifests(const std::string& repository) const {
  std::lock_guard lock(mutex_);
  std::vector<StoredManifest> all;
  if (const auto place = repositories_.find(repository); place != repositories_.end()) {
    for (const auto& [digest, manifest] : place->second.manifests) all.push_back(manifest);
  }
  return all;
}

bool Storage::has_repository(const std::string& repository) const {
  std::lock_guard lock(mutex_);
  return repositories_.contains(repository);
}

std::vector<std::string> Storage::repositories() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, place] : repositories_) names.push_back(name);
  return names;
}

std::vector<std::string> Storage::tags(const std::string& repository) const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  if (const auto place = repositories_.find(repository); place != repositories_.end()) {
    for (const auto& [tag, digest] : place->second.tags) names.push_back(tag);
  }
  return names;
}

std::string Storage::begin_upload(const std::string& repository) {
  auto name = random_text(12);
  std::lock_guard lock(mutex_);
  uploads_.emplace(name, Upload{.repository = repository});
  return name;
}

std::optional<Storage::Upload> Storage::upload(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto found = uploads_.find(name);
  if (found == uploads_.end()) return std::nullopt;
  return found->second;
}

void Storage::mark_short_piece(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (const auto found = uploads_.find(name); found != uploads_.end()) found->second.short_piece = true;
}

bool Storage::end_upload(const std::string& name) {
  std::lock_guard lock(mutex_);
  return uploads_.erase(name) != 0;
}

std::size_t Storage::uploads() const {
  std::lock_guard lock(mutex_);
  return uploads_.size();
}

}  // namespace testregistry
