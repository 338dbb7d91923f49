// SPDX-License-Identifier: Apache-2.0

#include <portolan/chart/transfer.h>
#include <portolan/store/memory_store.h>

namespace portolan::chart {
namespace {

// The artifact as a store, for copy() to read from.
Result<void> fill(const Context& context, const Package& package, MemoryStore& store) {
  const auto& manifest = package.manifest();
  if (auto pushed = store.push_blob(context, manifest.config(), MemoryBlob(package.config())); !pushed) {
    return std::move(pushed).error();
  }
  for (const auto& layer : manifest.layers()) {
    const bool archive = layer.media_type != media_type::helm_provenance;
    const auto content = archive ? MemoryBlob(package.shared_archive()) : MemoryBlob(package.provenance().value_or(""));
    if (auto pushed = store.push_blob(context, layer, content); !pushed) return std::move(pushed).error();
  }
  return store.push_manifest(context, manifest.descriptor(), manifest.bytes(), {}, IfExists::replace);
}

}  // namespace

Result<CopyReport> push(const Context& context, const Package& package, Store& store, const PushOptions& options) {
  const auto tag = Reference::parse_tag(options.tag.empty() ? package.tag() : options.tag);
  if (!tag) return tag.error();
  std::vector<std::string> further;
  for (const auto& text : options.tags) {
    auto parsed = Reference::parse_tag(text);
    if (!parsed) return std::move(parsed).error();
    if (*parsed != *tag) further.push_back(*std::move(parsed));
  }
  MemoryStore source(package.file_name());
  if (auto filled = fill(context, package, source); !filled) return std::move(filled).error();
  const auto selector = package.manifest().digest().string();
  auto report = copy(context, source, selector, store,
                     {.tags = {*tag}, .if_exists = options.if_exists, .concurrency = options.concurrency});
  if (!report || further.empty()) return report;
  // Further tags are names that move; the manifest is there by now.
  const auto& manifest = package.manifest();
  if (auto tagged = store.push_manifest(context, manifest.descriptor(), manifest.bytes(), further, IfExists::replace);
      !tagged) {
    return std::move(tagged).error().within("tagging in " + store.name());
  }
  report->tags.insert(report->tags.end(), further.begin(), further.end());
  return report;
}

}  // namespace portolan::chart
