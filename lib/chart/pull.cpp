// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <portolan/chart/transfer.h>

#include "base/text.h"
#include "chart/artifact.h"
#include "chart/chart_manifest.h"
#include "chart/files.h"
#include "chart/layer.h"

namespace portolan::chart {
namespace {

struct Fetched {
  Manifest manifest;
  std::string archive;
  Digest archive_digest;
  std::optional<std::string> provenance;
};

bool is_chart_layer(std::string_view type) {
  return type == media_type::helm_chart || type == media_type::helm_chart_legacy;
}

Result<Fetched> fetch(const Context& context, ReadStore& store, std::string_view selector, const PullOptions& options) {
  using internal::chart::fetch_layer;
  const auto wanted = options.provenance;
  auto manifest = internal::chart::chart_manifest(context, store, selector);
  if (!manifest) return std::move(manifest).error();
  const auto& layers = manifest->layers();
  const auto archive_layer =
      std::find_if(layers.begin(), layers.end(), [](const auto& layer) { return is_chart_layer(layer.media_type); });
  if (archive_layer == layers.end()) {
    return Error(Errc::invalid_chart, "manifest does not contain a layer with mediatype " +
                                          std::string(media_type::helm_chart) + "; its config is of type " +
                                          internal::quote(manifest->config().media_type));
  }
  if (archive_layer->media_type == media_type::helm_chart_legacy) {
    context.log(LogLevel::warning, "the chart's media type " + archive_layer->media_type + " is deprecated");
  }
  auto archive = fetch_layer(context, store, *archive_layer, max_archive_size, options.partial_directory);
  if (!archive) return std::move(archive).error();
  std::optional<std::string> provenance;
  if (wanted != Provenance::none) {
    const auto layer = std::find_if(layers.begin(), layers.end(), [](const auto& candidate) {
      return candidate.media_type == media_type::helm_provenance;
    });
    if (layer != layers.end()) {
      auto bytes = fetch_layer(context, store, *layer, max_file_size, {});
      if (!bytes) return std::move(bytes).error();
      provenance = *std::move(bytes);
    } else if (wanted == Provenance::required) {
      return Error(Errc::not_found, "the chart has no provenance file");
    }
  }
  // The store has proved its digest; the archive's own is always of this kind.
  auto digest = archive_layer->digest;
  if (digest.algorithm() != Digest::Algorithm::sha256) digest = digest_of(*archive);
  return Fetched{*std::move(manifest), *std::move(archive), std::move(digest), std::move(provenance)};
}

// A file of that name and version must not hold another chart.
Result<void> check_identity(const Metadata& metadata, const PullOptions& options) {
  const auto differs = [](std::string_view what, const std::string& wanted, const std::string& found) {
    return Error(Errc::verification_failed, "the chart's " + std::string(what) + " is " + internal::quote(found) +
                                                ", but the reference says " + internal::quote(wanted));
  };
  if (!options.expected_name.empty() && metadata.name != options.expected_name) {
    return differs("name", options.expected_name, metadata.name);
  }
  if (!options.expected_version.empty() && metadata.version != options.expected_version) {
    return differs("version", options.expected_version, metadata.version);
  }
  return {};
}

}  // namespace

Result<Package> pull(const Context& context, ReadStore& store, std::string_view selector, const PullOptions& options) {
  const auto frame = [&] { return "pulling " + std::string(selector) + " from " + store.name(); };
  auto fetched = fetch(context, store, selector, options);
  if (!fetched) return std::move(fetched).error().within(frame());
  auto loaded = internal::chart::load_archive(context, fetched->archive, "the chart");
  if (!loaded) return std::move(loaded).error().within(frame());
  if (auto same = check_identity(loaded->chart.metadata, options); !same) {
    return std::move(same).error().within(frame());
  }
  auto config = config_json(loaded->chart.metadata);
  return Package(std::make_shared<const Package::State>(
      Package::State{.chart = std::move(loaded->chart),
                     .archive = std::make_shared<const std::string>(std::move(fetched->archive)),
                     .archive_digest = std::move(fetched->archive_digest),
                     .member_count = loaded->member_count,
                     .config = std::move(config),
                     .manifest = std::move(fetched->manifest),
                     .provenance = std::move(fetched->provenance)}));
}

}  // namespace portolan::chart
