// SPDX-License-Identifier: Apache-2.0
#include <portolan/version/constraint.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "version/scan.h"

namespace portolan::chart {
namespace {

using internal::version::Pieces;

// As in the library that Helm uses (semver 3.5).
constexpr std::size_t max_constraint_length = 512;
constexpr std::size_t max_groups = 32;

enum class Operator : std::uint8_t { equal, not_equal, greater, less, greater_equal, less_equal, tilde, caret };

// Longer ones first: ">=" is not ">" and then "=".
constexpr std::array<std::pair<std::string_view, Operator>, 11> operators = {{
    {"!=", Operator::not_equal},
    {">=", Operator::greater_equal},
    {"=>", Operator::greater_equal},
    {"<=", Operator::less_equal},
    {"=<", Operator::less_equal},
    {"~>", Operator::tilde},
    {"=", Operator::equal},
    {">", Operator::greater},
    {"<", Operator::less},
    {"~", Operator::tilde},
    {"^", Operator::caret},
}};

// Which parts of the pattern were left open by a wildcard or by ending early.
enum class Open : std::uint8_t { nothing, patch, minor, everything };

struct Comparator {
  Operator op = Operator::equal;
  Open open = Open::nothing;
  Version base;  // open parts are 0
};

struct Group {
  std::vector<Comparator> comparators;
  bool prereleases = false;  // one of them names a pre-release
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }
// "|" belongs to the library's character class. It is good for nothing but the error "constraint parser error".
bool in_segment(char c) { return internal::version::is_digit(c) || c == 'x' || c == 'X' || c == '*' || c == '|'; }
bool is_wildcard(std::string_view segment) { return segment == "x" || segment == "X" || segment == "*"; }

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view low;
  std::string_view high;
};

// `A - B` with the blanks around it, the first one from `at` on.
std::optional<Match> find_hyphen_range(std::string_view text, std::size_t at) {
  for (std::size_t begin = at; begin < text.size(); ++begin) {
    const auto low_at = skip_spaces(text, begin);
    const auto low = internal::version::scan(text.substr(low_at), in_segment);
    if (!low) continue;
    const auto low_end = low_at + low->whole.size();
    const auto hyphen = skip_spaces(text, low_end);
    if (hyphen == low_end || hyphen >= text.size() || text[hyphen] != '-') continue;
    const auto high_at = skip_spaces(text, hyphen + 1);
    if (high_at == hyphen + 1) continue;
    const auto high = internal::version::scan(text.substr(high_at), in_segment);
    if (!high) continue;
    return Match{begin, skip_spaces(text, high_at + high->whole.size()), low->whole, high->whole};
  }
  return std::nullopt;
}

// Rewrites each `A - B` as two comparators. As the library does it: all are found first, and then each takes the place
// of the first text that reads like it, which need not be where it was found.
std::string rewrite_hyphen_ranges(std::string_view text) {
  std::string out(text);
  std::size_t at = 0;
  while (const auto match = find_hyphen_range(text, at)) {
    at = match->end;
    const auto found = text.substr(match->begin, match->end - match->begin);
    const auto where = out.find(found);
    if (where == std::string::npos) continue;
    out.replace(where, found.size(), ">= " + std::string(match->low) + ", <= " + std::string(match->high) + " ");
  }
  return out;
}

Operator take_operator(std::string_view text, std::size_t& at) {
  for (const auto& [symbol, op] : operators) {
    if (!text.substr(at).starts_with(symbol)) continue;
    at += symbol.size();
    return op;
  }
  return Operator::equal;
}

Result<Version> base_version(const Pieces& pieces, Open open) {
  const auto& [major, minor, patch] = pieces.segments;
  std::string text;
  switch (open) {
    case Open::everything: text = "0.0.0"; break;
    case Open::minor: text = std::string(major) + ".0.0"; break;
    case Open::patch: text = std::string(major) + "." + std::string(minor) + ".0"; break;
    case Open::nothing: return Version::parse(pieces.whole);
  }
  if (!pieces.prerelease.empty()) text += "-" + std::string(pieces.prerelease);
  return Version::parse(text);
}

Open openness(const Pieces& pieces) {
  const auto& [major, minor, patch] = pieces.segments;
  if (is_wildcard(major)) return Open::everything;
  if (minor.empty() || is_wildcard(minor)) return Open::minor;
  if (patch.empty() || is_wildcard(patch)) return Open::patch;
  return Open::nothing;
}

Error improper(std::string_view group) {
  return Error(Errc::invalid_reference, "improper constraint: " + internal::quote(group));
}

// One AND group. The whole group is scanned before any of it is read, because that decides between the two errors.
Result<std::vector<std::pair<Operator, Pieces>>> scan_group(std::string_view group) {
  std::vector<std::pair<Operator, Pieces>> items;
  std::size_t at = skip_spaces(group, 0);
  while (true) {
    const auto op = take_operator(group, at);
    at = skip_spaces(group, at);
    const auto pieces = internal::version::scan(group.substr(at), in_segment);
    if (!pieces) return improper(group);
    items.emplace_back(op, *pieces);
    const auto end = at + pieces->whole.size();
    at = skip_spaces(group, end);
    if (at == group.size()) return items;
    if (group[at] == ',') {
      at = skip_spaces(group, at + 1);
    } else if (at == end) {
      return improper(group);
    }
  }
}

Result<Group> parse_group(std::string_view text) {
  const auto items = scan_group(text);
  if (!items) return items.error();
  Group group;
  for (const auto& [op, pieces] : *items) {
    const auto open = openness(pieces);
    auto base = base_version(pieces, open);
    if (!base) return Error(Errc::invalid_reference, "constraint parser error");
    if (!base->prerelease().empty()) group.prereleases = true;
    group.comparators.push_back({op, open, *std::move(base)});
  }
  return group;
}

bool same_major(const Version& a, const Version& b) { return a.major() == b.major(); }
bool same_minor(const Version& a, const Version& b) { return same_major(a, b) && a.minor() == b.minor(); }

bool not_equal(const Version& v, const Version& base, Open open) {
  switch (open) {
    case Open::minor: return !same_major(v, base);
    case Open::patch: return !same_minor(v, base) || v.prerelease() != base.prerelease();
    case Open::everything:
    case Open::nothing: break;
  }
  return v != base;
}

bool greater(const Version& v, const Version& base, Open open) {
  switch (open) {
    case Open::minor: return v.major() > base.major();
    case Open::patch: return v.major() > base.major() || (same_major(v, base) && v.minor() > base.minor());
    case Open::everything:
    case Open::nothing: break;
  }
  return v > base;
}

bool less_equal(const Version& v, const Version& base, Open open) {
  switch (open) {
    case Open::minor: return v.major() <= base.major();
    case Open::patch:
    case Open::everything: return v.major() < base.major() || (same_major(v, base) && v.minor() <= base.minor());
    case Open::nothing: break;
  }
  return v <= base;
}

bool tilde(const Version& v, const Version& base, Open open) {
  if (v < base) return false;
  switch (open) {
    case Open::everything: return true;
    case Open::minor: return same_major(v, base);
    case Open::patch: return same_minor(v, base);
    case Open::nothing: break;
  }
  // The library takes ~0.0.0 for "anything".
  return (base.major() == 0 && base.minor() == 0 && base.patch() == 0) || same_minor(v, base);
}

bool caret(const Version& v, const Version& base, Open open) {
  if (v < base || !same_major(v, base)) return false;
  if (base.major() > 0 || open == Open::minor) return true;
  if (v.minor() != base.minor()) return false;
  return base.minor() > 0 || open == Open::patch || v.patch() == base.patch();
}

bool satisfies(const Version& v, const Comparator& comparator) {
  const auto& [op, open, base] = comparator;
  switch (op) {
    case Operator::equal: return open == Open::nothing ? v == base : tilde(v, base, open);
    case Operator::not_equal: return not_equal(v, base, open);
    case Operator::greater: return greater(v, base, open);
    case Operator::less: return v < base;
    case Operator::greater_equal: return v >= base;
    case Operator::less_equal: return less_equal(v, base, open);
    case Operator::tilde: return tilde(v, base, open);
    case Operator::caret: return caret(v, base, open);
  }
  return false;
}

bool satisfies(const Version& v, const Group& group) {
  if (!v.prerelease().empty() && !group.prereleases) return false;
  for (const auto& comparator : group.comparators) {
    if (!satisfies(v, comparator)) return false;
  }
  return true;
}

}  // namespace

