// SPDX-License-Identifier: Apache-2.0
// The index in which the referrers of a manifest are kept where a registry has no API for them (OCI distribution
// specification, "Referrers Tag Schema"). What others have written there stays as it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <portolan/oci/descriptor.h>

namespace portolan::internal::oci {

/// The tag of that index: "sha256-…"; at most 97 characters, whatever the digest is.
std::string fallback_tag(const Digest& subject);

/// Whether a tag has the form of a fallback tag.
bool is_fallback_tag(std::string_view tag);

/// The index with one more entry at its end; `index` is empty where there is none yet. Nothing where it has an entry of
/// that digest already. Errors: corrupt (it is no index), limit_exceeded.
Result<std::optional<std::string>> with_referrer(std::string_view index, const Descriptor& referrer);

/// The index without the entries of that digest, and whether others are left. Nothing where it has none.
/// Errors: corrupt (it is no index).
struct Remaining {
  std::string index{};
  bool empty = false;
};
Result<std::optional<Remaining>> without_referrer(std::string_view index, const Digest& referrer);

}  // namespace portolan::internal::oci
