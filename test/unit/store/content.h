// SPDX-License-Identifier: Apache-2.0
// Small charts, and stores to put them in.
#pragma once

#include <doctest/doctest.h>

#include <portolan/oci/manifest.h>
#include <portolan/store/store.h>

#include <string>
#include <vector>

namespace portolan::test {

/// A manifest with a config and one layer, different for every name.
struct Chart {
  std::string config;
  std::string layer;
  Manifest manifest;

  explicit Chart(const std::string& name, std::optional<Descriptor> subject = std::nullopt,
                 std::string artifact_type = {})
      : config("{\"name\":\"" + name + "\"}"),
        layer("archive of " + name),
        manifest(Manifest::make({.artifact_type = std::move(artifact_type),
                                 .config = describe(media_type::helm_config, config),
                                 .layers = {describe(media_type::helm_chart, layer)},
                                 .subject = std::move(subject)})) {}

  const Digest& digest() const { return manifest.digest(); }
};

/// Blobs, then the manifest under its tags.
inline Result<void> put(Store& store, const Chart& chart, std::vector<std::string> tags,
                        IfExists if_exists = IfExists::same) {
  const auto& manifest = chart.manifest;
  for (const auto& [blob, bytes] :
       {std::pair(manifest.config(), chart.config), std::pair(manifest.layers()[0], chart.layer)}) {
    if (auto pushed = store.push_blob({}, blob, MemoryBlob(bytes)); !pushed) return std::move(pushed).error();
  }
  return store.push_manifest({}, manifest.descriptor(), manifest.bytes(), tags, if_exists);
}

/// Whether the store holds all of the chart, every byte of it.
inline void check_holds(ReadStore& store, const std::string& selector, const Chart& chart) {
  const auto manifest = store.fetch_manifest({}, selector);
  REQUIRE(manifest);
  CHECK(manifest->bytes == chart.manifest.bytes());
  CHECK(manifest->descriptor.digest == chart.digest());
  CHECK(manifest->descriptor.media_type == media_type::oci_manifest);
  auto layer = store.fetch({}, chart.manifest.layers()[0]);
  REQUIRE(layer);
  CHECK(read_all(**layer, 1 << 20).value() == chart.layer);
  auto config = store.fetch({}, chart.manifest.config());
  REQUIRE(config);
  CHECK(read_all(**config, 1 << 20).value() == chart.config);
}

inline std::vector<std::string> tags_of(ReadStore& store) {
  std::vector<std::string> tags;
  REQUIRE(store.tag_lister()->list_tags({}, [&](std::string_view tag) {
    tags.emplace_back(tag);
    return true;
  }));
  return tags;
}

}  // namespace portolan::test
