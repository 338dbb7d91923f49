// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <portolan/base/result.h>

namespace portolan::chart {

/// Who looks after a chart.
struct Maintainer {
  std::string name{};
  std::string email{};
  std::string url{};

  friend bool operator==(const Maintainer&, const Maintainer&) = default;
};

/// A chart that another one needs.
struct Dependency {
  std::string name{};
  std::string version{};     ///< a version or a constraint
  std::string repository{};  ///< a URL, an alias, or empty: it is in charts/
  std::string condition{};
  std::vector<std::string> tags{};
  bool enabled = false;
  std::vector<std::string> import_values{};  ///< each one a JSON value
  std::string alias{};

  friend bool operator==(const Dependency&, const Dependency&) = default;
};

/// What Chart.yaml says, after Helm's conversions (an unquoted `1.10` is "1.1") and, once validated, cleaned of
/// characters that cannot be printed.
struct Metadata {
  std::string name{};
  std::string home{};
  std::vector<std::string> sources{};
  std::string version{};
  std::string description{};
  std::vector<std::string> keywords{};
  std::vector<Maintainer> maintainers{};
  std::string icon{};
  std::string api_version{};
  std::string condition{};
  std::string tags{};
  std::string app_version{};
  bool deprecated = false;
  std::map<std::string, std::string> annotations{};
  std::string kube_version{};
  std::vector<Dependency> dependencies{};
  std::string type{};

  friend bool operator==(const Metadata&, const Metadata&) = default;
};

/// Chart.lock: the dependencies' exact versions.
struct Lock {
  std::vector<Dependency> dependencies{};
  bool has_dependencies = false;                   ///< false where the file has none or null
  std::string digest{};                            ///< of what was asked for and found
  std::string generated = "0001-01-01T00:00:00Z";  ///< RFC 3339, as Go prints it

  friend bool operator==(const Lock&, const Lock&) = default;
};

/// Parses the text of a Chart.yaml, without validating it. Errors: invalid_chart, limit_exceeded.
Result<Metadata> parse_metadata(std::string_view yaml);

/// Helm's check at load, in its order; cleans the text fields on the way. Errors: invalid_chart, the text in Helm's
/// words, for example `validation: chart.metadata.name is required`.
Result<void> validate(Metadata& metadata);

/// The config blob of the chart's artifact: compact JSON in Helm's key order.
std::string config_json(const Metadata& metadata);

/// Chart.yaml as Helm writes it into an archive. Errors: invalid_chart (control characters that YAML cannot hold).
Result<std::string> chart_yaml(const Metadata& metadata);

}  // namespace portolan::chart
