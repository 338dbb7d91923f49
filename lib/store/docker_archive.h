// SPDX-License-Identifier: Apache-2.0
// Images in a tar file as `docker save` of Docker before 25 writes it, and others after it: manifest.json, which names
// files with configurations and layers.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/oci/descriptor.h>

#include "store/tar_index.h"

namespace portolan::internal::store {

inline constexpr std::uint64_t max_docker_manifest_size = 4 * 1024 * 1024;
inline constexpr std::size_t max_docker_images = 1'000;
inline constexpr std::size_t max_docker_layers = 1'000;

/// One image of manifest.json. The names are those of members.
struct DockerImage {
  std::string config{};
  std::vector<std::string> layers{};
  std::vector<std::string> tags{};  ///< "registry.example/app:1.0"; none where it was saved by its id
};

/// Errors: corrupt, limit_exceeded.
Result<std::vector<DockerImage>> parse_docker_manifest(std::string_view bytes);

/// The image layout that such an archive amounts to: OCI manifests that are made here, and blobs that are members.
struct DockerLayout {
  std::map<std::string, std::string, std::less<>> made{};  ///< by name, as in a layout: its own files, and manifests
  TarIndex blobs{};                                        ///< by name, as in a layout: configurations and layers
};

/// What a member holds. Layers that gzip has packed are read whole, for their digests; of others the configuration
/// tells the digest, which is proved when they are read.
struct DockerMembers {
  const TarIndex& index;
  const TarLinks& links;  ///< a layer that is there twice is one, relative to its own folder
  std::function<Result<std::string>(const TarMember& member, std::uint64_t limit)> read{};
  std::function<Result<std::string>(const TarMember& member)> first_bytes{};  ///< at most 4
  std::function<Result<Digest>(const TarMember& member)> digest{};
};

/// Errors: corrupt (a member that is named and not there), limit_exceeded, those of reading.
Result<DockerLayout> layout_of_docker_archive(const DockerMembers& members);

}  // namespace portolan::internal::store
