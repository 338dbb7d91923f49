// SPDX-License-Identifier: Apache-2.0
// What a scalar means (chart-package 10.1).
#pragma once

#include <cstdint>
#include <string_view>

#include <portolan/base/result.h>

#include "yaml/value.h"

namespace portolan::internal::yaml {

/// The tags that change a scalar's meaning.
enum class Tag : std::uint8_t {
  none,       ///< no tag
  string,     ///< !!str
  boolean,    ///< !!bool
  integer,    ///< !!int
  floating,   ///< !!float
  null,       ///< !!null
  timestamp,  ///< !!timestamp
  binary,     ///< !!binary
  merge,      ///< !!merge
  other,      ///< any other tag: the scalar stays text
};

/// Of a tag in its long form, `tag:yaml.org,2002:str`.
Tag tag_of(std::string_view long_form) noexcept;

/// A plain scalar's value under a tag (none: an untagged plain scalar). Errors: invalid_chart.
Result<Value> resolve(Tag tag, std::string_view text);

/// Whether a plain scalar of that text stays that text.
bool resolves_to_string(std::string_view text);

/// Decodes base64 as Go's standard encoding does: line breaks ignored, padding required. Errors: invalid_chart.
Result<std::string> decode_base64(std::string_view text);

}  // namespace portolan::internal::yaml
