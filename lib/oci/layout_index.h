// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/oci/descriptor.h>

#include "json/json.h"

namespace portolan::internal::oci {

/// The largest index.json that is read: some 50,000 manifests. The tree in memory takes up to twenty times as much.
inline constexpr std::uint64_t max_layout_index_size = 16 * 1024 * 1024;

/// The index.json of an image layout, to be changed: unknown fields, their order, and entries that other programs made
/// are kept as they are. A tag is an entry with the annotation `org.opencontainers.image.ref.name`, here "name".
class LayoutIndex {
 public:
  struct Entry {
    Descriptor descriptor;
    std::string name{};  ///< empty: untagged
  };

  /// An index without entries, as a new layout has it.
  LayoutIndex();
  /// Errors: corrupt (also a key that is there twice), limit_exceeded.
  static Result<LayoutIndex> parse(std::string_view bytes);

  /// In the order of the file. Valid until the next change.
  std::span<const Entry> entries() const noexcept { return entries_; }
  /// The entry of exactly that name, or null: the last one where a program wrote several. Valid until the next change.
  const Entry* find(std::string_view name) const noexcept;

  /// Gives a manifest the name, and takes it from any other, as remove_name() does. An entry that has the name and the
  /// digest stays as it is; otherwise a new one has media type, digest, size, artifact type and the name. It replaces
  /// an untagged entry that says no more than that.
  void set(std::string_view name, const Descriptor& descriptor);
  /// Lists a manifest that has no name, unless an entry has its digest.
  void add_untagged(const Descriptor& descriptor);
  /// Takes the name away: the entries of that name go, but the last one of its digest stays, untagged.
  /// False where there is no such name.
  bool remove_name(std::string_view name);
  /// Takes all entries of the digest away. False where there are none.
  bool remove_digest(const Digest& digest);

  /// Whether anything was changed since parse() (or the constructor).
  bool changed() const noexcept { return changed_; }
  /// Compact JSON, as Go writes it.
  std::string serialise() const;

 private:
  bool listed_elsewhere(std::size_t entry) const;
  void strip_name(std::size_t entry);
  void erase(std::size_t entry);

  json::Value root_;              // the file's object, without its entries
  std::vector<json::Value> raw_;  // the entries as they were, side by side with `entries_`
  std::vector<Entry> entries_;
  bool changed_ = false;
};

}  // namespace portolan::internal::oci
