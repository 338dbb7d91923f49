// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>

#include <portolan/oci/manifest.h>

using portolan::Manifest;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const auto told : {std::string_view(), portolan::media_type::oci_manifest}) {
    const auto read = Manifest::parse(bytes, told);
    if (!read) continue;
    require(read->bytes() == bytes && read->digest() == portolan::digest_of(bytes));
    require(portolan::media_type::is_manifest(read->media_type()));
    require(portolan::successors(read->media_type(), bytes).value().size() == 1 + read->layers().size());
    // What is written again reads as the same.
    const auto made = Manifest::make({.media_type = read->media_type(),
                                      .artifact_type = read->artifact_type(),
                                      .config = read->config(),
                                      .layers = read->layers(),
                                      .subject = read->subject(),
                                      .annotations = read->annotations()});
    if (made.bytes().size() > portolan::max_manifest_size) continue;
    const auto again = Manifest::parse(made.bytes(), read->media_type()).value();
    require(again.config() == read->config() && again.layers() == read->layers());
    require(again.subject() == read->subject() && again.annotations() == read->annotations());
    require(again.artifact_type() == read->artifact_type());
  }
  return 0;
}
