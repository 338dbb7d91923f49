// SPDX-License-Identifier: Apache-2.0
// The input is the list of referrers under a fallback tag, which anybody may have written.
#include <portolan/oci/manifest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "oci/referrers_index.h"

using namespace portolan;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// What others wrote there is kept, though it be nothing that can be read.
bool lists(std::string_view list, const Digest& digest) {
  const auto index = Index::parse(std::string(list));
  if (!index) return true;
  for (const auto& entry : index->manifests()) {
    if (entry.digest == digest) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string list(reinterpret_cast<const char*>(data), size);
  static const auto referrer = describe(media_type::oci_manifest, "a referrer");

  const auto with = internal::oci::with_referrer(list, referrer);
  if (with && *with) {
    require(lists(**with, referrer.digest));
    // What was there stays there.
    if (const auto before = Index::parse(list)) {
      for (const auto& entry : before->manifests()) require(lists(**with, entry.digest));
    }
    const auto again = internal::oci::with_referrer(**with, referrer);
    require(again && !*again);
    const auto without = internal::oci::without_referrer(**with, referrer.digest);
    require(without && *without);
    require((*without)->empty || !Index::parse((*without)->index) || !lists((*without)->index, referrer.digest));
  }
  static_cast<void>(internal::oci::without_referrer(list, referrer.digest));
  return 0;
}
