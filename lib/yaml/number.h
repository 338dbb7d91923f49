// SPDX-License-Identifier: Apache-2.0
// Numbers in Go's spelling, both ways.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace portolan::internal::yaml {

/// The fewest digits that give the same double, or the same single-precision float, back.
enum class Precision : std::uint8_t { single, full };

/// As strconv.FormatFloat(value, 'g', -1, …): `1.5`, `1e+06`, `1e-07`, `+Inf`, `-Inf`, `NaN`.
std::string format_float(double value, Precision precision);

/// As encoding/json writes a double: an exponent only below 1e-6 and from 1e21. Contract: finite.
std::string format_json_number(double value);

/// An integer with its sign and prefix (`0x`, `0b`, `0o`, or `0` for octal) that fits int64, or uint64 without a sign.
using Integer = std::variant<std::int64_t, std::uint64_t>;
std::optional<Integer> parse_integer(std::string_view text);

/// Binary digits behind an optional sign.
std::optional<std::int64_t> parse_binary(std::string_view text);

/// `[+-]? (.d+ | d+(.d*)?) ([eE][+-]?d+)?`; nothing where it overflows a double.
std::optional<double> parse_float(std::string_view text);

/// The text without its underscores, or nothing unless each stands between two digits (Go's literal syntax).
std::optional<std::string> without_underscores(std::string_view text);

}  // namespace portolan::internal::yaml
