// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <portolan/chart/package.h>

namespace portolan::chart {

struct Package::State {
  Chart chart;
  std::shared_ptr<const std::string> archive;
  Digest archive_digest;
  std::size_t member_count = 0;
  std::string config;
  Manifest manifest;
  std::optional<std::string> provenance;
};

}  // namespace portolan::chart

namespace portolan::internal::chart {

/// When a chart's artifact says that it was created.
struct Creation {
  std::string explicit_time;                      ///< RFC 3339; wins where not empty
  std::optional<std::int64_t> source_date_epoch;  ///< seconds since 1970; comes next
  portolan::chart::FileTime newest_member;        ///< the archive's newest member: the last resort
};

/// The text of the annotation; empty where there is nothing to say. Errors: invalid_argument.
Result<std::string> created_text(const Creation& creation);

/// Makes the artifact of an archive: config, layers ordered by digest, annotations (chart-registry 1).
/// Errors: invalid_argument for the creation time.
Result<portolan::chart::Package> make_package(portolan::chart::Chart chart, std::string archive,
                                              std::size_t member_count, std::optional<std::string> provenance,
                                              Creation creation);

}  // namespace portolan::internal::chart
