// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <portolan/chart/transfer.h>
#include <portolan/version/constraint.h>

#include "base/text.h"

namespace portolan::chart {
namespace {

// A repository that lists more is not one of charts.
constexpr std::size_t max_listed_tags = 1'000'000;

Result<std::vector<VersionEntry>> list(const Context& context, ReadStore& store) {
  auto* lister = store.tag_lister();
  if (lister == nullptr) return Error(Errc::unsupported, store.name() + " cannot list tags");
  std::vector<VersionEntry> entries;
  std::size_t tags = 0;
  auto listed = lister->list_tags(context, [&](std::string_view tag) {
    if (auto version = Version::parse_tag(tag)) entries.push_back({*std::move(version), std::string(tag), "", ""});
    return ++tags < max_listed_tags;
  });
  if (!listed) return std::move(listed).error();
  if (tags == max_listed_tags) {
    return Error(Errc::limit_exceeded, store.name() + " lists more than " + std::to_string(max_listed_tags) + " tags");
  }
  // Equal precedence (build metadata alone differs): by the tag, so that the order is always the same.
  std::sort(entries.begin(), entries.end(), [](const VersionEntry& a, const VersionEntry& b) {
    const auto order = a.version <=> b.version;
    return order != 0 ? order > 0 : a.tag > b.tag;
  });
  return entries;
}

/// What the config of a chart says.
Result<std::string> app_version(const Context& context, ReadStore& store, StoredManifest stored) {
  auto manifest = Manifest::parse(std::move(stored.bytes), stored.descriptor.media_type);
  if (!manifest) return std::move(manifest).error();
  const auto& described = manifest->config();
  if (described.media_type != media_type::helm_config) return std::string();
  if (described.size > max_file_size) {
    return Error(Errc::limit_exceeded, "the config " + described.digest.string() + " has " +
                                           std::to_string(described.size) + " bytes; a chart's may have " +
                                           std::to_string(max_file_size));
  }
  auto reader = store.fetch(context, described);
  if (!reader) return std::move(reader).error();
  auto config = read_all(**reader, max_file_size);
  if (!config) return std::move(config).error();
  // JSON is YAML to Helm's decoder as well.
  auto metadata = parse_metadata(*config);
  if (!metadata) return std::move(metadata).error();
  return std::move(metadata->app_version);
}

/// Whether a failure is about that version alone, and not about the way to the store.
bool is_its_own(const Error& failure) {
  switch (failure.code()) {
    case Errc::not_found:
    case Errc::invalid_chart:
    case Errc::corrupt:
    case Errc::limit_exceeded:
    case Errc::unsupported:
    case Errc::verification_failed: return true;
    default: return false;
  }
}

/// False where the version is listed, and not there.
Result<bool> add_details(const Context& context, ReadStore& store, VersionEntry& entry) {
  auto stored = store.fetch_manifest(context, entry.tag);
  if (!stored && stored.error().code() == Errc::not_found) {
    // It was deleted since, or the list was wrong: the others are there all the same.
    context.log(LogLevel::warning, entry.tag + " is listed, and not there: " + stored.error().text());
    return false;
  }
  if (!stored) return std::move(stored).error();
  entry.digest = stored->descriptor.digest.string();
  if (!media_type::is_manifest(stored->descriptor.media_type)) return true;
  auto told = app_version(context, store, *std::move(stored));
  if (told) {
    entry.app_version = *std::move(told);
  } else if (is_its_own(told.error())) {
    context.log(LogLevel::warning, entry.tag + " does not tell its app version: " + told.error().text());
  } else {
    return std::move(told).error();
  }
  return true;
}

}  // namespace

Result<std::vector<VersionEntry>> versions(const Context& context, ReadStore& store, const VersionsOptions& options) {
  // Without a range every version fits but for pre-releases, which have to be asked for.
  const bool include = options.prereleases == Prereleases::include;
  auto parsed = Constraint::parse(!options.range.empty() ? options.range : include ? ">=0.0.0-0" : "*");
  if (!parsed) return std::move(parsed).error();
  auto entries = list(context, store);
  if (!entries) return std::move(entries).error().within("listing versions of " + store.name());
  std::erase_if(*entries, [&](const VersionEntry& entry) { return !parsed->satisfied_by(entry.version); });
  if (options.details == Details::manifests) {
    std::vector<VersionEntry> detailed;
    for (auto& entry : *entries) {
      const auto there = add_details(context, store, entry);
      if (!there) return Error(there.error()).within("reading " + entry.tag + " of " + store.name());
      if (*there) detailed.push_back(std::move(entry));
    }
    return detailed;
  }
  return entries;
}

Result<VersionEntry> select_version(const Context& context, ReadStore& store, std::string_view request,
                                    Prereleases prereleases) {
  if (auto exact = Version::parse(request)) {
    auto tag = exact->tag();
    return VersionEntry{*std::move(exact), std::move(tag), "", ""};
  }
  auto entries = versions(context, store, {.range = std::string(request), .prereleases = prereleases});
  if (!entries) return std::move(entries).error();
  if (!entries->empty()) return std::move(entries->front());
  auto wanted = request.empty() ? std::string("a release") : internal::quote(request);
  return Error(
      Errc::not_found,
      store.name() + " has no version that fits " + wanted +
          (prereleases == Prereleases::exclude && request.empty() ? "; pre-releases count only where asked for" : ""));
}

}  // namespace portolan::chart
