// SPDX-License-Identifier: Apache-2.0
#include <portolan/copy/referrers.h>

#include <algorithm>
#include <set>
#include <utility>

#include "store/content.h"

namespace portolan {
namespace {

using internal::store::digest_selector;

class Tree {
 public:
  Tree(const Context& context, ReferrersLister& lister) : context_(context), lister_(lister) {}

  Result<std::vector<ReferrerNode>> below(const Digest& subject, std::string_view type, unsigned depth) {
    std::vector<ReferrerNode> nodes;
    if (depth == 0) return nodes;
    auto listed = lister_.list_referrers(context_, subject, type);
    if (!listed) return std::move(listed).error();
    std::sort(listed->begin(), listed->end(), [](const auto& a, const auto& b) { return a.digest < b.digest; });
    for (auto& descriptor : *listed) {
      // Nothing proves a list: one that names what is above would have no end.
      if (!above_.insert(descriptor.digest).second) continue;
      if (++nodes_ > max_tree_nodes) {
        return Error(Errc::limit_exceeded, "more than " + std::to_string(max_tree_nodes) + " referrers");
      }
      auto inner = below(descriptor.digest, {}, depth - 1);
      above_.erase(descriptor.digest);
      if (!inner) return std::move(inner).error();
      nodes.push_back({std::move(descriptor), *std::move(inner)});
    }
    return nodes;
  }

  void begin_at(const Digest& subject) { above_.insert(subject); }

 private:
  const Context& context_;
  ReferrersLister& lister_;
  std::set<Digest> above_;
  std::size_t nodes_ = 0;
};

}  // namespace

Result<ReferrerTree> referrer_tree(const Context& context, ReadStore& store, std::string_view selector,
                                   const ReferrerTreeOptions& options) {
  const auto lister = store.referrers_lister();
  if (lister == nullptr) return Error(Errc::unsupported, store.name() + " keeps no referrers");
  auto framed = [&](Error error) {
    return std::move(error).within("listing what refers to " + std::string(selector) + " in " + store.name());
  };
  // A digest needs no resolving: what refers to a manifest may be there before the manifest is.
  Descriptor subject{.digest = digest_selector(selector).value_or(digest_of(""))};
  if (!digest_selector(selector)) {
    // The manifest itself, not what a registry says of it in a header: that of another one has other referrers.
    auto stored = store.fetch_manifest(context, selector);
    if (!stored) return framed(std::move(stored).error());
    subject = std::move(stored->descriptor);
  }
  Tree tree(context, *lister);
  tree.begin_at(subject.digest);
  auto nodes = tree.below(subject.digest, options.artifact_type, std::min(options.depth, max_referrer_depth));
  if (!nodes) return framed(std::move(nodes).error());
  return ReferrerTree{std::move(subject), *std::move(nodes)};
}

}  // namespace portolan
