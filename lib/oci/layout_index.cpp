// SPDX-License-Identifier: Apache-2.0
#include "oci/layout_index.h"

#include <algorithm>
#include <array>

#include <portolan/oci/media_types.h>

#include "base/text.h"
#include "json/writer.h"
#include "oci/codec.h"

namespace portolan::internal::oci {
namespace {

constexpr std::array<std::string_view, 6> known_keys = {"schemaVersion", "mediaType", "artifactType",
                                                        "manifests",     "subject",   "annotations"};

std::string name_of(const Descriptor& descriptor) {
  const auto found = descriptor.annotations.find(std::string(annotation::ref_name));
  return found == descriptor.annotations.end() ? std::string() : found->second;
}

// The entry that is written for a manifest.
Descriptor bare(const Descriptor& descriptor, std::string_view name) {
  Descriptor entry{.media_type = descriptor.media_type,
                   .digest = descriptor.digest,
                   .size = descriptor.size,
                   .artifact_type = descriptor.artifact_type};
  if (!name.empty()) entry.annotations.emplace(annotation::ref_name, name);
  return entry;
}

json::Value to_json(const Descriptor& descriptor) {
  json::Value value = {
      {"mediaType", descriptor.media_type}, {"digest", descriptor.digest.string()}, {"size", descriptor.size}};
  for (const auto& [key, text] : descriptor.annotations) value["annotations"][key] = text;
  if (!descriptor.artifact_type.empty()) value["artifactType"] = descriptor.artifact_type;
  return value;
}

}  // namespace

LayoutIndex::LayoutIndex()
    : root_{{"schemaVersion", 2}, {"mediaType", media_type::oci_index}, {"manifests", nullptr}} {}

Result<LayoutIndex> LayoutIndex::parse(std::string_view bytes) {
  constexpr auto frame = "reading index.json";
  if (bytes.size() > max_layout_index_size) {
    return Error(Errc::limit_exceeded, "it is larger than " + std::to_string(max_layout_index_size) + " bytes")
        .within(frame);
  }
  auto document = read_document(bytes, Kind::index, known_keys);
  if (!document) return std::move(document).error().within(frame);
  const auto type = read_string(*document, "mediaType");
  if (!type) return Error(type.error()).within(frame);
  if (!type->empty() && !media_type::is_index(*type)) {
    return Error(Errc::corrupt, "its mediaType is " + internal::quote(*type) + ", not that of an index").within(frame);
  }
  LayoutIndex index;
  index.root_ = *std::move(document);
  json::Value manifests = nullptr;
  if (const auto found = index.root_.find("manifests"); found != index.root_.end()) {
    manifests = std::exchange(*found, nullptr);
  }
  if (manifests.is_null()) return index;
  if (!manifests.is_array()) return Error(Errc::corrupt, "manifests is no list").within(frame);
  for (auto& raw : manifests) {
    auto descriptor = read_descriptor(raw);
    if (!descriptor) {
      const auto position = "manifests[" + std::to_string(index.entries_.size()) + "]";
      return std::move(descriptor).error().within(position).within(frame);
    }
    std::string name = name_of(*descriptor);
    index.entries_.push_back({*std::move(descriptor), std::move(name)});
    index.raw_.push_back(std::move(raw));
  }
  return index;
}

const LayoutIndex::Entry* LayoutIndex::find(std::string_view name) const noexcept {
  if (name.empty()) return nullptr;
  const auto found = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& e) { return e.name == name; });
  return found == entries_.rend() ? nullptr : &*found;
}

bool LayoutIndex::listed_elsewhere(std::size_t entry) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (i != entry && entries_[i].descriptor.digest == entries_[entry].descriptor.digest) return true;
  }
  return false;
}

void LayoutIndex::strip_name(std::size_t entry) {
  const std::string key(annotation::ref_name);
  entries_[entry].name.clear();
  entries_[entry].descriptor.annotations.erase(key);
  auto& annotations = raw_[entry]["annotations"];
  annotations.erase(key);
  if (annotations.empty()) raw_[entry].erase("annotations");
  changed_ = true;
}

void LayoutIndex::erase(std::size_t entry) {
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(entry));
  raw_.erase(raw_.begin() + static_cast<std::ptrdiff_t>(entry));
  changed_ = true;
}

void LayoutIndex::set(std::string_view name, const Descriptor& descriptor) {
  const auto is_it = [&](const Entry& e) { return e.name == name && e.descriptor.digest == descriptor.digest; };
  if (const auto same = std::find_if(entries_.begin(), entries_.end(), is_it); same != entries_.end()) {
    // Others may hold the name beside it, and would hide it.
    for (std::size_t i = entries_.size(); i-- > 0;) {
      if (entries_[i].name != name || is_it(entries_[i])) continue;
      listed_elsewhere(i) ? erase(i) : strip_name(i);
    }
    return;
  }
  remove_name(name);
  Entry entry{bare(descriptor, name), std::string(name)};
  auto raw = to_json(entry.descriptor);
  // An untagged entry that says no more than the new one makes room for it.
  const auto plain = bare(descriptor, {});
  const auto fields = to_json(plain).size();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].descriptor != plain || raw_[i].size() != fields) continue;
    entries_[i] = std::move(entry);
    raw_[i] = std::move(raw);
    changed_ = true;
    return;
  }
  entries_.push_back(std::move(entry));
  raw_.push_back(std::move(raw));
  changed_ = true;
}

void LayoutIndex::add_untagged(const Descriptor& descriptor) {
  const auto same = [&](const Entry& e) { return e.descriptor.digest == descriptor.digest; };
  if (std::any_of(entries_.begin(), entries_.end(), same)) return;
  entries_.push_back({bare(descriptor, {}), {}});
  raw_.push_back(to_json(entries_.back().descriptor));
  changed_ = true;
}

bool LayoutIndex::remove_name(std::string_view name) {
  if (find(name) == nullptr) return false;
  for (std::size_t i = entries_.size(); i-- > 0;) {
    if (entries_[i].name == name) listed_elsewhere(i) ? erase(i) : strip_name(i);
  }
  return true;
}

bool LayoutIndex::remove_digest(const Digest& digest) {
  const auto before = entries_.size();
  for (std::size_t i = entries_.size(); i-- > 0;) {
    if (entries_[i].descriptor.digest == digest) erase(i);
  }
  return entries_.size() != before;
}

std::string LayoutIndex::serialise() const {
  json::Writer writer;
  writer.begin_object();
  const auto write_entries = [&] {
    writer.begin_array();
    for (const auto& raw : raw_) json::write(writer, raw);
    writer.end_array();
  };
  bool written = false;
  for (const auto& [key, value] : root_.items()) {
    writer.key(key);
    if (key == "manifests") {
      write_entries();
      written = true;
    } else {
      json::write(writer, value);
    }
  }
  if (!written) {
    writer.key("manifests");
    write_entries();
  }
  return std::move(writer.end_object()).text();
}

}  // namespace portolan::internal::oci
