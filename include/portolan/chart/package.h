// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <portolan/base/context.h>
#include <portolan/chart/chart.h>
#include <portolan/oci/manifest.h>

namespace portolan::chart {

/// The member time of a reproducible archive where nothing else is asked for: 1980-01-01 00:00 UTC.
inline constexpr std::int64_t placeholder_time = 315'532'800;
/// The largest packed chart that is read: max_chart_size of content that does not compress, and its headers.
inline constexpr std::uint64_t max_archive_size = 128 * 1024 * 1024;

/// Which times the members of an archive get.
enum class Timestamps : std::uint8_t {
  fixed,   ///< one for all: source_date_epoch, else placeholder_time; the same files give the same bytes anywhere
  source,  ///< each file's own, as Helm does
};

struct PackageOptions {
  std::string version{};                            ///< replaces the chart's version where not empty
  std::string app_version{};                        ///< replaces the chart's appVersion where not empty
  Timestamps timestamps = Timestamps::fixed;        ///< member times
  std::optional<std::int64_t> source_date_epoch{};  ///< seconds since 1970: member time where fixed, and `created`
  std::string created{};                            ///< RFC 3339; the manifest's creation time where not empty
};

/// Whether a `.prov` file beside an archive goes with it.
enum class AdjacentProvenance : std::uint8_t { carry, leave };

struct ReadPackageOptions {
  std::optional<std::int64_t> source_date_epoch{};  ///< seconds since 1970, for `created`
  std::string created{};                            ///< RFC 3339; the manifest's creation time where not empty
  AdjacentProvenance provenance = AdjacentProvenance::carry;
};

/// A packaged chart: the archive and the artifact that a push stores for it. Immutable; copies share the bytes.
class Package {
 public:
  /// The chart that was packaged, or that the archive holds.
  const Chart& chart() const noexcept;
  const Metadata& metadata() const noexcept { return chart().metadata; }

  /// `NAME-VERSION.tgz`.
  std::string file_name() const;
  /// The bytes of the `.tgz`.
  const std::string& archive() const noexcept;
  std::shared_ptr<const std::string> shared_archive() const noexcept;
  const Digest& archive_digest() const noexcept;
  /// How many members the archive has.
  std::size_t member_count() const noexcept;

  /// The bytes of the config blob.
  const std::string& config() const noexcept;
  /// The manifest that a push stores (or that a pull found).
  const Manifest& manifest() const noexcept;
  /// The bytes of the provenance file, where there is one.
  const std::optional<std::string>& provenance() const noexcept;
  /// The tag of the chart's version: `+` written as `_`.
  std::string tag() const;

  /// Writes the archive, and the provenance file where there is one, into a directory that is made where it is not
  /// there; whole or not at all. Returns the archive's path. Errors: those of the file system.
  Result<std::filesystem::path> write_to(const std::filesystem::path& directory) const;

  struct State;
  explicit Package(std::shared_ptr<const State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<const State> state_;
};

/// Packages a chart's directory, as `helm package` does, byte for byte.
/// Errors: as load(); invalid_chart also for dependencies that are not in charts/; invalid_argument for options.
Result<Package> package(const Context& context, const std::filesystem::path& directory,
                        const PackageOptions& options = {});
Result<Package> package(const std::filesystem::path& directory, const PackageOptions& options = {});

/// Reads a `.tgz` and prepares its artifact. Errors: as load().
Result<Package> read_package(const Context& context, const std::filesystem::path& archive,
                             const ReadPackageOptions& options = {});

/// package() for a directory, read_package() for a file.
Result<Package> package_or_read(const Context& context, const std::filesystem::path& path,
                                const PackageOptions& options = {});

/// Unpacks a chart below `directory`, as `DIRECTORY/NAME/…`; whole or not at all. Returns that path.
/// Errors: conflict where NAME is there already; those of the file system.
Result<std::filesystem::path> unpack(const Context& context, const Package& package,
                                     const std::filesystem::path& directory);

}  // namespace portolan::chart
