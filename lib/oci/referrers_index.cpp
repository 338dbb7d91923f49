// SPDX-License-Identifier: Apache-2.0
#include "oci/referrers_index.h"

#include <portolan/oci/manifest.h>

#include <algorithm>

#include "json/json.h"
#include "json/writer.h"
#include "oci/codec.h"

namespace portolan::internal::oci {
namespace {

constexpr std::size_t longest_algorithm = 32;
constexpr std::size_t longest_encoded = 64;

bool in_tag(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/// The tree of an index, its entries being a list.
Result<json::Value> read_index(std::string_view text) {
  auto index = json::parse(text);
  if (!index) return std::move(index).error();
  const auto entries = index->is_object() ? index->find("manifests") : index->end();
  if (!index->is_object() || index->contains("layers") || index->contains("config") ||
      (entries != index->end() && !entries->is_array() && !entries->is_null())) {
    return Error(Errc::corrupt, "it is no index");
  }
  if (entries == index->end() || entries->is_null()) (*index)["manifests"] = json::Value::array();
  return index;
}

bool is_of(const json::Value& entry, const Digest& digest) {
  if (!entry.is_object()) return false;
  const auto found = entry.find("digest");
  return found != entry.end() && found->is_string() && found->get<std::string>() == digest.string();
}

std::string text_of(const json::Value& index) {
  json::Writer writer;
  json::write(writer, index);
  return std::move(writer).text();
}

}  // namespace

std::string fallback_tag(const Digest& subject) {
  auto tag = std::string(subject.algorithm_name().substr(0, longest_algorithm)) + "-" +
             std::string(subject.encoded().substr(0, longest_encoded));
  std::replace_if(
      tag.begin(), tag.end(), [](char c) { return !in_tag(c); }, '-');
  return tag;
}

bool is_fallback_tag(std::string_view tag) {
  if (!tag.starts_with("sha256-") && !tag.starts_with("sha512-")) return false;
  tag.remove_prefix(7);
  return tag.size() == longest_encoded && tag.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::optional<std::string>> with_referrer(std::string_view index, const Descriptor& referrer) {
  constexpr std::string_view none =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})";
  auto read = read_index(index.empty() ? none : index);
  if (!read) return std::move(read).error();
  auto& entries = (*read)["manifests"];
  const bool there =
      std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return is_of(entry, referrer.digest); });
  if (there) return std::optional<std::string>();
  json::Writer writer;
  write_descriptor(writer, referrer);
  auto entry = json::parse(writer.text());
  if (!entry) return std::move(entry).error();
  entries.push_back(*std::move(entry));
  auto text = text_of(*read);
  if (text.size() > max_manifest_size) {
    return Error(Errc::limit_exceeded,
                 "the list of referrers would have more than " + std::to_string(max_manifest_size) + " bytes");
  }
  return std::optional(std::move(text));
}

Result<std::optional<Remaining>> without_referrer(std::string_view index, const Digest& referrer) {
  auto read = read_index(index);
  if (!read) return std::move(read).error();
  auto& entries = (*read)["manifests"];
  json::Value kept = json::Value::array();
  for (auto& entry : entries) {
    if (!is_of(entry, referrer)) kept.push_back(std::move(entry));
  }
  if (kept.size() == entries.size()) return std::optional<Remaining>();
  const bool empty = kept.empty();
  entries = std::move(kept);
  return std::optional(Remaining{.index = text_of(*read), .empty = empty});
}

}  // namespace portolan::internal::oci
