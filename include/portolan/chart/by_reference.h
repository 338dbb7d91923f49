// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/chart/transfer.h>

namespace portolan::chart {

/// The operations on charts by reference: a StoreProvider finds the stores. None of them commits what the provider
/// holds back: call StoreProvider::commit() once at the end.

/// What a push by reference did.
struct Pushed {
  Reference reference;  ///< with the tag
  std::string name{};
  std::string version{};
  Digest archive_digest;
  CopyReport report;
};

/// Whether the chart's name is appended to the reference, as `helm push` does, or the reference names the whole.
enum class Naming : std::uint8_t { append_name, whole_reference };

/// Pushes a chart. With whole_reference the last path component must be the chart's name, and a tag in the reference
/// the chart's version, or, where the chart's version is given as well, any tag.
/// Errors: invalid_argument where name or version differ from the reference; as push().
Result<Pushed> push(const Context& context, const Package& package, StoreProvider& stores, const Reference& target,
                    Naming naming = Naming::append_name, const PushOptions& options = {});

struct PullRequest {
  std::string version{};  ///< a version or range; empty: the reference's tag or digest, else the newest release
  Prereleases prereleases = Prereleases::exclude;
  Provenance provenance = Provenance::none;
  std::filesystem::path partial_directory{};  ///< as in PullOptions
};

/// What a reference and a request came to.
struct Selected {
  std::shared_ptr<Store> store;
  std::string selector{};  ///< a tag or a digest
  Reference reference;     ///< with that tag, or that digest
};

/// Decides which manifest is meant (chart-registry 4.3). Tag and digest that are both given must agree at the store:
/// verification_failed otherwise. Errors: invalid_argument where tag and version differ; not_found; as the store.
Result<Selected> select(const Context& context, StoreProvider& stores, const Reference& reference,
                        const PullRequest& request = {});

/// What a pull by reference fetched.
struct Pulled {
  Reference reference;  ///< with the tag or digest that was pulled
  Package package;
  const Chart& chart() const noexcept { return package.chart(); }
};

/// Pulls a chart. Its name must be the reference's last path component, its version the tag where that is a strict
/// version: verification_failed otherwise. Errors: as select() and pull().
Result<Pulled> pull(const Context& context, StoreProvider& stores, const Reference& reference,
                    const PullRequest& request = {});

/// One item that was copied, or was not.
struct Copied {
  std::string source{};  ///< a reference, or a path, as text
  Reference target;
  std::optional<CopyReport> report{};
  std::optional<Error> error{};  ///< where the item failed
};

/// Copies every version of a repository that fits, each with its tag, newest last; goes on after an item that failed.
/// Errors: of the list of versions; cancelled and timed_out. Those of an item are in it.
Result<std::vector<Copied>> copy_versions(const Context& context, StoreProvider& stores, const Reference& source,
                                          const Reference& target, const VersionsOptions& versions,
                                          const CopyOptions& options = {});

}  // namespace portolan::chart
