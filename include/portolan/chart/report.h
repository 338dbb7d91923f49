// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <portolan/chart/by_reference.h>
#include <portolan/chart/package.h>
#include <portolan/copy/attach.h>
#include <portolan/copy/referrers.h>

namespace portolan::chart {

/// Reports as JSON documents. Each has a member `schema` (`portolan.push/v1`) and a JSON Schema of that name in doc/.
/// One line, without a line end; characters that control a terminal, or that nobody sees, are escaped. What was done is
/// told for every item; an item that failed carries its error.

/// Whether a report tells what was done, or what a dry run found that would be; a member `dry_run` says so.
enum class Execution : std::uint8_t { performed, dry_run };

/// A chart that was packaged, or whose digests were asked for.
struct PackageItem {
  std::string chart{};  ///< the path that was given
  std::optional<Package> package{};
  std::string file{};  ///< the archive's path, where one was written
  std::optional<Error> error{};
};
std::string package_json(std::span<const PackageItem> items, Execution execution = Execution::performed);
std::string digest_json(std::span<const PackageItem> items);

/// A chart that was pushed.
struct PushItem {
  std::string chart{};  ///< the path that was given
  std::optional<Pushed> pushed{};
  std::optional<Error> error{};
};
std::string push_json(std::span<const PushItem> items, Execution execution = Execution::performed);

/// Where a pull left what it fetched; empty where it did not.
struct PullPlaces {
  std::string file{};
  std::string provenance{};
  std::string directory{};
};
std::string pull_json(const Pulled& pulled, const PullPlaces& places, Execution execution = Execution::performed);

std::string versions_json(const Reference& repository, std::span<const VersionEntry> entries, Details details);
std::string resolve_json(const Reference& reference, const Descriptor& descriptor);
std::string tag_json(const Reference& reference, const Descriptor& descriptor, std::span<const std::string> tags,
                     Execution execution = Execution::performed);
std::string delete_json(const Reference& reference, Execution execution = Execution::performed);
std::string referrers_json(const Reference& reference, const ReferrerTree& tree);
/// `reference` is the artifact's own, by its digest.
std::string attach_json(const Reference& reference, const Attached& attached,
                        Execution execution = Execution::performed);
std::string catalog_json(const Reference& place, std::span<const std::string> repositories);
/// Whether the registry has looked at an account that is kept: one that asks nobody for an account does not.
enum class Account : std::uint8_t { not_checked, checked };
/// Of a login to `place`: the account, and where it is kept (for people). Never the password.
std::string login_json(std::string_view place, std::string_view username, std::string_view kept_in, Account account);
std::string logout_json(std::string_view place, std::string_view kept_in);
/// The content is told on one line, not byte for byte. Errors: corrupt, limit_exceeded where it is no JSON object.
Result<std::string> manifest_json(const Reference& reference, const StoredManifest& manifest);
std::string show_json(const Chart& chart);
std::string copy_json(std::span<const Copied> items, Execution execution = Execution::performed);

/// `{"schema":"portolan.error/v1","code":…,"exit_code":…,"message":…,"details":{…}}`
std::string error_json(const Error& error);

}  // namespace portolan::chart
