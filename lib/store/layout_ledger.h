// SPDX-License-Identifier: Apache-2.0
// The index.json of a layout as one object sees it: what is in the file, and what this object will write.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <portolan/store/layout_store.h>

#include "oci/layout_index.h"
#include "store/layout_medium.h"

namespace portolan::internal::store {

/// A manifest gets names; without any it is listed untagged.
struct PutManifest {
  enum class Listed : std::uint8_t {
    alone,     ///< until it turns out to belong to an index
    for_good,  ///< it has a subject, and is found by that
  };
  Descriptor manifest;
  std::vector<std::pair<std::string, std::string>> tags{};  ///< each tag, and its name in the index
  IfExists if_exists = IfExists::same;
  Listed listed = Listed::alone;
  std::vector<Digest> children{};  ///< what the manifest, an index, holds: that need not be listed by itself
};
struct RemoveName {
  std::string name;
};
/// The names go, and the digest itself where no other name holds it.
struct RemoveManifest {
  Digest digest;
  std::vector<std::string> names{};
};
using Change = std::variant<PutManifest, RemoveName, RemoveManifest>;

/// An index, and those of its untagged entries that this program added: only they are taken out again when it turns
/// out that they belong to an index.
struct IndexView {
  oci::LayoutIndex index{};
  std::set<Digest> listed{};
};

/// Errors: conflict; then nothing is changed.
Result<void> make_change(IndexView& view, const Change& change);

/// Threads: any number at once.
class LayoutLedger {
 public:
  /// `medium` must outlive the object.
  LayoutLedger(LayoutMedium& medium, Layout::IndexWrites writes) : medium_(medium), writes_(writes) {}

  /// The Result that `look` makes of the index as this object sees it. Contract: `look` does no input or output.
  template <class Look>
  auto with_index(Look look) -> std::invoke_result_t<Look, const oci::LayoutIndex&> {
    if (auto fresh = refresh(); !fresh) return std::move(fresh).error();
    std::lock_guard lock(mutex_);
    return look(std::as_const(view_.index));
  }

  /// Writes the change, or keeps it for commit(). Errors: conflict, corrupt, those of the medium.
  Result<void> change(const Context& context, Change change);
  /// Writes what was kept. Changes that are in conflict with what others wrote meanwhile are dropped and reported; the
  /// others are written. Errors: as change().
  Result<void> commit(const Context& context);

 private:
  Result<void> refresh();
  Result<oci::LayoutIndex> parse(const std::optional<std::string>& bytes) const;
  /// Changes a view, and says how many pending changes that were.
  using Changes = std::function<Result<std::size_t>(IndexView&)>;
  Result<void> write(const Context& context, const Changes& changes);

  LayoutMedium& medium_;
  const Layout::IndexWrites writes_;

  std::mutex mutex_;  // guards what follows
  bool loaded_ = false;
  IndexStamp stamp_{};
  IndexView view_{};
  std::set<Digest> listed_{};  // as view_.listed, but without what is pending
  std::vector<Change> pending_{};
};

}  // namespace portolan::internal::store
