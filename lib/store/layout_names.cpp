// SPDX-License-Identifier: Apache-2.0
#include "store/layout_names.h"

#include <set>

#include "base/text.h"
#include "oci/grammar.h"

namespace portolan::internal::store {
namespace {

bool is_tag(std::string_view text) { return !text.empty() && !oci::check_tag(text); }

/// A name's path and tag; the tag is empty where the name has none.
std::pair<std::string_view, std::string_view> split(std::string_view name) {
  const auto colon = name.rfind(':');
  if (colon == std::string_view::npos)
    return is_tag(name) ? std::pair(name.substr(0, 0), name) : std::pair(name, name.substr(0, 0));
  const auto tag = name.substr(colon + 1);
  if (!is_tag(tag)) return {name, {}};
  return {name.substr(0, colon), tag};
}

/// Whether the text looks like the host of a reference: Docker's rule. `charts` in `charts/app` is none, so that a
/// repository is never taken for another one inside it.
bool is_host(std::string_view text) {
  return text == "localhost" || text.find('.') != std::string_view::npos || text.find(':') != std::string_view::npos;
}

/// The path without a host before it.
std::string_view without_host(std::string_view path) {
  const auto slash = path.find('/');
  if (slash == std::string_view::npos || !is_host(path.substr(0, slash))) return path;
  return path.substr(slash + 1);
}

}  // namespace

std::string LayoutNames::name(std::string_view tag) const {
  if (path_.empty()) return std::string(tag);
  return path_ + ":" + std::string(tag);
}

Result<LayoutIndex::Entry> LayoutNames::find(const LayoutIndex& index, std::string_view tag) const {
  if (const auto exact = index.find(name(tag))) return *exact;
  const LayoutIndex::Entry* found = nullptr;
  for (const auto& entry : index.entries()) {
    const auto [path, entry_tag] = split(entry.name);
    if (entry_tag != tag || tag.empty() || (!path_.empty() && without_host(path) != path_)) continue;
    if (found != nullptr && found->descriptor.digest != entry.descriptor.digest) {
      return Error(Errc::not_found,
                   "there is no tag " + quote(tag) + ", but " + quote(found->name) + " and " + quote(entry.name));
    }
    found = &entry;
  }
  if (found == nullptr) return Error(Errc::not_found, "there is no tag " + quote(tag));
  return *found;
}

std::string_view LayoutNames::tag_of(std::string_view name) const {
  const auto [path, tag] = split(name);
  const bool ours = path == path_ || (!path_.empty() && without_host(path) == path_);
  return ours ? tag : std::string_view();
}

std::vector<std::string> LayoutNames::tags(const LayoutIndex& index) const {
  std::set<std::string, std::less<>> tags;
  for (const auto& entry : index.entries()) {
    if (const auto tag = tag_of(entry.name); !tag.empty()) tags.emplace(tag);
  }
  return {tags.begin(), tags.end()};
}

std::vector<std::string> LayoutNames::names_of(const LayoutIndex& index, const Digest& digest) const {
  std::vector<std::string> names;
  for (const auto& entry : index.entries()) {
    if (entry.descriptor.digest == digest && !tag_of(entry.name).empty()) names.push_back(entry.name);
  }
  return names;
}

std::vector<std::string> repository_paths(const LayoutIndex& index) {
  std::set<std::string, std::less<>> paths;
  for (const auto& entry : index.entries()) {
    const auto [path, tag] = split(entry.name);
    if (!tag.empty()) paths.emplace(path);
  }
  return {paths.begin(), paths.end()};
}

}  // namespace portolan::internal::store
