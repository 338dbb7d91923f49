// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/chart/package.h>
#include <portolan/copy/copy.h>
#include <portolan/oci/reference.h>
#include <portolan/store/store.h>
#include <portolan/version/version.h>

namespace portolan::chart {

struct PushOptions {
  std::string tag{};                    ///< the tag; where empty, the chart's version
  std::vector<std::string> tags{};      ///< further tags, which move to this chart, for example "1.4"
  IfExists if_exists = IfExists::same;  ///< what to do where the tag (not a further one) is there already
  unsigned concurrency = 4;             ///< transfers at once
};

/// Pushes one chart, with its provenance where it has one, over any store: blobs, manifest, tags, in this order.
/// Errors: as copy().
Result<CopyReport> push(const Context& context, const Package& package, Store& store, const PushOptions& options = {});

/// Whether a pull fetches the provenance file.
enum class Provenance : std::uint8_t {
  none,
  if_present,
  required,  ///< Errc::not_found where there is none
};

struct PullOptions {
  Provenance provenance = Provenance::none;
  std::string expected_name{};     ///< the chart's name where not empty; another one is verification_failed
  std::string expected_version{};  ///< the chart's version where not empty; another one is verification_failed
  /// Where what has come of a large archive is kept when its transfer breaks off (`.portolan-HEX.partial`), for the
  /// next pull to go on with; empty: nowhere.
  std::filesystem::path partial_directory{};
};

/// Pulls one chart: its manifest, its archive, its provenance if asked for; all of it verified.
/// An index is followed to the one chart in it.
/// Errors: not_found, verification_failed, invalid_chart (no chart, or one that does not load), as the store.
Result<Package> pull(const Context& context, ReadStore& store, std::string_view selector,
                     const PullOptions& options = {});

/// A chart version that a repository holds.
struct VersionEntry {
  Version version;
  std::string tag{};
  std::string app_version{};  ///< where asked for
  std::string digest{};       ///< where asked for
};

/// Whether pre-releases count where no range names one.
enum class Prereleases : std::uint8_t { exclude, include };

/// How much a version list tells of each version.
enum class Details : std::uint8_t {
  none,       ///< what the tag says; one request a page
  manifests,  ///< the digest and app version too; one or two requests more for each version
};

struct VersionsOptions {
  std::string range{};                             ///< a constraint; all where empty
  Prereleases prereleases = Prereleases::exclude;  ///< as Helm's --devel
  Details details = Details::none;
};

/// The versions of a repository's charts, newest first: the tags that are strict versions, `_` read as `+`.
/// Errors: invalid_reference for the range, unsupported where the store cannot list, as the store.
Result<std::vector<VersionEntry>> versions(const Context& context, ReadStore& store,
                                           const VersionsOptions& options = {});

/// Which tag a request for a version means (chart-registry 4.3): an exact version is its tag, without listing;
/// a range, or nothing, is the newest that fits. Errors: not_found, as versions().
Result<VersionEntry> select_version(const Context& context, ReadStore& store, std::string_view request,
                                    Prereleases prereleases = Prereleases::exclude);

}  // namespace portolan::chart
