// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>

#include <portolan/oci/manifest.h>

#include "oci/layout_index.h"

using portolan::Index;
using portolan::internal::oci::LayoutIndex;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_index(const std::string& bytes) {
  const auto read = Index::parse(bytes, "");
  if (!read) return;
  require(read->bytes() == bytes && read->digest() == portolan::digest_of(bytes));
  require(portolan::media_type::is_index(read->media_type()));
  const auto made = Index::make({.media_type = read->media_type(),
                                 .artifact_type = read->artifact_type(),
                                 .manifests = read->manifests(),
                                 .subject = read->subject(),
                                 .annotations = read->annotations()});
  if (made.bytes().size() > portolan::max_manifest_size) return;
  const auto again = Index::parse(made.bytes(), read->media_type()).value();
  require(again.manifests() == read->manifests() && again.subject() == read->subject());
  require(again.annotations() == read->annotations() && again.artifact_type() == read->artifact_type());
}

// Entries survive being written, and are the same in both forms.
void check_written(const LayoutIndex& index) {
  const auto bytes = index.serialise();
  const auto again = LayoutIndex::parse(bytes).value();
  require(again.serialise() == bytes);
  require(again.entries().size() == index.entries().size());
  for (std::size_t i = 0; i < index.entries().size(); ++i) {
    require(again.entries()[i].name == index.entries()[i].name);
    require(again.entries()[i].descriptor == index.entries()[i].descriptor);
  }
}

bool lists(const LayoutIndex& index, const portolan::Digest& digest) {
  for (const auto& entry : index.entries()) {
    if (entry.descriptor.digest == digest) return true;
  }
  return false;
}

void check_layout_index(const std::string& bytes) {
  auto parsed = LayoutIndex::parse(bytes);
  if (!parsed) return;
  check_written(*parsed);
  const auto added = portolan::describe(portolan::media_type::oci_manifest, "added");
  const auto before = *parsed;
  parsed->set("name", added);
  require(parsed->find("name") != nullptr && parsed->find("name")->descriptor.digest == added.digest);
  check_written(*parsed);
  // No manifest is lost by names that come and go.
  for (const auto& entry : before.entries()) {
    if (!entry.name.empty()) {
      parsed->remove_name(entry.name);
      require(parsed->find(entry.name) == nullptr);
    }
    require(lists(*parsed, entry.descriptor.digest));
  }
  parsed->add_untagged(added);
  check_written(*parsed);
  require(parsed->remove_digest(added.digest) && !lists(*parsed, added.digest));
  check_written(*parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  check_index(bytes);
  check_layout_index(bytes);
  return 0;
}
