// SPDX-License-Identifier: Apache-2.0
#include "store/docker_archive.h"

#include <portolan/oci/manifest.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "base/text.h"
#include "json/json.h"
#include "oci/layout_index.h"
#include "store/directory_medium.h"
#include "store/whole_layout.h"

namespace portolan::internal::store {
namespace {

constexpr std::string_view image_config = "application/vnd.oci.image.config.v1+json";
constexpr std::string_view plain_layer = "application/vnd.oci.image.layer.v1.tar";
constexpr std::string_view packed_layer = "application/vnd.oci.image.layer.v1.tar+gzip";

Error damaged(const std::string& why) { return Error(Errc::corrupt, "manifest.json: " + why); }

/// The texts of an array; nothing where it is none. Null is empty, as Go writes it.
std::optional<std::vector<std::string>> texts(const json::Value& object, const char* key) {
  std::vector<std::string> found;
  const auto value = object.find(key);
  if (value == object.end() || value->is_null()) return found;
  if (!value->is_array()) return std::nullopt;
  for (const auto& one : *value) {
    if (!one.is_string()) return std::nullopt;
    found.push_back(one.get<std::string>());
  }
  return found;
}

/// The digests of the unpacked layers, as the configuration has them; none where it does not say so.
std::vector<Digest> diff_ids(const std::string& config) {
  std::vector<Digest> found;
  const auto document = json::parse(config, json::DuplicateKeys::last_wins);
  if (!document || !document->is_object()) return found;
  const auto rootfs = document->find("rootfs");
  if (rootfs == document->end() || !rootfs->is_object()) return found;
  const auto ids = texts(*rootfs, "diff_ids");
  if (!ids) return found;
  for (const auto& id : *ids) {
    auto digest = Digest::parse(id);
    if (!digest || !digest->verifiable()) return {};
    found.push_back(*std::move(digest));
  }
  return found;
}

/// Whether it begins with a host and port, which is no part of a repository's path in a layout.
bool has_port(const std::string& tag) {
  const auto slash = tag.find('/');
  return slash != std::string::npos && tag.substr(0, slash).find(':') != std::string::npos;
}

class Builder {
 public:
  explicit Builder(const DockerMembers& members) : members_(members) {}

  Result<void> add(const DockerImage& image);
  DockerLayout finish() {
    // Who has a name without a host keeps it; of those who lose theirs the first one gets it.
    for (const auto& [name, manifest] : shortened_) {
      if (index_.find(name) == nullptr) index_.set(name, manifest);
    }
    layout_.made.emplace("oci-layout", layout_file);
    layout_.made.emplace("index.json", index_.serialise());
    return std::move(layout_);
  }

 private:
  Result<TarMember> member(const std::string& name) const {
    auto found = members_.index.find(name);
    if (found == members_.index.end()) {
      if (const auto link = members_.links.find(name); link != members_.links.end()) {
        const auto target = std::filesystem::path(name).parent_path() / link->second;
        found = members_.index.find(target.lexically_normal().string());
        if (found == members_.index.end()) found = members_.index.find(link->second);
      }
    }
    if (found == members_.index.end()) return damaged(quote(name) + " is named, and not in the archive");
    return found->second;
  }
  Result<Digest> digest(const TarMember& file) {
    if (const auto known = digests_.find(file.offset); known != digests_.end()) return known->second;
    auto digest = members_.digest(file);
    if (digest) digests_.emplace(file.offset, *digest);
    return digest;
  }
  Result<Descriptor> layer(const std::string& name, const std::optional<Digest>& diff_id);

  const DockerMembers& members_;
  oci::LayoutIndex index_;
  DockerLayout layout_;
  std::vector<std::pair<std::string, Descriptor>> shortened_;
  std::map<std::uint64_t, Digest> digests_;  // by offset: a member may be named very often
};

Result<Descriptor> Builder::layer(const std::string& name, const std::optional<Digest>& diff_id) {
  const auto file = member(name);
  if (!file) return file.error();
  const auto start = members_.first_bytes(*file);
  if (!start) return start.error();
  const bool packed = start->starts_with("\x1f\x8b");
  auto digest = packed || !diff_id ? this->digest(*file) : Result(*diff_id);
  if (!digest) return std::move(digest).error();
  layout_.blobs.insert_or_assign(blob_name(*digest), *file);
  return Descriptor{
      .media_type = std::string(packed ? packed_layer : plain_layer), .digest = *std::move(digest), .size = file->size};
}

Result<void> Builder::add(const DockerImage& image) {
  const auto file = member(image.config);
  if (!file) return file.error();
  const auto config = members_.read(*file, max_manifest_size);
  if (!config) return config.error();
  const auto ids = diff_ids(*config);
  if (!ids.empty() && ids.size() != image.layers.size()) {
    return damaged(quote(image.config) + " speaks of " + std::to_string(ids.size()) + " layers, and there are " +
                   std::to_string(image.layers.size()));
  }
  Manifest::Content content{.config = describe(image_config, *config)};
  layout_.blobs.insert_or_assign(blob_name(content.config.digest), *file);
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    auto described = layer(image.layers[i], ids.empty() ? std::nullopt : std::optional(ids[i]));
    if (!described) return std::move(described).error();
    content.layers.push_back(*std::move(described));
  }
  const auto manifest = Manifest::make(std::move(content));
  layout_.made.insert_or_assign(blob_name(manifest.digest()), manifest.bytes());
  index_.add_untagged(manifest.descriptor());
  for (const auto& tag : image.tags) {
    if (has_port(tag)) {
      shortened_.emplace_back(tag.substr(tag.find('/') + 1), manifest.descriptor());
    } else {
      index_.set(tag, manifest.descriptor());
    }
  }
  return {};
}

}  // namespace

Result<std::vector<DockerImage>> parse_docker_manifest(std::string_view bytes) {
  const auto document = json::parse(bytes, json::DuplicateKeys::last_wins);
  if (!document) return damaged(document.error().message());
  if (!document->is_array() || document->empty()) return damaged("it is no list of images");
  if (document->size() > max_docker_images) {
    return Error(Errc::limit_exceeded, "manifest.json: more than " + std::to_string(max_docker_images) + " images");
  }
  std::vector<DockerImage> images;
  for (const auto& one : *document) {
    if (!one.is_object()) return damaged("it holds something that is no image");
    const auto config = one.find("Config");
    auto layers = texts(one, "Layers");
    auto tags = texts(one, "RepoTags");
    if (config == one.end() || !config->is_string() || !layers || !tags) {
      return damaged("an image has no Config, or no list of Layers or RepoTags");
    }
    if (layers->size() > max_docker_layers || tags->size() > max_docker_layers) {
      return Error(Errc::limit_exceeded,
                   "manifest.json: an image of more than " + std::to_string(max_docker_layers) + " layers or tags");
    }
    images.push_back({config->get<std::string>(), *std::move(layers), *std::move(tags)});
  }
  return images;
}

Result<DockerLayout> layout_of_docker_archive(const DockerMembers& members) {
  const auto file = members.index.find("manifest.json");
  if (file == members.index.end()) return Error(Errc::corrupt, "there is no manifest.json");
  const auto bytes = members.read(file->second, max_docker_manifest_size);
  if (!bytes) return bytes.error();
  const auto images = parse_docker_manifest(*bytes);
  if (!images) return images.error();
  Builder builder(members);
  for (const auto& image : *images) {
    if (auto added = builder.add(image); !added) return std::move(added).error();
  }
  return builder.finish();
}

}  // namespace portolan::internal::store