struct Constraint::State {
  std::string text;
  std::vector<Group> groups;
};

Result<Constraint> Constraint::parse(std::string_view text) {
  if (text.size() > max_constraint_length) {
    return Error(Errc::limit_exceeded,
                 "constraint string is too long (max " + std::to_string(max_constraint_length) + " bytes)");
  }
  const auto rewritten = rewrite_hyphen_ranges(text);
  std::vector<std::string_view> alternatives;
  for (std::string_view rest = rewritten; true;) {
    const auto bars = rest.find("||");
    alternatives.push_back(rest.substr(0, bars));
    if (bars == std::string_view::npos) break;
    rest.remove_prefix(bars + 2);
  }
  if (alternatives.size() > max_groups) {
    return Error(Errc::limit_exceeded, "too many constraint groups (max " + std::to_string(max_groups) + ")");
  }
  auto state = std::make_shared<State>();
  state->text = text;
  for (const auto alternative : alternatives) {
    auto group = parse_group(alternative);
    if (!group) return std::move(group).error();
    state->groups.push_back(*std::move(group));
  }
  return Constraint(std::move(state));
}

bool Constraint::satisfied_by(const Version& version) const {
  for (const auto& group : state_->groups) {
    if (satisfies(version, group)) return true;
  }
  return false;
}

const std::string& Constraint::string() const noexcept { return state_->text; }

}  // namespace portolan::chart
