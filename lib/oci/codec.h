// SPDX-License-Identifier: Apache-2.0
// Descriptors and what manifests and indexes have in common, between JSON and values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/oci/descriptor.h>

#include "json/json.h"
#include "json/writer.h"

namespace portolan::internal::oci {

/// Descriptors in one manifest or index. The largest images have 127 layers and the largest indexes some hundred
/// manifests; 4 MiB could hold 30,000 tiny ones, each of which would cost a request to copy.
inline constexpr std::size_t max_descriptors = 10'000;

enum class Kind : std::uint8_t { manifest, index };

/// Parses the bytes of a manifest or index as far as both have it in common: one JSON object of the right kind, with
/// schemaVersion 2, and no key that is `known` but for the case of letters (Go's readers would take it).
/// Errors: corrupt, limit_exceeded.
Result<json::Value> read_document(std::string_view bytes, Kind kind, std::span<const std::string_view> known);

/// The text of a member; empty where it is absent or null. Errors: corrupt.
Result<std::string> read_string(const json::Value& object, std::string_view key);

/// The member `annotations`; empty where it is absent or null. Errors: corrupt.
Result<Annotations> read_annotations(const json::Value& object);

/// A descriptor, its `data` verified. Data that nothing can verify (an unknown digest algorithm) is left out.
/// Errors: corrupt.
Result<Descriptor> read_descriptor(const json::Value& value);

/// A member that is a descriptor; nothing where it is absent or null. Errors: corrupt.
Result<std::optional<Descriptor>> read_optional_descriptor(const json::Value& object, std::string_view key);

/// A member that is a list of descriptors; empty where it is absent or null, as Go writes an empty one.
/// Errors: corrupt, limit_exceeded.
Result<std::vector<Descriptor>> read_descriptors(const json::Value& object, std::string_view key);

/// Writes the descriptor as Go's image-spec structure of v1.1.1 is written.
void write_descriptor(json::Writer& writer, const Descriptor& descriptor);
void write_descriptors(json::Writer& writer, std::string_view key, const std::vector<Descriptor>& descriptors);
/// Nothing where there are none.
void write_annotations(json::Writer& writer, const Annotations& annotations);
/// Nothing where the text is empty.
void write_unless_empty(json::Writer& writer, std::string_view key, std::string_view text);

}  // namespace portolan::internal::oci
