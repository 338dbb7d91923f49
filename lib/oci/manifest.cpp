// SPDX-License-Identifier: Apache-2.0
#include <portolan/oci/manifest.h>

#include <array>

#include "base/text.h"
#include "oci/codec.h"

namespace portolan {
namespace {

namespace codec = internal::oci;
namespace json = internal::json;

constexpr std::array<std::string_view, 7> manifest_keys = {"schemaVersion", "mediaType", "artifactType", "config",
                                                           "layers",        "subject",   "annotations"};
constexpr std::array<std::string_view, 6> index_keys = {"schemaVersion", "mediaType", "artifactType",
                                                        "manifests",     "subject",   "annotations"};

Result<void> check_size(const std::string& bytes) {
  if (bytes.size() <= max_manifest_size) return {};
  return Error(Errc::limit_exceeded, "it is larger than " + std::to_string(max_manifest_size) + " bytes");
}

// The media type that the body names itself, where it does; it may not contradict what the store said.
Result<std::optional<std::string>> read_media_type(const json::Value& document, std::string_view told) {
  auto own = codec::read_string(document, "mediaType");
  if (!own) return std::move(own).error();
  if (own->empty()) return std::optional<std::string>();
  if (!told.empty() && *own != told) {
    return Error(Errc::corrupt,
                 "its mediaType is " + internal::quote(*own) + ", but it was given as " + internal::quote(told));
  }
  return std::optional(*std::move(own));
}

Error wrong_type(std::string_view type, std::string_view wanted) {
  return Error(Errc::corrupt, "its media type " + internal::quote(type) + " is not that of " + std::string(wanted));
}

Result<Manifest::Content> read_manifest(const std::string& bytes, std::string_view told) {
  if (const auto size = check_size(bytes); !size) return size.error();
  const auto document = codec::read_document(bytes, codec::Kind::manifest, manifest_keys);
  if (!document) return document.error();
  auto media_type = read_media_type(*document, told);
  if (!media_type) return std::move(media_type).error();
  auto artifact_type = codec::read_string(*document, "artifactType");
  if (!artifact_type) return std::move(artifact_type).error();
  auto config = codec::read_optional_descriptor(*document, "config");
  if (!config) return std::move(config).error();
  if (!config->has_value()) return Error(Errc::corrupt, "config is missing");
  auto layers = codec::read_descriptors(*document, "layers");
  if (!layers) return std::move(layers).error();
  auto subject = codec::read_optional_descriptor(*document, "subject");
  if (!subject) return std::move(subject).error();
  auto annotations = codec::read_annotations(*document);
  if (!annotations) return std::move(annotations).error();
  return Manifest::Content{*std::move(media_type), *std::move(artifact_type), **std::move(config),
                           *std::move(layers),     *std::move(subject),       *std::move(annotations)};
}

Result<Index::Content> read_index(const std::string& bytes, std::string_view told) {
  if (const auto size = check_size(bytes); !size) return size.error();
  const auto document = codec::read_document(bytes, codec::Kind::index, index_keys);
  if (!document) return document.error();
  auto media_type = read_media_type(*document, told);
  if (!media_type) return std::move(media_type).error();
  auto artifact_type = codec::read_string(*document, "artifactType");
  if (!artifact_type) return std::move(artifact_type).error();
  auto manifests = codec::read_descriptors(*document, "manifests");
  if (!manifests) return std::move(manifests).error();
  auto subject = codec::read_optional_descriptor(*document, "subject");
  if (!subject) return std::move(subject).error();
  auto annotations = codec::read_annotations(*document);
  if (!annotations) return std::move(annotations).error();
  return Index::Content{*std::move(media_type), *std::move(artifact_type), *std::move(manifests), *std::move(subject),
                        *std::move(annotations)};
}

void begin(json::Writer& writer, const std::optional<std::string>& media_type, std::string_view artifact_type) {
  writer.begin_object().key("schemaVersion").integer(2);
  codec::write_unless_empty(writer, "mediaType", media_type ? *media_type : "");
  codec::write_unless_empty(writer, "artifactType", artifact_type);
}

std::string end(json::Writer& writer, const std::optional<Descriptor>& subject, const Annotations& annotations) {
  if (subject) codec::write_descriptor(writer.key("subject"), *subject);
  codec::write_annotations(writer, annotations);
  return std::move(writer.end_object()).text();
}

Descriptor descriptor_of(const std::string& media_type, const Digest& digest, std::uint64_t size,
                         const std::string& artifact_type) {
  return Descriptor{.media_type = media_type, .digest = digest, .size = size, .artifact_type = artifact_type};
}

}  // namespace

Manifest::Manifest(std::string bytes, std::string media_type, Content content)
    : bytes_(std::move(bytes)),
      media_type_(std::move(media_type)),
      content_(std::move(content)),
      digest_(digest_of(bytes_)) {}

Result<Manifest> Manifest::parse(std::string bytes, std::string_view media_type) {
  constexpr auto frame = "reading a manifest";
  auto content = read_manifest(bytes, media_type);
  if (!content) return std::move(content).error().within(frame);
  std::string type = content->media_type ? *content->media_type : std::string(media_type);
  if (!media_type::is_manifest(type)) return wrong_type(type, "a manifest").within(frame);
  return Manifest(std::move(bytes), std::move(type), *std::move(content));
}

Manifest Manifest::make(Content content) {
  json::Writer writer;
  begin(writer, content.media_type, content.artifact_type);
  codec::write_descriptor(writer.key("config"), content.config);
  codec::write_descriptors(writer, "layers", content.layers);
  std::string bytes = end(writer, content.subject, content.annotations);
  std::string type = content.media_type.value_or(std::string(media_type::oci_manifest));
  return Manifest(std::move(bytes), std::move(type), std::move(content));
}

Descriptor Manifest::descriptor() const {
  return descriptor_of(media_type_, digest_, bytes_.size(), content_.artifact_type);
}

Index::Index(std::string bytes, std::string media_type, Content content)
    : bytes_(std::move(bytes)),
      media_type_(std::move(media_type)),
      content_(std::move(content)),
      digest_(digest_of(bytes_)) {}

Result<Index> Index::parse(std::string bytes, std::string_view media_type) {
  constexpr auto frame = "reading an index";
  auto content = read_index(bytes, media_type);
  if (!content) return std::move(content).error().within(frame);
  std::string type = content->media_type ? *content->media_type : std::string(media_type);
  if (!media_type::is_index(type)) return wrong_type(type, "an index").within(frame);
  return Index(std::move(bytes), std::move(type), *std::move(content));
}

Index Index::make(Content content) {
  json::Writer writer;
  begin(writer, content.media_type, content.artifact_type);
  codec::write_descriptors(writer, "manifests", content.manifests);
  std::string bytes = end(writer, content.subject, content.annotations);
  std::string type = content.media_type.value_or(std::string(media_type::oci_index));
  return Index(std::move(bytes), std::move(type), std::move(content));
}

Descriptor Index::descriptor() const {
  return descriptor_of(media_type_, digest_, bytes_.size(), content_.artifact_type);
}

Descriptor describe(std::string_view media_type, std::string_view content) {
  return Descriptor{.media_type = std::string(media_type), .digest = digest_of(content), .size = content.size()};
}

Result<std::vector<Descriptor>> successors(std::string_view media_type, const std::string& bytes) {
  if (media_type::is_manifest(media_type)) {
    const auto manifest = Manifest::parse(bytes, media_type);
    if (!manifest) return manifest.error();
    std::vector<Descriptor> all{manifest->config()};
    all.insert(all.end(), manifest->layers().begin(), manifest->layers().end());
    return all;
  }
  if (media_type::is_index(media_type)) {
    const auto index = Index::parse(bytes, media_type);
    if (!index) return index.error();
    return index->manifests();
  }
  return std::vector<Descriptor>();
}

}  // namespace portolan
