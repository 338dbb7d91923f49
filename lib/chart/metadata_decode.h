// SPDX-License-Identifier: Apache-2.0
// From a resolved YAML document to metadata, as Helm's decoder (Go's encoding/json) does it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <portolan/chart/metadata.h>

#include "yaml/value.h"

namespace portolan::internal::chart {

/// Where lists held null instead of an entry: legal to the decoder, refused by the validation.
struct NullEntries {
  std::optional<std::size_t> maintainer;  ///< index of the first one
  std::optional<std::size_t> dependency;
};

/// Decodes a document on top of what `metadata` holds: fields that it names override, others survive; keys match
/// without regard to case, in bytewise order, so that the last one wins; unknown keys are ignored.
/// Errors: invalid_chart, in the decoder's words.
Result<void> decode_metadata(const yaml::Value& document, portolan::chart::Metadata& metadata, NullEntries& nulls);

/// The same for a lock file. Errors: invalid_chart.
Result<portolan::chart::Lock> decode_lock(const yaml::Value& document);

/// Composes the text and decodes it. Errors: invalid_chart, as Helm says it after "cannot load Chart.yaml: ".
Result<void> read_metadata(std::string_view text, portolan::chart::Metadata& metadata, NullEntries& nulls);
Result<portolan::chart::Lock> read_lock(std::string_view text);

/// What Helm reads of Chart.yaml before it decides how to load a chart: no other field has a type yet, so that a
/// float which JSON cannot hold is an error even where text is expected. Errors: as read_metadata().
Result<std::string> read_api_version(std::string_view text);

/// Validation with the knowledge of null entries (chart-package 1.6).
Result<void> validate(portolan::chart::Metadata& metadata, const NullEntries& nulls);

}  // namespace portolan::internal::chart
