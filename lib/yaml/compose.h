// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <portolan/base/result.h>

#include "yaml/value.h"

namespace portolan::internal::yaml {

/// Limits on a document: a chart file is at most 5 MiB.
inline constexpr std::size_t max_document_size = 5 * 1024 * 1024;
inline constexpr std::size_t max_document_depth = 1'000;
/// Nodes after aliases were expanded, and bytes of scalars: go-yaml shares the text of an alias, a Value copies it.
inline constexpr std::size_t max_document_nodes = 1'000'000;
inline constexpr std::size_t max_document_text = 4 * max_document_size;

enum class DuplicateMappingKeys : std::uint8_t { last_wins, refuse };

/// Reads the first document of a text as go-yaml v2 does, through the JSON bridge (chart-package 1.8, 10.1, 10.2):
/// scalars resolved, aliases and merge keys expanded, keys turned into text. An empty text is null.
/// Of keys that have one text and several types (`1` and `"1"`) the last one wins; in Go a random one does. Infinities
/// and NaN are values here; where no string is asked for, Go refuses them when it writes the JSON.
/// Errors: invalid_chart, in go-yaml's words ("yaml: line 2: …"); limit_exceeded; unsupported, where libyaml may read
/// what go-yaml accepts in another way and nothing can be done about it: a byte order mark where go-yaml's buffer may
/// begin with it, a tag with an escaped NUL, a tag with ',', '[' or ']' beside a %TAG directive, nonsense behind the
/// end of a document that is no block mapping, UTF-16 with anything wrong in it; and where keys of one mapping differ
/// only in bytes that are not UTF-8 (`!!binary`), which JSON drops. Also refused, as invalid_chart: a flow collection
/// at the top, as a key, in which nothing could be a key itself (`[]: x`, `{? a}: x`), of which Go makes a document.
Result<Value> compose(std::string_view text, DuplicateMappingKeys duplicates = DuplicateMappingKeys::last_wins);

}  // namespace portolan::internal::yaml
