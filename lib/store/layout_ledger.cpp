// SPDX-License-Identifier: Apache-2.0
#include "store/layout_ledger.h"

#include <algorithm>

#include "store/content.h"

namespace portolan::internal::store {
namespace {

bool is_named(const oci::LayoutIndex& index, const Digest& digest) {
  const auto entries = index.entries();
  return std::any_of(entries.begin(), entries.end(),
                     [&](const auto& entry) { return entry.descriptor.digest == digest && !entry.name.empty(); });
}

bool is_listed(const oci::LayoutIndex& index, const Digest& digest) {
  const auto entries = index.entries();
  return std::any_of(entries.begin(), entries.end(),
                     [&](const auto& entry) { return entry.descriptor.digest == digest; });
}

Result<void> apply_put(IndexView& view, const PutManifest& put) {
  const auto& digest = put.manifest.digest;
  for (const auto& [tag, name] : put.tags) {
    const auto there = view.index.find(name);
    if (there == nullptr) continue;
    if (auto refused = conflict(put.if_exists, tag, there->descriptor.digest, digest)) return *std::move(refused);
  }
  for (const auto& [tag, name] : put.tags) view.index.set(name, put.manifest);
  if (put.tags.empty() && !is_listed(view.index, digest)) {
    view.index.add_untagged(put.manifest);
    if (put.listed == PutManifest::Listed::alone) view.listed.insert(digest);
  }
  for (const auto& child : put.children) {
    if (view.listed.erase(child) != 0 && !is_named(view.index, child)) view.index.remove_digest(child);
  }
  return {};
}

}  // namespace

Result<void> make_change(IndexView& view, const Change& change) {
  if (const auto put = std::get_if<PutManifest>(&change)) return apply_put(view, *put);
  if (const auto removal = std::get_if<RemoveName>(&change)) {
    view.index.remove_name(removal->name);
    return {};
  }
  const auto& removal = std::get<RemoveManifest>(change);
  for (const auto& name : removal.names) {
    const auto entry = view.index.find(name);
    if (entry != nullptr && entry->descriptor.digest == removal.digest) view.index.remove_name(name);
  }
  if (!is_named(view.index, removal.digest)) view.index.remove_digest(removal.digest);
  return {};
}

Result<oci::LayoutIndex> LayoutLedger::parse(const std::optional<std::string>& bytes) const {
  if (!bytes) return oci::LayoutIndex();
  return oci::LayoutIndex::parse(*bytes).within(medium_.name());
}

Result<void> LayoutLedger::refresh() {
  const auto stamp = medium_.index_stamp();
  if (!stamp) return Error(stamp.error());
  {
    std::lock_guard lock(mutex_);
    if (loaded_ && stamp_ == *stamp) return {};
  }
  auto file = medium_.read_index();
  if (!file) return std::move(file).error();
  auto index = parse(file->bytes);
  if (!index) return std::move(index).error();
  std::lock_guard lock(mutex_);
  view_ = {*std::move(index), listed_};
  // Where another process has set a tag meanwhile, its content is what is seen; commit() reports the conflict.
  for (const auto& change : pending_) static_cast<void>(make_change(view_, change));
  stamp_ = file->stamp;
  loaded_ = true;
  return {};
}

Result<void> LayoutLedger::change(const Context& context, Change change) {
  if (writes_ == Layout::IndexWrites::immediate) {
    return write(context, [&](IndexView& view) -> Result<std::size_t> {
      if (auto applied = make_change(view, change); !applied) return std::move(applied).error();
      return std::size_t{0};
    });
  }
  if (auto fresh = refresh(); !fresh) return fresh;
  std::lock_guard lock(mutex_);
  if (auto applied = make_change(view_, change); !applied) return applied;
  pending_.push_back(std::move(change));
  return {};
}

Result<void> LayoutLedger::commit(const Context& context) {
  {
    std::lock_guard lock(mutex_);
    if (pending_.empty()) return {};
  }
  std::optional<Error> refused;
  auto written = write(context, [&](IndexView& view) -> Result<std::size_t> {
    // Taken here, while nobody else writes, so that two commits at once do not write the same changes twice.
    std::vector<Change> changes;
    {
      std::lock_guard lock(mutex_);
      changes = pending_;
    }
    for (const auto& change : changes) {
      if (auto applied = make_change(view, change); !applied && !refused) refused = std::move(applied).error();
    }
    return changes.size();
  });
  if (!written) return written;
  if (refused) return *std::move(refused);
  return {};
}

Result<void> LayoutLedger::write(const Context& context, const Changes& changes) {
  std::optional<IndexView> view;
  std::size_t done = 0;
  const auto edit = [&](const std::optional<std::string>& bytes) -> Result<std::optional<std::string>> {
    auto index = parse(bytes);
    if (!index) return std::move(index).error();
    view.emplace();
    view->index = *std::move(index);
    {
      std::lock_guard lock(mutex_);
      view->listed = listed_;
    }
    auto changed = changes(*view);
    if (!changed) return std::move(changed).error();
    done = *changed;
    if (!view->index.changed()) return std::nullopt;
    return view->index.serialise();
  };
  const auto written = [&](const IndexStamp& stamp) {
    std::lock_guard lock(mutex_);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(done));
    listed_ = view->listed;
    view_ = *std::move(view);
    for (const auto& change : pending_) static_cast<void>(make_change(view_, change));
    stamp_ = stamp;
    loaded_ = true;
  };
  return medium_.edit_index(context, edit, written);
}

}  // namespace portolan::internal::store
