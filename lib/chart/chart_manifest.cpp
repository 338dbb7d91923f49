// SPDX-License-Identifier: Apache-2.0
#include "chart/chart_manifest.h"

#include <portolan/copy/copy.h>
#include <portolan/oci/media_types.h>

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/text.h"

namespace portolan::internal::chart {
namespace {

class Search {
 public:
  Search(const Context& context, ReadStore& store) : context_(context), store_(store) {}

  Result<void> index(std::string bytes, std::string_view type, unsigned depth = 0) {
    auto index = Index::parse(std::move(bytes), type);
    if (!index) return std::move(index).error();
    for (const auto& child : index->manifests()) {
      const bool goes_on = media_type::is_index(child.media_type);
      if (!goes_on && !media_type::is_manifest(child.media_type)) continue;
      // Builders for several platforms name one chart once for each.
      if (!seen_.insert(child.digest).second) continue;
      if (seen_.size() > max_searched_manifests || (goes_on && depth == max_graph_depth)) {
        return Error(Errc::limit_exceeded, "an index too large to look for a chart in; name one by its digest");
      }
      auto stored = store_.fetch_manifest(context_, child.digest.string());
      if (!stored && stored.error().code() == Errc::not_found) {
        context_.log(LogLevel::debug, child.digest.string() + " of the index is not there");
        missing_ = std::move(stored).error();
        continue;
      }
      if (!stored) return std::move(stored).error();
      auto looked = goes_on ? this->index(std::move(stored->bytes), child.media_type, depth + 1)
                            : manifest(std::move(stored->bytes), child.media_type);
      if (!looked) return looked;
    }
    return {};
  }

  Result<Manifest> found() {
    if (found_) return *std::move(found_);
    if (missing_) return *std::move(missing_);
    return Error(Errc::invalid_chart, "an index without a chart");
  }

 private:
  Result<void> manifest(std::string bytes, std::string_view type) {
    auto parsed = Manifest::parse(std::move(bytes), type);
    if (!parsed) return std::move(parsed).error();
    if (parsed->config().media_type != media_type::helm_config) return {};
    if (found_) return Error(Errc::invalid_chart, "an index of several charts; name one by its digest");
    found_ = *std::move(parsed);
    return {};
  }

  const Context& context_;
  ReadStore& store_;
  std::set<Digest> seen_;
  std::optional<Manifest> found_;
  std::optional<Error> missing_;
};

}  // namespace

Result<Manifest> chart_manifest(const Context& context, ReadStore& store, std::string_view selector) {
  auto stored = store.fetch_manifest(context, selector);
  if (!stored) return std::move(stored).error();
  const auto& type = stored->descriptor.media_type;
  if (media_type::is_manifest(type)) return Manifest::parse(std::move(stored->bytes), type);
  if (!media_type::is_index(type)) {
    return Error(Errc::invalid_chart, "no chart, but content of type " + quote(type));
  }
  Search search(context, store);
  if (auto searched = search.index(std::move(stored->bytes), type); !searched) return std::move(searched).error();
  return search.found();
}

}  // namespace portolan::internal::chart
