// SPDX-License-Identifier: Apache-2.0
// How the tags of many repositories are names in one index.json, and which names of other programs are understood.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <portolan/base/result.h>

#include "oci/layout_index.h"

namespace portolan::internal::store {

using oci::LayoutIndex;

/// One repository's part of the names. The tag T of the repository P is `P:T`, and T alone where P is empty.
class LayoutNames {
 public:
  explicit LayoutNames(std::string path) : path_(std::move(path)) {}

  const std::string& path() const noexcept { return path_; }
  /// The name under which a tag is written.
  std::string name(std::string_view tag) const;

  /// The entry that a tag names: the exact name; else, of what other programs write, a full reference `HOST/P:T`, and,
  /// where P is empty, the one entry whose name ends in `:T`.
  /// Errors: not_found, also where several entries with different content could be meant.
  Result<LayoutIndex::Entry> find(const LayoutIndex& index, std::string_view tag) const;

  /// The repository's tags, each once, in bytewise order.
  std::vector<std::string> tags(const LayoutIndex& index) const;
  /// The names that find() takes for this repository's own, of one digest.
  std::vector<std::string> names_of(const LayoutIndex& index, const Digest& digest) const;

 private:
  /// The tag that a name is in this repository; empty where it is none.
  std::string_view tag_of(std::string_view name) const;

  std::string path_;
};

/// The paths of all repositories, each once, in bytewise order. A full reference's path has its host in it.
std::vector<std::string> repository_paths(const LayoutIndex& index);

}  // namespace portolan::internal::store
