// SPDX-License-Identifier: Apache-2.0
// A document's nodes as they stand in the text: scalars not resolved, aliases not expanded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/result.h>

#include "yaml/resolve.h"

namespace portolan::internal::yaml {

enum class NodeKind : std::uint8_t { scalar, sequence, mapping, alias };

struct Node {
  NodeKind kind = NodeKind::scalar;
  Tag tag = Tag::none;
  bool plain = false;        ///< an untagged plain scalar, or one under the tag `!`
  std::uint32_t line = 0;    ///< counted from 0
  std::uint32_t target = 0;  ///< of an alias: the node that it names
  std::uint32_t child = 0;   ///< the first child, or 0; the children of a mapping are keys and values in turn
  std::uint32_t next = 0;    ///< the next child of the same node, or 0
  std::uint32_t text_at = 0;
  std::uint32_t text_size = 0;
};

struct Tree {
  std::vector<Node> nodes{};  ///< the first is the root; no node at all where there was no document
  std::string text{};         ///< of all scalars and aliases

  std::string_view text_of(const Node& node) const noexcept {
    return std::string_view(text).substr(node.text_at, node.text_size);
  }
};

/// Reads the first document of a text. Errors: invalid_chart, in go-yaml's words; limit_exceeded; unsupported.
Result<Tree> read_tree(std::string_view bytes);

}  // namespace portolan::internal::yaml
