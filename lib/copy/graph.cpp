// SPDX-License-Identifier: Apache-2.0
#include "copy/graph.h"

#include <portolan/oci/media_types.h>

#include <algorithm>
#include <utility>

namespace portolan::internal::copy {

Graph::Graph(Descriptor root, Node::Presence presence) {
  auto node = std::make_unique<Node>(Node::Kind::manifest, std::move(root));
  node->presence = presence;
  root_ = node.get();
  manifests_.emplace(root_->descriptor.digest, std::move(node));
  unfinished_ = 1;
}

Node* Graph::take(Others others) {
  if (ready(others) == 0) return nullptr;
  auto& stack = !to_push_.empty() ? to_push_ : !to_copy_.empty() ? to_copy_ : to_explore_;
  const auto node = stack.back();
  stack.pop_back();
  return node;
}

std::size_t Graph::ready(Others others) const noexcept {
  const auto urgent = to_push_.size() + to_copy_.size();
  // Where nothing else goes on, only reading more can set free what is held.
  if (held_bytes_ > max_held_bytes && (others == Others::under_way || urgent != 0)) return urgent;
  return urgent + to_explore_.size();
}

std::vector<Digest> Graph::manifests() const {
  std::vector<Digest> digests;
  for (const auto& [digest, node] : manifests_) digests.push_back(digest);
  return digests;
}

Result<void> Graph::explored(Node& node, Findings findings) {
  node.explored = true;
  node.bytes = std::move(findings.bytes);
  node.presence = findings.presence;
  node.descriptor.data.reset();
  held_bytes_ += node.bytes.size();
  if (auto added = add_children(node, findings.children); !added) return added;
  if (auto added = add_referrers(node, findings.referrers); !added) return added;
  settle(node);
  return {};
}

void Graph::done(Node& node) {
  node.done = true;
  --unfinished_;
  if (&node != root_) {
    held_bytes_ -= node.bytes.size();
    node.bytes = {};
    // A hundred thousand nodes are kept to the end: what others attached to them is not.
    node.descriptor = {.media_type = {}, .digest = node.descriptor.digest, .size = node.descriptor.size};
  }
  for (const auto waiting : node.waited_by) {
    --waiting->waits_for;
    if (waiting->explored) settle(*waiting);
  }
}

Result<Node*> Graph::add(Node::Kind kind, Descriptor descriptor) {
  auto& nodes = kind == Node::Kind::blob ? blobs_ : manifests_;
  if (const auto known = nodes.find(descriptor.digest); known != nodes.end()) {
    if (known->second->descriptor.size == descriptor.size) return known->second.get();
    return Error(Errc::corrupt, descriptor.digest.string() + " is described with two sizes, " +
                                    std::to_string(known->second->descriptor.size) + " and " +
                                    std::to_string(descriptor.size) + " bytes");
  }
  if (known() >= max_graph_nodes) {
    return Error(Errc::limit_exceeded, "more than " + std::to_string(max_graph_nodes) + " blobs and manifests");
  }
  const auto digest = descriptor.digest;
  const auto node = nodes.emplace(digest, std::make_unique<Node>(kind, std::move(descriptor))).first->second.get();
  ++unfinished_;
  return node;
}

Result<void> Graph::add_children(Node& parent, std::span<Descriptor> children) {
  const auto kind = media_type::is_index(parent.descriptor.media_type) ? Node::Kind::manifest : Node::Kind::blob;
  if (kind == Node::Kind::manifest && !children.empty() && parent.depth == max_graph_depth) {
    return Error(Errc::limit_exceeded, "indexes are nested deeper than " + std::to_string(max_graph_depth));
  }
  // Backwards, because what is put on a stack last comes off it first.
  for (auto child = children.rbegin(); child != children.rend(); ++child) {
    const auto before = known();
    auto node = add(kind, std::move(*child));
    if (!node) return std::move(node).error();
    if (known() != before) {
      (*node)->depth = parent.depth + 1;
      (*node)->referrer_depth = parent.referrer_depth;
      (*node)->presence = parent.presence;
      (kind == Node::Kind::blob ? to_copy_ : to_explore_).push_back(*node);
    }
    if ((*node)->done || parent.presence == Node::Presence::certain) continue;
    ++parent.waits_for;
    (*node)->waited_by.push_back(&parent);
  }
  return {};
}

Result<void> Graph::add_referrers(Node& subject, std::span<Descriptor> referrers) {
  for (auto referrer = referrers.rbegin(); referrer != referrers.rend(); ++referrer) {
    const auto before = known();
    auto node = add(Node::Kind::manifest, std::move(*referrer));
    if (!node) return std::move(node).error();
    if (known() != before) {
      (*node)->referrer_depth = subject.referrer_depth + 1;
      if (subject.presence == Node::Presence::certain) (*node)->presence = Node::Presence::possible;
      to_explore_.push_back(*node);
    }
    // One that is on its way already was found as somebody's child, and a child may go before its subject.
    if ((*node)->done || (*node)->explored) continue;
    ++(*node)->waits_for;
    subject.waited_by.push_back(*node);
  }
  return {};
}

void Graph::settle(Node& node) {
  if (node.done || node.waits_for != 0) return;
  const bool at_target = node.presence == Node::Presence::certain;
  if (at_target || (&node == root_ && !root_is_a_subject())) {
    done(node);
  } else {
    to_push_.push_back(&node);
  }
}

}  // namespace portolan::internal::copy
