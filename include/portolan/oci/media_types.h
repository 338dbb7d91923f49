// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Media types (OCI image specification, media-types.md; Docker's registry schemas; Helm's chart artifact).
namespace portolan::media_type {

inline constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_list = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker's schema 1, without and with signatures: known by name alone, to be refused.
inline constexpr std::string_view docker_schema1 = "application/vnd.docker.distribution.manifest.v1+json";
inline constexpr std::string_view docker_schema1_signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
inline constexpr std::string_view empty = "application/vnd.oci.empty.v1+json";

inline constexpr std::string_view helm_config = "application/vnd.cncf.helm.config.v1+json";
inline constexpr std::string_view helm_chart = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
inline constexpr std::string_view helm_chart_legacy = "application/tar+gzip";  ///< read, never written
inline constexpr std::string_view helm_provenance = "application/vnd.cncf.helm.chart.provenance.v1.prov";

/// An OCI or Docker image manifest.
constexpr bool is_manifest(std::string_view type) { return type == oci_manifest || type == docker_manifest; }
constexpr bool is_docker_schema1(std::string_view type) {
  return type == docker_schema1 || type == docker_schema1_signed;
}
/// An OCI index or a Docker manifest list.
constexpr bool is_index(std::string_view type) { return type == oci_index || type == docker_list; }

}  // namespace portolan::media_type

/// Annotation keys (OCI image specification, annotations.md).
namespace portolan::annotation {

inline constexpr std::string_view authors = "org.opencontainers.image.authors";
inline constexpr std::string_view created = "org.opencontainers.image.created";
inline constexpr std::string_view description = "org.opencontainers.image.description";
inline constexpr std::string_view ref_name = "org.opencontainers.image.ref.name";
inline constexpr std::string_view source = "org.opencontainers.image.source";
inline constexpr std::string_view title = "org.opencontainers.image.title";
inline constexpr std::string_view url = "org.opencontainers.image.url";
inline constexpr std::string_view version = "org.opencontainers.image.version";

}  // namespace portolan::annotation
