// SPDX-License-Identifier: Apache-2.0
#include "copy/presence.h"

#include <portolan/copy/copy.h>
#include <portolan/oci/manifest.h>

#include <unordered_set>
#include <utility>
#include <vector>

namespace portolan::internal::copy {
namespace {

bool is_graph(const Descriptor& descriptor) {
  return media_type::is_manifest(descriptor.media_type) || media_type::is_index(descriptor.media_type);
}

/// What is not there, or is not what it should be, is no failure here: it is written again.
bool means_lacking(const Error& error) {
  switch (error.code()) {
    case Errc::not_found:
    case Errc::verification_failed:
    case Errc::corrupt:
    case Errc::limit_exceeded:
    case Errc::unsupported: return true;
    default: return false;
  }
}

}  // namespace

Result<bool> is_whole(const Context& context, Store& store, const Descriptor& manifest) {
  if (!store.local()) return store.exists(context, manifest);
  struct Part {
    Descriptor descriptor;
    bool leads_on = true;  // what stands among layers is content, whatever its type says
  };
  std::vector<Part> waiting = {{manifest}};
  std::unordered_set<Digest> known = {manifest.digest};
  while (!waiting.empty()) {
    if (auto go = context.check(); !go) return std::move(go).error();
    const auto [one, leads_on] = std::move(waiting.back());
    waiting.pop_back();
    auto there = store.exists(context, one);
    if (!there && !means_lacking(there.error())) return there;
    if (!there || !*there) {
      if (!one.urls.empty()) continue;
      return false;
    }
    if (!leads_on || !is_graph(one)) continue;
    auto stored = store.fetch_manifest(context, one.digest.string());
    if (!stored && !means_lacking(stored.error())) return std::move(stored).error();
    if (!stored) return false;
    auto below = successors(one.media_type, stored->bytes);
    if (!below) return false;
    for (auto& child : *below) {
      if (!known.insert(child.digest).second) continue;
      if (known.size() > max_graph_nodes) return false;
      waiting.push_back({std::move(child), media_type::is_index(one.media_type)});
    }
  }
  return true;
}

}  // namespace portolan::internal::copy
