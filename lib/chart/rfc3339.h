// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <portolan/chart/chart.h>

namespace portolan::internal::chart {

/// A time as Go's encoding/json reads it.
struct Timestamp {
  portolan::chart::FileTime utc;
  std::string text;  ///< as Go prints it: offset kept, trailing zeros of the fraction dropped, `+00:00` as `Z`
};

/// Strict RFC 3339: `2024-05-01T10:11:12[.fraction]Z|±hh:mm`. Errors: invalid_argument.
Result<Timestamp> parse_rfc3339(std::string_view text);

/// `2023-11-14T22:14:20Z`. Contract: a year from 0 to 9999.
std::string format_utc(std::int64_t seconds);

/// The times that format_utc() can print: 0000-01-01 to 9999-12-31.
inline constexpr std::int64_t first_printable_time = -62'167'219'200;
inline constexpr std::int64_t last_printable_time = 253'402'300'799;

}  // namespace portolan::internal::chart
