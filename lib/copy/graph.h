// SPDX-License-Identifier: Apache-2.0
// The graph of a copy as far as it is known, and the order in which it goes over. No input or output, no threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <portolan/copy/copy.h>

namespace portolan::internal::copy {

/// Bytes of manifests that wait for their children before no further manifest is read: two of the largest. A graph
/// of many manifests over one slow blob would otherwise be held in memory as a whole.
inline constexpr std::uint64_t max_held_bytes = 8 * 1024 * 1024;

/// Something that has to be at the target.
struct Node {
  enum class Kind : std::uint8_t {
    blob,
    manifest,  ///< or an index
  };
  enum class Presence : std::uint8_t {
    unknown,
    possible,  ///< worth asking the target
    certain,   ///< the target has it, and all below it: only its referrers count
  };

  Node(Kind node_kind, Descriptor node_descriptor) : kind(node_kind), descriptor(std::move(node_descriptor)) {}

  const Kind kind;
  Descriptor descriptor;
  unsigned depth = 0;           // indexes above it
  unsigned referrer_depth = 0;  // subjects above it
  Presence presence = Presence::unknown;
  bool explored = false;
  bool done = false;
  std::string bytes{};  // of a manifest between exploring and pushing
  std::size_t waits_for = 0;
  std::vector<Node*> waited_by{};
};

/// What reading a manifest brought to light.
struct Findings {
  std::string bytes{};
  Node::Presence presence = Node::Presence::unknown;
  std::vector<Descriptor> children{};
  std::vector<Descriptor> referrers{};
};

/// Which nodes are known, what each waits for, and what can be done next. Threads: one at a time.
class Graph {
 public:
  /// The root is explored by the caller, and pushed by the caller after all else; it comes out of take() only where
  /// others have it as their subject.
  Graph(Descriptor root, Node::Presence presence);

  Node& root() noexcept { return *root_; }
  bool root_is_a_subject() const noexcept { return !root_->waited_by.empty(); }

  /// The next thing to do: a blob to copy, a manifest to explore, or one that is explored to push. Null where there
  /// is none for now. `others` tells whether steps are under way that will make more known.
  enum class Others : std::uint8_t { none, under_way };
  Node* take(Others others);
  /// How many nodes take() has to give.
  std::size_t ready(Others others) const noexcept;
  /// Nodes that are not done.
  std::size_t unfinished() const noexcept { return unfinished_; }
  /// The digests of all manifests and indexes.
  std::vector<Digest> manifests() const;
  std::size_t known() const noexcept { return blobs_.size() + manifests_.size(); }

  /// Errors: limit_exceeded (nodes, depth), corrupt (two sizes for one digest).
  Result<void> explored(Node& node, Findings findings);
  void done(Node& node);

 private:
  Result<Node*> add(Node::Kind kind, Descriptor descriptor);
  Result<void> add_children(Node& parent, std::span<Descriptor> children);
  Result<void> add_referrers(Node& subject, std::span<Descriptor> referrers);
  void settle(Node& node);

  using Nodes = std::unordered_map<Digest, std::unique_ptr<Node>>;
  Nodes blobs_;
  Nodes manifests_;
  Node* root_ = nullptr;
  std::size_t unfinished_ = 0;
  std::uint64_t held_bytes_ = 0;
  // Stacks. Taken in this order and from the back, so that little is held at a time: what is known is finished
  // before more is made known, and depth goes before breadth.
  std::vector<Node*> to_push_;
  std::vector<Node*> to_copy_;
  std::vector<Node*> to_explore_;
};

}  // namespace portolan::internal::copy
