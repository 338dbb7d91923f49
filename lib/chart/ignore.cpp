// SPDX-License-Identifier: Apache-2.0
#include "chart/ignore.h"

#include "base/text.h"
#include "chart/glob.h"
#include "chart/printable.h"

namespace portolan::internal::chart {
namespace {

// Go's scanner gives up on longer lines.
constexpr std::size_t max_line = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  std::size_t start = 0;
  while (start < text.size()) {
    auto next = start;
    if (!is_white_space(next_code_point(text, next))) break;
    start = next;
  }
  text.remove_prefix(start);
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_white_space(next_code_point(text, at))) end = at;
  }
  return text.substr(0, end);
}

}  // namespace

Result<void> IgnoreRules::add(std::string_view line) {
  auto text = trimmed(line);
  if (text.empty() || text.starts_with('#')) return {};
  if (text.find("**") != std::string_view::npos) {
    return Error(Errc::invalid_chart, "double-star (**) syntax is not supported");
  }
  if (!glob_match(text, "abc")) return Error(Errc::invalid_chart, "syntax error in pattern");
  Rule rule;
  if (text.starts_with('!')) {
    rule.negated = true;
    text.remove_prefix(1);
  }
  if (text.ends_with('/')) {
    rule.directories_only = true;
    text.remove_suffix(1);
  }
  rule.whole_path = text.find('/') != std::string_view::npos;
  if (text.starts_with('/')) text.remove_prefix(1);
  rule.glob = text;
  rules_.push_back(std::move(rule));
  return {};
}

IgnoreRules IgnoreRules::defaults() {
  IgnoreRules rules;
  rules.rules_.push_back({.glob = "templates/.?*", .whole_path = true});
  return rules;
}

Result<IgnoreRules> IgnoreRules::parse(std::string_view text) {
  IgnoreRules rules;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.size() >= max_line) return Error(Errc::invalid_chart, "bufio.Scanner: token too long");
    text.remove_prefix(std::min(end + 1, text.size()));
    if (auto added = rules.add(line); !added) return std::move(added).error();
  }
  for (auto& rule : defaults().rules_) rules.rules_.push_back(std::move(rule));
  return rules;
}

bool IgnoreRules::ignores(std::string_view path, EntryKind kind) const {
  if (path.empty() || path == "." || path == "./") return false;
  const auto slash = path.rfind('/');
  const auto segment = slash == std::string_view::npos ? path : path.substr(slash + 1);
  for (const auto& rule : rules_) {
    const bool fits_kind = !rule.directories_only || kind == EntryKind::directory;
    const bool match = fits_kind && glob_match(rule.glob, rule.whole_path ? path : segment).value_or(false);
    if (match != rule.negated) return true;
  }
  return false;
}

}  // namespace portolan::internal::chart
