// SPDX-License-Identifier: Apache-2.0
// What a registry holds. Threads: any number at once.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "content.h"

namespace testregistry {

struct StoredManifest {
  ContentPtr content{};
  std::string media_type{};
  std::string digest{};
};

class Storage {
 public:
  void put_blob(const std::string& repository, const std::string& digest, ContentPtr content);
  ContentPtr blob(const std::string& repository, const std::string& digest) const;
  bool remove_blob(const std::string& repository, const std::string& digest);
  /// From a repository, or from any where `from` is empty.
  bool mount(const std::string& repository, const std::string& digest, const std::string& from);

  /// False, and nothing done, where `allowed` does not want it in the place of what the tag or digest names so far.
  using Allowed = std::function<bool(const std::optional<StoredManifest>& there)>;
  bool put_manifest(const std::string& repository, const StoredManifest& manifest, const std::string& tag,
                    const Allowed& allowed = {});
  std::optional<StoredManifest> manifest(const std::string& repository, const std::string& reference) const;
  bool remove_manifest(const std::string& repository, const std::string& reference);
  /// Of the manifests of a repository.
  std::vector<StoredManifest> manifests(const std::string& repository) const;

  bool has_repository(const std::string& repository) const;
  std::vector<std::string> repositories() const;
  std::vector<std::string> tags(const std::string& repository) const;

  /// Uploads that have begun and not ended, by name.
  struct Upload {
    std::string repository{};
    std::shared_ptr<GrowingContent> content = std::make_shared<GrowingContent>();
    bool short_piece = false;  ///< one came that only the last one may be
  };
  std::string begin_upload(const std::string& repository);
  std::optional<Upload> upload(const std::string& name) const;
  void mark_short_piece(const std::string& name);
  bool end_upload(const std::string& name);
  std::size_t uploads() const;

 private:
  struct Repository {
    std::map<std::string, ContentPtr> blobs{};
    std::map<std::string, StoredManifest> manifests{};  // by digest
    std::map<std::string, std::string> tags{};          // to digests
  };
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Repository> repositories_;
  std::map<std::string, Upload> uploads_;
};

}  // namespace testregistry
