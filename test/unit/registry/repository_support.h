// SPDX-License-Identifier: Apache-2.0
// A repository of a registry in memory, which may misbehave.
#pragma once

#include <doctest/doctest.h>

#include <portolan/oci/manifest.h>
#include <portolan/oci/media_types.h>
#include <portolan/registry/registry.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "memory_registry.h"

namespace portolan::test {

using registry::Registry;
using Asked = MemoryRegistry::Asked;
using Lines = std::vector<std::string>;
using Misbehaviour = std::optional<Result<http::Response>>;

inline std::shared_ptr<Store> open(MemoryRegistry& registry, auth::CredentialProviderPtr credentials = {}) {
  return Registry::make("reg.example", {.transport = registry.transport(), .credentials = std::move(credentials)})
      .value()
      ->repository("app");
}

inline const std::string bytes =
    R"({"schemaVersion":2,"config":{"mediaType":"a","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]})";
inline const Descriptor manifest = describe(media_type::oci_manifest, bytes);

inline void put(MemoryRegistry& registry) {
  registry.manifests["app@" + manifest.digest.string()] = {manifest.media_type, bytes};
  registry.tags["app"]["1.0"] = manifest.digest.string();
}

inline Error broken() { return Error(Errc::unreachable, "broke").with({.failure = NetworkFailure::broken}); }

inline std::string detail(const Error& error, std::string_view wanted) {
  for (const auto& [name, value] : error.details()) {
    if (name == wanted) return value;
  }
  return {};
}

}  // namespace portolan::test
