// SPDX-License-Identifier: Apache-2.0
#include "yaml/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace portolan::internal::yaml {
namespace {

static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);

bool is_decimal(char c) noexcept { return c >= '0' && c <= '9'; }

// A finite number as its significant digits and the exponent of the first of them.
struct Digits {
  bool negative = false;
  std::string digits;
  int exponent = 0;
};

template <class Float>
Digits shortest_digits(Float value) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  Digits out;
  if (text.front() == '-') {
    out.negative = true;
    text.remove_prefix(1);
  }
  const auto e = text.find('e');
  std::copy_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(e), std::back_inserter(out.digits), is_decimal);
  auto exponent = text.substr(e + 1);
  if (exponent.front() == '+') exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), out.exponent);
  return out;
}

std::string plain_notation(const Digits& number) {
  std::string out = number.negative ? "-" : "";
  const auto count = static_cast<int>(number.digits.size());
  if (number.exponent < 0)
    return out + "0." + std::string(static_cast<std::size_t>(-number.exponent - 1), '0') + number.digits;
  if (number.exponent >= count - 1)
    return out + number.digits + std::string(static_cast<std::size_t>(number.exponent - count + 1), '0');
  const auto point = static_cast<std::size_t>(number.exponent) + 1;
  return out + number.digits.substr(0, point) + "." + number.digits.substr(point);
}

std::string exponent_notation(const Digits& number, std::size_t exponent_digits) {
  std::string out = number.negative ? "-" : "";
  out += number.digits.front();
  if (number.digits.size() > 1) out += "." + number.digits.substr(1);
  out += number.exponent < 0 ? "e-" : "e+";
  const auto exponent = std::to_string(std::abs(number.exponent));
  if (exponent.size() < exponent_digits) out += '0';
  return out + exponent;
}

// Whether a number that from_chars found out of range is too large rather than too small: by its first significant
// digit's place.
bool is_large(std::string_view text) {
  const auto e = std::min(text.find_first_of("eE"), text.size());
  const auto mantissa = text.substr(0, e);
  const auto point = std::min(mantissa.find('.'), mantissa.size());
  const auto first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return false;
  long long exponent = 0;
  if (e < text.size()) {
    auto digits = text.substr(e + 1);
    const bool negative = digits.front() == '-';
    if (negative || digits.front() == '+') digits.remove_prefix(1);
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (result.ec != std::errc{}) return !negative;
    if (negative) exponent = -exponent;
  }
  const auto place = first < point ? static_cast<long long>(point - first) : -static_cast<long long>(first - point - 1);
  return exponent > 0 ? place > -exponent : place + exponent > 0;
}

// Whether the text is a float as YAML 1.1 spells it, a sign apart.
bool is_float(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const auto start = at;
    while (at < text.size() && is_decimal(text[at])) ++at;
    return at > start;
  };
  const bool whole = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits() && !whole) return false;
  } else if (!whole) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

struct Based {
  std::string_view digits;
  int base;
};

Based split_prefix(std::string_view text) {
  if (text.empty() || text.front() != '0') return {text, 10};
  if (text.size() >= 3) {
    switch (text[1]) {
      case 'b':
      case 'B': return {text.substr(2), 2};
      case 'o':
      case 'O': return {text.substr(2), 8};
      case 'x':
      case 'X': return {text.substr(2), 16};
      default: break;
    }
  }
  return {text, 8};
}

std::optional<std::uint64_t> parse_digits(const Based& number) {
  std::uint64_t value = 0;
  const auto* end = number.digits.data() + number.digits.size();
  const auto result = std::from_chars(number.digits.data(), end, value, number.base);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return value;
}

std::optional<std::int64_t> with_sign(std::uint64_t magnitude, bool negative) {
  constexpr auto limit = std::uint64_t{1} << 63;
  if (negative ? magnitude > limit : magnitude >= limit) return std::nullopt;
  return static_cast<std::int64_t>(negative ? std::uint64_t{0} - magnitude : magnitude);
}

// Takes a sign off the text.
char take_sign(std::string_view& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return 0;
  const char sign = text.front();
  text.remove_prefix(1);
  return sign;
}

}  // namespace

std::string format_float(double value, Precision precision) {
  const bool single = precision == Precision::single;
  const auto rounded = single ? static_cast<double>(static_cast<float>(value)) : value;
  if (std::isnan(rounded)) return "NaN";
  if (std::isinf(rounded)) return rounded > 0 ? "+Inf" : "-Inf";
  const auto number = single ? shortest_digits(static_cast<float>(value)) : shortest_digits(value);
  return number.exponent < -4 || number.exponent >= 6 ? exponent_notation(number, 2) : plain_notation(number);
}

std::string format_json_number(double value) {
  const auto number = shortest_digits(value);
  const auto magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e21);
  return plain ? plain_notation(number) : exponent_notation(number, 1);
}

std::optional<Integer> parse_integer(std::string_view text) {
  const char sign = take_sign(text);
  const auto magnitude = parse_digits(split_prefix(text));
  if (!magnitude) return std::nullopt;
  if (const auto value = with_sign(*magnitude, sign == '-')) return Integer{*value};
  if (sign != 0) return std::nullopt;
  return Integer{*magnitude};
}

std::optional<std::int64_t> parse_binary(std::string_view text) {
  const char sign = take_sign(text);
  const auto magnitude = parse_digits({text, 2});
  return magnitude ? with_sign(*magnitude, sign == '-') : std::nullopt;
}

std::optional<double> parse_float(std::string_view text) {
  const char sign = take_sign(text);
  if (!is_float(text)) return std::nullopt;
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    if (is_large(text)) return std::nullopt;
    value = 0;
  }
  if (std::isinf(value)) return std::nullopt;
  return sign == '-' ? -value : value;
}

std::optional<std::string> without_underscores(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_decimal(text[i - 1]) || !is_decimal(text[i + 1])) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace portolan::internal::yaml
