// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <portolan/base/digest.h>

namespace portolan {

/// Where an artifact is, parsed:
///
///     oci://HOST[:PORT]/PATH[:TAG][@DIGEST]          a repository on a registry
///     oci://HOST[:PORT]                              the registry itself: no store, but charts can be pushed below it
///     oci-layout:DIR[//PATH][:TAG][@DIGEST]          an OCI image layout directory, used like a registry
///     oci-archive:FILE[//PATH][:TAG][@DIGEST]        the same in a tar file
///
/// `+` in a tag is written `_` (registries do not allow it); both are accepted. Tag and digest may both be given;
/// then they must agree at the store. Grammar: OCI distribution specification, "Pulling manifests".
class Reference {
 public:
  enum class Kind : std::uint8_t {
    registry,  ///< `oci://`
    layout,    ///< `oci-layout:`
    archive,   ///< `oci-archive:`
  };

  /// Errors: invalid_reference; the text says which piece is wrong, where, and what is allowed.
  static Result<Reference> parse(std::string_view text);
  /// Whether the text claims to be a reference, by its scheme; everything else is a path or a chart repository's.
  static bool is_reference(std::string_view text) noexcept;
  /// A tag of the distribution specification, after `+` became `_`. Errors: invalid_reference.
  static Result<std::string> parse_tag(std::string_view text);

  Kind kind() const noexcept { return kind_; }
  /// Host and port as written; empty unless kind() is registry.
  const std::string& registry() const noexcept { return registry_; }
  /// The layout's directory or file as written; empty where kind() is registry.
  const std::string& location() const noexcept { return location_; }
  /// The path; may be empty.
  const std::string& repository() const noexcept { return repository_; }
  /// Empty where none was given.
  const std::string& tag() const noexcept { return tag_; }
  const std::optional<Digest>& digest() const noexcept { return digest_; }

  /// The tag, else the digest, else empty: what Store::resolve() takes. A digest wins over a tag.
  std::string selector() const;

  /// The same place with another tag or digest (each replaces both). Contract: the tag is a valid one.
  Reference with_tag(std::string tag) const;
  Reference with_digest(Digest digest) const;
  /// The repository below this one, without tag and digest, for example `charts` + `app`.
  /// Errors: invalid_reference where `name` is no path component.
  Result<Reference> child(std::string_view name) const;
  /// The repository itself, without tag and digest.
  Reference repository_only() const;

  /// The reference as text that parse() takes.
  std::string string() const;
  /// As Helm prints it: without the scheme `oci://`; otherwise string().
  std::string display() const;

  friend bool operator==(const Reference&, const Reference&) = default;

 private:
  Reference() = default;

  Kind kind_ = Kind::registry;
  std::string registry_;
  std::string location_;
  std::string repository_;
  std::string tag_;
  std::optional<Digest> digest_;
};

}  // namespace portolan
