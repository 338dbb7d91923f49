// SPDX-License-Identifier: Apache-2.0
// In a file of its own for the sake of the JSON library, which is slow to compile.
#include <portolan/chart/report.h>

#include "json/json.h"
#include "json/writer.h"

namespace portolan::chart {

Result<std::string> manifest_json(const Reference& reference, const StoredManifest& manifest) {
  const auto& [descriptor, bytes] = manifest;
  // Not verbatim: the bytes may hold line ends, or be no JSON at all.
  auto content = internal::json::parse(bytes);
  if (!content) return std::move(content).error();
  if (!content->is_object()) return Error(Errc::corrupt, "the manifest is JSON, but no object");
  internal::json::Writer out;
  out.begin_object().member("schema", "portolan.manifest/v1").member("reference", reference.string());
  out.member("digest", descriptor.digest.string()).member("media_type", descriptor.media_type);
  out.key("size").unsigned_integer(descriptor.size);
  internal::json::write(out.key("manifest"), *content);
  out.end_object();
  return std::move(out).printable();
}

}  // namespace portolan::chart
