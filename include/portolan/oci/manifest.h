// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/oci/descriptor.h>
#include <portolan/oci/media_types.h>

namespace portolan {

/// The largest manifest or index that is read: registries refuse larger ones (OCI distribution specification,
/// "Pushing Manifests": 4 MiB).
inline constexpr std::uint64_t max_manifest_size = 4 * 1024 * 1024;

/// An image manifest (OCI image specification, manifest.md; Docker schema 2), with the very bytes that it came as.
class Manifest {
 public:
  struct Content {
    std::optional<std::string> media_type{};  ///< the body's own field; absent by default, as Helm writes it
    std::string artifact_type{};
    Descriptor config;
    std::vector<Descriptor> layers{};
    std::optional<Descriptor> subject{};
    Annotations annotations{};
  };

  /// Parses a manifest's bytes, which are kept. Hostile input is refused: duplicate keys, invalid UTF-8, nesting
  /// beyond 64, trailing bytes, more than max_manifest_size.
  /// Errors: corrupt, limit_exceeded.
  static Result<Manifest> parse(std::string bytes, std::string_view media_type = media_type::oci_manifest);
  /// Writes the bytes that Helm (Go) would write for that content: compact, fixed key order.
  static Manifest make(Content content);

  const std::string& bytes() const noexcept { return bytes_; }
  const Digest& digest() const noexcept { return digest_; }
  /// What an index or a registry says of this manifest; without annotations.
  Descriptor descriptor() const;

  /// From the body, or what parse() was told.
  const std::string& media_type() const noexcept { return media_type_; }
  const std::string& artifact_type() const noexcept { return content_.artifact_type; }
  const Descriptor& config() const noexcept { return content_.config; }
  const std::vector<Descriptor>& layers() const noexcept { return content_.layers; }
  const std::optional<Descriptor>& subject() const noexcept { return content_.subject; }
  const Annotations& annotations() const noexcept { return content_.annotations; }

 private:
  Manifest(std::string bytes, std::string media_type, Content content);

  std::string bytes_;
  std::string media_type_;
  Content content_;
  Digest digest_;
};

/// An image index (OCI image specification, image-index.md) or Docker manifest list, with its bytes.
class Index {
 public:
  struct Content {
    std::optional<std::string> media_type = std::string(media_type::oci_index);  ///< the body's own field
    std::string artifact_type{};
    std::vector<Descriptor> manifests{};
    std::optional<Descriptor> subject{};
    Annotations annotations{};
  };

  /// As Manifest::parse(), for an index. Errors: corrupt, limit_exceeded.
  static Result<Index> parse(std::string bytes, std::string_view media_type = media_type::oci_index);
  static Index make(Content content);

  const std::string& bytes() const noexcept { return bytes_; }
  const Digest& digest() const noexcept { return digest_; }
  Descriptor descriptor() const;

  const std::string& media_type() const noexcept { return media_type_; }
  const std::string& artifact_type() const noexcept { return content_.artifact_type; }
  const std::vector<Descriptor>& manifests() const noexcept { return content_.manifests; }
  const std::optional<Descriptor>& subject() const noexcept { return content_.subject; }
  const Annotations& annotations() const noexcept { return content_.annotations; }

 private:
  Index(std::string bytes, std::string media_type, Content content);

  std::string bytes_;
  std::string media_type_;
  Content content_;
  Digest digest_;
};

/// What must be at a store before this content may be: the config and layers of a manifest, the manifests of an
/// index, nothing for any other type. The subject is none of them.
/// Errors: corrupt, limit_exceeded.
Result<std::vector<Descriptor>> successors(std::string_view media_type, const std::string& bytes);

}  // namespace portolan
