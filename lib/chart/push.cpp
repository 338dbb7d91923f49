// SPDX-License-Identifier: Apache-2.0

#include <portolan/chart/transfer.h>

#include "store/content.h"

namespace portolan::chart {
namespace {

/// The artifact as a store, for copy() to read from. Its bytes are shared, and not hashed again.
class PackageStore final : public ReadStore {
 public:
  /// The package must outlive the store, not its Readers.
  explicit PackageStore(const Package& package) : package_(package) {}

  /// Whether its parts are what its manifest says: that of a pulled one may come from another program.
  /// Errors: verification_failed, unsupported.
  Result<void> check() const {
    if (auto verified = internal::store::verify(manifest().config(), package_.config()); !verified) return verified;
    for (const auto& layer : manifest().layers()) {
      if (layer.digest == package_.archive_digest() && layer.size == package_.archive().size()) continue;
      if (auto verified = internal::store::verify(layer, *content(layer)); !verified) return verified;
    }
    return {};
  }

  Result<Descriptor> resolve(const Context& context, std::string_view) override {
    if (auto go = context.check(); !go) return std::move(go).error();
    return manifest().descriptor();
  }
  Result<StoredManifest> fetch_manifest(const Context& context, std::string_view) override {
    if (auto go = context.check(); !go) return std::move(go).error();
    return StoredManifest{manifest().descriptor(), manifest().bytes()};
  }
  Result<std::unique_ptr<Reader>> fetch(const Context& context, const Descriptor& descriptor,
                                        std::uint64_t offset) override {
    return MemoryBlob(content(descriptor)).open(context, offset);
  }
  Result<bool> exists(const Context&, const Descriptor&) override { return true; }
  std::string name() const override { return package_.file_name(); }

 private:
  const Manifest& manifest() const { return package_.manifest(); }
  std::shared_ptr<const std::string> content(const Descriptor& part) const {
    if (part.digest == manifest().config().digest) return std::make_shared<const std::string>(package_.config());
    if (part.media_type != media_type::helm_provenance) return package_.shared_archive();
    return std::make_shared<const std::string>(package_.provenance().value_or(""));
  }

  const Package& package_;
};

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
  PackageStore source(package);
  if (auto checked = source.check(); !checked) return std::move(checked).error();
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
