// SPDX-License-Identifier: Apache-2.0
#include <portolan/version/version.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "version/scan.h"

namespace portolan::chart {
namespace {

using internal::version::is_digit;

// As in the library that Helm uses (semver 3.5): longer text is no version.
constexpr std::size_t max_version_length = 256;

Error invalid(std::string text) { return Error(Errc::invalid_reference, std::move(text)); }

// The texts are the ones that Helm's users know.
Error no_version() { return invalid("invalid semantic version"); }
Error too_long() {
  return invalid("version string is too long (max " + std::to_string(max_version_length) + " bytes)");
}
Error leading_zero() { return invalid("version segment starts with 0"); }

bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }
bool has_leading_zero(std::string_view digits) { return digits.size() > 1 && digits.front() == '0'; }

// Nothing where the digits exceed 64 bits.
std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

Error out_of_range(std::string_view digits) {
  return invalid("strconv.ParseUint: parsing " + internal::quote(digits) + ": value out of range");
}

// Takes the next identifier off the front of dot-separated ones.
std::string_view next_identifier(std::string_view& identifiers) {
  const auto dot = identifiers.find('.');
  const auto identifier = identifiers.substr(0, dot);
  identifiers.remove_prefix(dot == std::string_view::npos ? identifiers.size() : dot + 1);
  return identifier;
}

bool in_identifier(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }

bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), in_identifier);
}

// What is wrong with dot-separated identifiers, which are looked at in their order. `noun` is "prerelease", in which
// numbers have no leading zeros, or "metadata", in which they may.
std::optional<Error> check_identifiers(std::string_view text, std::string_view noun) {
  while (true) {
    const auto dot = text.find('.');
    const auto identifier = text.substr(0, dot);
    if (!is_identifier(identifier)) return invalid("invalid " + std::string(noun) + " string");
    if (noun == "prerelease" && all_digits(identifier) && has_leading_zero(identifier)) return leading_zero();
    if (dot == std::string_view::npos) return std::nullopt;
    text.remove_prefix(dot + 1);
  }
}

std::weak_ordering compare_identifiers(std::string_view a, std::string_view b) {
  if (a == b) return std::weak_ordering::equivalent;
  // A number beyond 64 bits counts as text.
  const auto number_a = all_digits(a) ? number(a) : std::nullopt;
  const auto number_b = all_digits(b) ? number(b) : std::nullopt;
  if (number_a && number_b) return *number_a <=> *number_b;
  if (number_a) return std::weak_ordering::less;
  if (number_b) return std::weak_ordering::greater;
  return a <=> b;
}

std::weak_ordering compare_prereleases(std::string_view a, std::string_view b) {
  // A release comes after its pre-releases.
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();
  while (!a.empty() && !b.empty()) {
    const auto order = compare_identifiers(next_identifier(a), next_identifier(b));
    if (order != 0) return order;
  }
  return b.empty() <=> a.empty();
}

}  // namespace

Result<Version> Version::parse(std::string_view text) {
  if (text.size() > max_version_length) return too_long();
  const auto pieces = internal::version::scan(text, is_digit);
  if (!pieces || pieces->whole.size() != text.size()) return no_version();
  Version version;
  const std::array<std::uint64_t*, 3> parts = {&version.major_, &version.minor_, &version.patch_};
  for (std::size_t i = 0; i < parts.size() && !pieces->segments[i].empty(); ++i) {
    const auto value = number(pieces->segments[i]);
    if (!value) return out_of_range(pieces->segments[i]).within("error parsing version segment");
    *parts[i] = *value;
  }
  if (!pieces->prerelease.empty()) {
    if (auto error = check_identifiers(pieces->prerelease, "prerelease")) return *std::move(error);
  }
  version.prerelease_ = pieces->prerelease;
  version.metadata_ = pieces->metadata;
  version.original_ = text;
  return version;
}

Result<Version> Version::parse_strict(std::string_view text) {
  if (text.empty()) return invalid("version string empty");
  if (text.size() > max_version_length) return too_long();
  const auto first = text.find('.');
  const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) return no_version();
  std::array<std::string_view, 3> parts = {text.substr(0, first), text.substr(first + 1, second - first - 1),
                                           text.substr(second + 1)};
  Version version;
  if (const auto plus = parts[2].find('+'); plus != std::string_view::npos) {
    version.metadata_ = parts[2].substr(plus + 1);
    parts[2] = parts[2].substr(0, plus);
    if (auto error = check_identifiers(version.metadata_, "metadata")) return *std::move(error);
  }
  if (const auto dash = parts[2].find('-'); dash != std::string_view::npos) {
    version.prerelease_ = parts[2].substr(dash + 1);
    parts[2] = parts[2].substr(0, dash);
    if (auto error = check_identifiers(version.prerelease_, "prerelease")) return *std::move(error);
  }
  for (const auto& part : parts) {
    if (!all_digits(part)) return invalid("invalid characters in version");
    if (has_leading_zero(part)) return leading_zero();
  }
  const std::array<std::uint64_t*, 3> values = {&version.major_, &version.minor_, &version.patch_};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) return invalid("strconv.ParseUint: parsing \"\": invalid syntax");
    const auto value = number(parts[i]);
    if (!value) return out_of_range(parts[i]);
    *values[i] = *value;
  }
  version.original_ = text;
  return version;
}

Result<Version> Version::parse_tag(std::string_view tag) {
  std::string text(tag);
  std::replace(text.begin(), text.end(), '_', '+');
  return parse_strict(text);
}

std::string Version::string() const {
  std::string text = std::to_string(major_) + "." + std::to_string(minor_) + "." + std::to_string(patch_);
  if (!prerelease_.empty()) text += "-" + prerelease_;
  if (!metadata_.empty()) text += "+" + metadata_;
  return text;
}

std::string Version::tag() const {
  std::string text = original_;
  std::replace(text.begin(), text.end(), '+', '_');
  return text;
}

std::weak_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto order = a.major_ <=> b.major_; order != 0) return order;
  if (const auto order = a.minor_ <=> b.minor_; order != 0) return order;
  if (const auto order = a.patch_ <=> b.patch_; order != 0) return order;
  return compare_prereleases(a.prerelease_, b.prerelease_);
}

}  // namespace portolan::chart
