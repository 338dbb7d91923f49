// SPDX-License-Identifier: Apache-2.0
#include "oci/codec.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/base64.h"
#include "base/text.h"

namespace portolan::internal::oci {
namespace {

using json::Value;

constexpr std::array<std::string_view, 8> descriptor_keys = {"mediaType",   "digest", "size",     "urls",
                                                             "annotations", "data",   "platform", "artifactType"};

Error corrupt(std::string text) { return Error(Errc::corrupt, std::move(text)); }

// The member, or null where it is absent or JSON's null, which Go reads as absent.
const Value* member(const Value& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// A key as Go's decoder compares it: ASCII letters in any case, and the two other characters that fold to ASCII.
std::string folded(std::string_view key) {
  std::string out;
  for (std::size_t at = 0; at < key.size();) {
    const auto start = at;
    const char32_t c = next_code_point(key, at);
    if (c == 0x17F) {
      out += 's';
    } else if (c == 0x212A) {
      out += 'k';
    } else if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out.append(key.substr(start, at - start));
    }
  }
  return out;
}

Result<void> check_keys(const Value& object, std::span<const std::string_view> known) {
  // The longest known key is far shorter: what cannot fold to one is not worth folding.
  constexpr std::size_t longest = 64;
  for (const auto& [key, value] : object.items()) {
    if (key.size() > longest || std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto name = folded(key);
    for (const auto& exact : known) {
      if (name == folded(exact)) {
        return corrupt("the key " + internal::quote(key) + " is " + internal::quote(exact) +
                       " to some readers and unknown to others");
      }
    }
  }
  return {};
}

Result<std::vector<std::string>> read_strings(const Value& object, std::string_view key) {
  std::vector<std::string> texts;
  const Value* const list = member(object, key);
  if (list == nullptr) return texts;
  if (!list->is_array()) return corrupt(std::string(key) + " is no list");
  for (const auto& element : *list) {
    if (!element.is_string()) return corrupt(std::string(key) + " holds something else than text");
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

Result<std::uint64_t> read_size(const Value& object) {
  const Value* const size = member(object, "size");
  if (size == nullptr) return corrupt("size is missing");
  // A negative number is a signed one to the parser; a float or an overflow is neither.
  if (!size->is_number_unsigned() || size->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    return corrupt("size is no integer from 0 to 9223372036854775807");
  }
  return size->get<std::uint64_t>();
}

Result<std::string> read_required_string(const Value& object, std::string_view key) {
  auto text = read_string(object, key);
  if (text && text->empty()) return corrupt(std::string(key) + " is missing");
  return text;
}

Result<Digest> read_digest(const Value& object) {
  const auto text = read_required_string(object, "digest");
  if (!text) return text.error();
  auto digest = Digest::parse(*text);
  if (!digest) return corrupt(digest.error().text());
  return digest;
}

Result<std::optional<std::string>> read_data(const Value& object, const Digest& digest, std::uint64_t size) {
  const Value* const data = member(object, "data");
  if (data == nullptr) return std::optional<std::string>();
  auto bytes = data->is_string() ? base64_decode(data->get_ref<const std::string&>()) : std::nullopt;
  if (!bytes) return corrupt("data is no base64 text");
  // Empty data is no data to Go, which leaves it out. Other content than the descriptor's is of no use, and no harm
  // either: the right one is where content is.
  const bool right = digest.verifiable() && !bytes->empty() && bytes->size() == size &&
                     digest_of(*bytes, digest.algorithm()) == digest;
  return right ? std::move(bytes) : std::nullopt;
}

Result<std::optional<Platform>> read_platform(const Value& object) {
  const Value* const value = member(object, "platform");
  if (value == nullptr) return std::optional<Platform>();
  if (!value->is_object()) return corrupt("platform is no object");
  Platform platform;
  const std::pair<std::string_view, std::string*> texts[] = {
      {"architecture", &platform.architecture},
      {"os", &platform.os},
      {"os.version", &platform.os_version},
      {"variant", &platform.variant},
  };
  for (const auto& [key, into] : texts) {
    auto text = read_string(*value, key);
    if (!text) return std::move(text).error().within("platform");
    *into = *std::move(text);
  }
  auto features = read_strings(*value, "os.features");
  if (!features) return std::move(features).error().within("platform");
  platform.os_features = *std::move(features);
  return std::optional(std::move(platform));
}

void write_strings(json::Writer& writer, std::string_view key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  writer.key(key).begin_array();
  for (const auto& text : texts) writer.string(text);
  writer.end_array();
}

void write_platform(json::Writer& writer, const Platform& platform) {
  writer.key("platform").begin_object();
  writer.member("architecture", platform.architecture).member("os", platform.os);
  write_unless_empty(writer, "os.version", platform.os_version);
  write_strings(writer, "os.features", platform.os_features);
  write_unless_empty(writer, "variant", platform.variant);
  writer.end_object();
}

Result<void> check_kind(const Value& object, Kind kind) {
  // An object that is both could be taken for either, under one digest (CVE-2021-41190).
  switch (kind) {
    case Kind::manifest:
      if (object.contains("manifests")) return corrupt("it is an index (it has \"manifests\"), not a manifest");
      break;
    case Kind::index:
      if (object.contains("config") || object.contains("layers")) {
        return corrupt("it is a manifest (it has \"config\" or \"layers\"), not an index");
      }
      break;
  }
  if (object.contains("fsLayers")) return corrupt("it is a manifest of Docker's retired schema 1");
  return {};
}

}  // namespace

Result<Value> read_document(std::string_view bytes, Kind kind, std::span<const std::string_view> known) {
  auto document = json::parse(bytes);
  if (!document) return document;
  if (!document->is_object()) return corrupt("it is no JSON object");
  if (const auto kinds = check_kind(*document, kind); !kinds) return kinds.error();
  if (const auto keys = check_keys(*document, known); !keys) return keys.error();
  const Value* const version = member(*document, "schemaVersion");
  // Whoever leaves it out is read by all others. What has nothing else either is none of ours.
  if (version == nullptr) {
    if (document->contains("config") || document->contains("manifests")) return document;
    return corrupt("schemaVersion is missing");
  }
  if (!version->is_number_unsigned() || version->get<std::uint64_t>() != 2) return corrupt("schemaVersion is not 2");
  return document;
}

Result<std::string> read_string(const Value& object, std::string_view key) {
  const Value* const value = member(object, key);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return corrupt(std::string(key) + " is no text");
  return value->get<std::string>();
}

Result<Annotations> read_annotations(const Value& object) {
  Annotations annotations;
  const Value* const value = member(object, "annotations");
  if (value == nullptr) return annotations;
  if (!value->is_object()) return corrupt("annotations is no object");
  for (const auto& [key, text] : value->items()) {
    if (!text.is_string()) return corrupt("the annotation " + internal::quote(key) + " is no text");
    annotations.emplace(key, text.get<std::string>());
  }
  return annotations;
}

Result<Descriptor> read_descriptor(const Value& value) {
  if (!value.is_object()) return corrupt("it is no object");
  if (const auto keys = check_keys(value, descriptor_keys); !keys) return keys.error();
  auto media_type = read_required_string(value, "mediaType");
  if (!media_type) return std::move(media_type).error();
  auto digest = read_digest(value);
  if (!digest) return std::move(digest).error();
  const auto size = read_size(value);
  if (!size) return size.error();
  auto urls = read_strings(value, "urls");
  if (!urls) return std::move(urls).error();
  auto annotations = read_annotations(value);
  if (!annotations) return std::move(annotations).error();
  auto data = read_data(value, *digest, *size);
  if (!data) return std::move(data).error();
  auto artifact_type = read_string(value, "artifactType");
  if (!artifact_type) return std::move(artifact_type).error();
  auto platform = read_platform(value);
  if (!platform) return std::move(platform).error();
  return Descriptor{*std::move(media_type),    *std::move(digest),      *size,
                    *std::move(urls),          *std::move(annotations), *std::move(data),
                    *std::move(artifact_type), *std::move(platform)};
}

Result<std::optional<Descriptor>> read_optional_descriptor(const Value& object, std::string_view key) {
  const Value* const value = member(object, key);
  if (value == nullptr) return std::optional<Descriptor>();
  auto descriptor = read_descriptor(*value);
  if (!descriptor) return std::move(descriptor).error().within(std::string(key));
  return std::optional(*std::move(descriptor));
}

Result<std::vector<Descriptor>> read_descriptors(const Value& object, std::string_view key) {
  std::vector<Descriptor> descriptors;
  const Value* const list = member(object, key);
  if (list == nullptr) return descriptors;
  if (!list->is_array()) return corrupt(std::string(key) + " is no list");
  if (list->size() > max_descriptors) {
    return Error(Errc::limit_exceeded,
                 std::string(key) + " holds more than " + std::to_string(max_descriptors) + " descriptors");
  }
  for (const auto& element : *list) {
    auto descriptor = read_descriptor(element);
    if (!descriptor) {
      return std::move(descriptor).error().within(std::string(key) + "[" + std::to_string(descriptors.size()) + "]");
    }
    descriptors.push_back(*std::move(descriptor));
  }
  return descriptors;
}

void write_unless_empty(json::Writer& writer, std::string_view key, std::string_view text) {
  if (!text.empty()) writer.member(key, text);
}

void write_annotations(json::Writer& writer, const Annotations& annotations) {
  if (annotations.empty()) return;
  writer.key("annotations").begin_object();
  for (const auto& [key, text] : annotations) writer.member(key, text);
  writer.end_object();
}

void write_descriptor(json::Writer& writer, const Descriptor& descriptor) {
  writer.begin_object();
  writer.member("mediaType", descriptor.media_type);
  writer.member("digest", descriptor.digest.string());
  writer.key("size").unsigned_integer(descriptor.size);
  write_strings(writer, "urls", descriptor.urls);
  write_annotations(writer, descriptor.annotations);
  if (descriptor.data && !descriptor.data->empty()) writer.member("data", base64_encode(*descriptor.data));
  if (descriptor.platform) write_platform(writer, *descriptor.platform);
  write_unless_empty(writer, "artifactType", descriptor.artifact_type);
  writer.end_object();
}

void write_descriptors(json::Writer& writer, std::string_view key, const std::vector<Descriptor>& descriptors) {
  writer.key(key).begin_array();
  for (const auto& descriptor : descriptors) write_descriptor(writer, descriptor);
  writer.end_array();
}

}  // namespace portolan::internal::oci
