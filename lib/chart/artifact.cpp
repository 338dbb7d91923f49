// SPDX-License-Identifier: Apache-2.0
#include "chart/artifact.h"

#include <algorithm>

#include "base/text.h"
#include "chart/printable.h"
#include "chart/rfc3339.h"

namespace portolan::internal::chart {
namespace {

using portolan::chart::Chart;
using portolan::chart::Metadata;
using portolan::chart::Package;

bool is_blank(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_white_space(next_code_point(text, at))) return false;
  }
  return true;
}

std::string authors(const Metadata& metadata) {
  std::string out;
  for (const auto& maintainer : metadata.maintainers) {
    if (&maintainer != &metadata.maintainers.front()) out += ", ";
    out += maintainer.name;
    if (!maintainer.email.empty()) out += " (" + maintainer.email + ")";
  }
  return out;
}

Annotations annotations(const Metadata& metadata, const std::string& created) {
  Annotations out;
  const auto put = [&](std::string_view key, const std::string& text) {
    if (!is_blank(text)) out.insert_or_assign(std::string(key), text);
  };
  put(annotation::description, metadata.description);
  put(annotation::title, metadata.name);
  put(annotation::version, metadata.version);
  put(annotation::url, metadata.home);
  put(annotation::created, created);
  if (!metadata.sources.empty()) put(annotation::source, metadata.sources.front());
  put(annotation::authors, authors(metadata));
  for (const auto& [key, text] : metadata.annotations) {
    if (key != annotation::version && key != annotation::title) out.insert_or_assign(key, text);
  }
  return out;
}

}  // namespace

Result<std::string> created_text(const Creation& creation) {
  if (!creation.explicit_time.empty()) {
    auto time = parse_rfc3339(creation.explicit_time);
    if (!time) return std::move(time).error().within("creation time");
    return creation.explicit_time;
  }
  auto seconds = creation.source_date_epoch.value_or(creation.newest_member.seconds);
  // Members carry whole seconds, rounded half up; so does what is read back from them.
  if (!creation.source_date_epoch) seconds += creation.newest_member.nanoseconds >= 500'000'000 ? 1 : 0;
  if (!creation.source_date_epoch && seconds == portolan::chart::placeholder_time) return std::string();
  if (seconds < first_printable_time || seconds > last_printable_time) {
    return Error(Errc::invalid_argument,
                 "creation time: " + std::to_string(seconds) + " seconds since 1970 is outside the years 0 to 9999");
  }
  return format_utc(seconds);
}

Result<Package> make_package(Chart chart, std::string archive, std::size_t member_count,
                             std::optional<std::string> provenance, Creation creation) {
  auto created = created_text(creation);
  if (!created) return std::move(created).error();
  auto config = config_json(chart.metadata);
  std::vector<Descriptor> layers = {describe(media_type::helm_chart, archive)};
  auto archive_digest = layers.front().digest;
  if (provenance) layers.push_back(describe(media_type::helm_provenance, *provenance));
  std::sort(layers.begin(), layers.end(), [](const auto& a, const auto& b) { return a.digest < b.digest; });
  auto manifest = Manifest::make({.config = describe(media_type::helm_config, config),
                                  .layers = std::move(layers),
                                  .annotations = annotations(chart.metadata, *created)});
  return Package(std::make_shared<const Package::State>(
      Package::State{.chart = std::move(chart),
                     .archive = std::make_shared<const std::string>(std::move(archive)),
                     .archive_digest = std::move(archive_digest),
                     .member_count = member_count,
                     .config = std::move(config),
                     .manifest = std::move(manifest),
                     .provenance = std::move(provenance)}));
}

}  // namespace portolan::internal::chart
