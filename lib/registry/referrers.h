// SPDX-License-Identifier: Apache-2.0
// What refers to the manifests of a repository: the registry's API for that, or the tag under which clients keep the
// list where there is none (registry-protocol 11).
#pragma once

#include <portolan/store/store.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oci/referrers_index.h"
#include "registry/connection.h"

namespace portolan::internal::registry {

/// Referrers of one manifest, over all pages.
inline constexpr std::size_t max_referrers = 10'000;
/// How often a list that others change at the same time is written again.
inline constexpr unsigned max_list_updates = 8;
/// How often a list is written again that the registry refuses as a conflict, though nobody has changed it meanwhile.
inline constexpr unsigned max_list_refusals = 4;

/// Threads: any number at once.
class Referrers {
 public:
  Referrers(std::shared_ptr<Connection> connection, std::string repository)
      : connection_(std::move(connection)), repository_(std::move(repository)) {}

  /// As ReferrersLister::list_referrers().
  Result<std::vector<Descriptor>> list(const Context& context, const Digest& subject, std::string_view artifact_type,
                                       const auth::Access& access);

  /// A manifest with that subject has been stored, and the registry has not said that it knows of its subject. Keeps
  /// the list, where the registry keeps none. Errors: protocol_error (what is under that tag is no list), conflict
  /// (others write it without end), those of the way there.
  Result<void> add(const Context& context, const Digest& subject, const Descriptor& referrer,
                   const auth::Access& access);
  /// A manifest with that subject is about to be deleted. Whether the list had it. Errors: as add().
  Result<bool> remove(const Context& context, const Digest& subject, const Digest& referrer,
                      const auth::Access& access);

 private:
  struct Page {
    std::vector<Descriptor> referrers{};
    std::optional<http::Url> next{};
  };
  /// The list as it is under its tag.
  struct Kept {
    std::string bytes{};  ///< empty where there is none
    std::string etag{};
    bool is_index = true;
  };

  /// Nothing where the registry has no such API.
  Result<std::optional<std::vector<Descriptor>>> ask(const Context& context, const Digest& subject,
                                                     std::string_view artifact_type, const auth::Access& access);
  /// `status` is that of the answer.
  Result<std::optional<Page>> page(const Context& context, const http::Url& url, const auth::Access& access,
                                   int& status);
  /// Whether the registry keeps the lists itself.
  Result<bool> has_api(const Context& context, const Digest& subject, const auth::Access& access);

  /// What a list is to become; nothing where it is right as it is.
  using Change = std::function<Result<std::optional<oci::Remaining>>(const Kept&)>;

  /// Changes the entry of a referrer in a list until it stays changed. Whether it had to be. Errors: conflict (others
  /// write it without end).
  Result<bool> update(const Context& context, const std::string& tag, const Digest& referrer, const Change& change,
                      const auth::Access& access);
  Result<Kept> read(const Context& context, const std::string& tag, const auth::Access& access);
  /// Errors: those of a refusal, by which some tell that somebody else has changed it meanwhile (is_conflict()).
  Result<void> write(const Context& context, const std::string& tag, const oci::Remaining& list, const Kept& before,
                     const auth::Access& access);
  /// What a list names and the registry has not got.
  Result<std::vector<Digest>> missing(const Context& context, const std::string& list, const auth::Access& access);
  Purpose purpose() const;
  http::Url manifest(const std::string& selector) const;

  const std::shared_ptr<Connection> connection_;
  const std::string repository_;
};

}  // namespace portolan::internal::registry
