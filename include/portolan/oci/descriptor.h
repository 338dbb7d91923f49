// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <portolan/base/digest.h>

namespace portolan {

using Annotations = std::map<std::string, std::string>;

/// The platform of an image (OCI image specification, image-index.md).
struct Platform {
  std::string architecture{};
  std::string os{};
  std::string os_version{};
  std::vector<std::string> os_features{};
  std::string variant{};

  friend bool operator==(const Platform&, const Platform&) = default;
};

/// What content is, which, and how long (OCI image specification, descriptor.md).
struct Descriptor {
  std::string media_type{};
  Digest digest;
  std::uint64_t size = 0;  ///< bytes
  std::vector<std::string> urls{};
  Annotations annotations{};
  std::optional<std::string> data{};  ///< the content itself, decoded; its size and digest have been verified
  std::string artifact_type{};
  std::optional<Platform> platform{};

  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

/// The descriptor of content at hand.
Descriptor describe(std::string_view media_type, std::string_view content);

}  // namespace portolan
