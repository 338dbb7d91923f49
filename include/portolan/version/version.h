// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include <portolan/base/result.h>

namespace portolan::chart {

/// A chart's version, as Helm reads it: Semantic Versioning 2.0.0, leniently or strictly, in at most 256 bytes.
class Version {
 public:
  /// Lenient: an optional `v`, one to three numeric parts (missing ones are 0, leading zeros allowed).
  /// Errors: invalid_reference.
  static Result<Version> parse(std::string_view text);
  /// Strict: exactly Semantic Versioning 2.0.0. Errors: invalid_reference.
  static Result<Version> parse_strict(std::string_view text);
  /// Strict, of a registry's tag, in which `_` stands for `+`. Errors: invalid_reference.
  static Result<Version> parse_tag(std::string_view tag);

  std::uint64_t major() const noexcept { return major_; }
  std::uint64_t minor() const noexcept { return minor_; }
  std::uint64_t patch() const noexcept { return patch_; }
  const std::string& prerelease() const noexcept { return prerelease_; }
  const std::string& metadata() const noexcept { return metadata_; }
  /// As it was written.
  const std::string& original() const noexcept { return original_; }
  /// `MAJOR.MINOR.PATCH[-prerelease][+metadata]`.
  std::string string() const;
  /// original() with `_` for `+`: the tag that Helm gives this version.
  std::string tag() const;

  /// By precedence, which ignores the metadata: 1.0.0+a and 1.0.0+b are equal.
  friend std::weak_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

 private:
  friend class Constraint;
  Version() = default;

  std::uint64_t major_ = 0;
  std::uint64_t minor_ = 0;
  std::uint64_t patch_ = 0;
  std::string prerelease_;
  std::string metadata_;
  std::string original_;
};

}  // namespace portolan::chart
