// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/store/store.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "registry/connection.h"
#include "registry/manifest_reader.h"

namespace portolan::internal::registry {

/// Stores manifests in one repository (registry-protocol 9). Threads: any number at once.
class ManifestPush {
 public:
  /// `reader` must outlive the object.
  ManifestPush(std::shared_ptr<Connection> connection, std::string repository, const ManifestReader& reader)
      : connection_(std::move(connection)), repository_(std::move(repository)), reader_(reader) {}

  /// Under its digest or all of the tags, in as few requests as the registry allows. True where it knows the subject.
  /// Errors: those of Store::push_manifest(), with Error::lacking() where it has not got what the manifest needs.
  Result<bool> push(const Context& context, const Descriptor& manifest, const MemoryBlob& content,
                    std::span<const std::string> tags, const auth::Access& access);

 private:
  /// What the registry has said about a manifest that it has stored.
  struct Stored {
    bool knows_subject = false;
    std::set<std::string, std::less<>> tags{};  ///< that were set along with it
  };
  /// One manifest, as all attempts to store it have it.
  struct Job {
    const Context& context;
    const Descriptor& manifest;
    const MemoryBlob& content;
    const auth::Access& access;
  };

  Result<Stored> put(const Job& job, std::string_view selector, std::span<const std::string> along = {});
  /// `attempts` gets how many of them a failure is worth in all.
  Result<Stored> put_once(const Job& job, std::string_view selector, std::span<const std::string> along,
                          unsigned& attempts);
  /// What a refusal means. `attempts` as above; nothing where it has been stored all the same.
  std::optional<Error> refused(const Job& job, std::string_view selector, portolan::http::Response& response,
                               unsigned& attempts) const;
  /// The error where the registry says that it has not got what the manifest needs.
  Error lacks(const Job& job, const Error& refused, const auth::ErrorBody& said, const Purpose& purpose) const;
  /// Whether the manifest is what a selector names now, as far as one try tells; nothing where it does not.
  std::optional<bool> whether_there(const Job& job, std::string_view selector) const;
  /// Whether that is certain.
  bool is_there(const Job& job, std::string_view selector) const {
    return whether_there(job, selector).value_or(false);
  }

  const std::shared_ptr<Connection> connection_;
  const std::string repository_;
  const ManifestReader& reader_;
  std::mutex mutex_;         // guards what follows
  std::set<Digest> lacked_;  // manifests that were refused for what they need
};

}  // namespace portolan::internal::registry
