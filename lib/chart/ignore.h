// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/result.h>

namespace portolan::internal::chart {

enum class EntryKind : std::uint8_t { file, directory };

/// The rules of a .helmignore (chart-package 3). They are not git's: a negated rule ignores what does not match it.
class IgnoreRules {
 public:
  /// Errors: invalid_chart, in Helm's words.
  static Result<IgnoreRules> parse(std::string_view text);
  /// The rule that holds without a .helmignore: no dot files directly in templates/.
  static IgnoreRules defaults();

  /// `path` is relative to the chart, with `/`, without one at its end.
  bool ignores(std::string_view path, EntryKind kind) const;

 private:
  struct Rule {
    std::string glob;
    bool negated = false;
    bool directories_only = false;
    bool whole_path = false;  ///< matched against the path, not its last segment
  };
  Result<void> add(std::string_view line);
  std::vector<Rule> rules_;
};

}  // namespace portolan::internal::chart
