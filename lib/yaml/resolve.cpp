// SPDX-License-Identifier: Apache-2.0
#include "yaml/resolve.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "yaml/number.h"
#include "yaml/timestamp.h"

namespace portolan::internal::yaml {
namespace {

struct Scalar {
  Tag tag = Tag::string;
  Value value{};
};

constexpr std::pair<Tag, std::string_view> tag_names[] = {
    {Tag::string, "str"}, {Tag::boolean, "bool"},        {Tag::integer, "int"},   {Tag::floating, "float"},
    {Tag::null, "null"},  {Tag::timestamp, "timestamp"}, {Tag::binary, "binary"}, {Tag::merge, "merge"},
};

std::string short_name(Tag tag) {
  for (const auto& [known, name] : tag_names) {
    if (known == tag) return "!!" + std::string(name);
  }
  return {};
}

constexpr std::string_view true_words[] = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
constexpr std::string_view false_words[] = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
constexpr std::string_view null_words[] = {"", "~", "null", "Null", "NULL"};
constexpr std::string_view nan_words[] = {".nan", ".NaN", ".NAN"};
constexpr std::string_view infinity_words[] = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"};
constexpr std::string_view minus_infinity_words[] = {"-.inf", "-.Inf", "-.INF"};

template <std::size_t N>
bool among(const std::string_view (&words)[N], std::string_view text) noexcept {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

bool is_word(std::string_view text, Scalar& out) {
  if (text.size() > 5) return false;
  using Limits = std::numeric_limits<double>;
  if (among(null_words, text)) return out = {Tag::null, {}}, true;
  if (among(true_words, text)) return out = {Tag::boolean, {true}}, true;
  if (among(false_words, text)) return out = {Tag::boolean, {false}}, true;
  if (among(nan_words, text)) return out = {Tag::floating, {Limits::quiet_NaN()}}, true;
  if (among(infinity_words, text)) return out = {Tag::floating, {Limits::infinity()}}, true;
  if (among(minus_infinity_words, text)) return out = {Tag::floating, {-Limits::infinity()}}, true;
  return false;
}

Scalar text_of(std::string_view text) { return {Tag::string, {std::string(text)}}; }

Scalar integer_of(const Integer& integer) {
  if (const auto* negative = std::get_if<std::int64_t>(&integer)) return {Tag::integer, {*negative}};
  return {Tag::integer, {*std::get_if<std::uint64_t>(&integer)}};
}

// A text that begins with a digit or a sign.
Scalar number_of(Tag tag, std::string_view text) {
  if ((tag == Tag::none || tag == Tag::timestamp) && is_timestamp(text)) {
    return {Tag::timestamp, {std::string(text)}};
  }
  std::string digits;
  digits.reserve(text.size());
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != '_'; });
  if (const auto integer = parse_integer(digits)) return integer_of(*integer);
  if (const auto value = parse_float(digits)) return {Tag::floating, {*value}};
  // go-yaml hands what follows `0b` to a parser that accepts a sign: `0b-1` is -1.
  if (std::string_view(digits).substr(0, 2) == "0b") {
    if (const auto value = parse_binary(std::string_view(digits).substr(2))) return {Tag::integer, {*value}};
  }
  return text_of(text);
}

Scalar by_its_look(Tag tag, std::string_view text) {
  const char first = text.empty() ? '~' : text.front();
  const bool number = first == '+' || first == '-' || (first >= '0' && first <= '9');
  if (!number && std::string_view("~.yYnNtTfFoO").find(first) == std::string_view::npos) return text_of(text);
  Scalar word;
  if (is_word(text, word)) return word;
  if (number) return number_of(tag, text);
  if (first == '.') {
    const auto digits = without_underscores(text);
    if (const auto value = digits ? parse_float(*digits) : std::nullopt) return {Tag::floating, {*value}};
  }
  return text_of(text);
}

int base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

Tag tag_of(std::string_view long_form) noexcept {
  constexpr std::string_view prefix = "tag:yaml.org,2002:";
  if (long_form.empty()) return Tag::none;
  if (long_form.substr(0, prefix.size()) != prefix) return Tag::other;
  const auto suffix = long_form.substr(prefix.size());
  for (const auto& [tag, name] : tag_names) {
    if (name == suffix) return tag;
  }
  return Tag::other;
}

Result<Value> resolve(Tag tag, std::string_view text) {
  switch (tag) {
    case Tag::string:
    case Tag::merge:
    case Tag::other: return text_of(text).value;
    case Tag::binary: {
      auto bytes = decode_base64(text);
      if (!bytes) return std::move(bytes).error();
      return Value{*std::move(bytes)};
    }
    case Tag::none:
    case Tag::boolean:
    case Tag::integer:
    case Tag::floating:
    case Tag::null:
    case Tag::timestamp: break;
  }
  auto scalar = by_its_look(tag, text);
  if (tag == Tag::none || tag == scalar.tag) return std::move(scalar.value);
  if (tag == Tag::floating) {
    if (const auto* integer = std::get_if<std::int64_t>(&scalar.value.is)) return Value{static_cast<double>(*integer)};
  }
  return Error(Errc::invalid_chart, "yaml: cannot decode " + short_name(scalar.tag) + " `" + std::string(text) +
                                        "` as a " + short_name(tag));
}

bool resolves_to_string(std::string_view text) { return by_its_look(Tag::none, text).tag == Tag::string; }

Result<std::string> decode_base64(std::string_view text) {
  const auto wrong = [] { return Error(Errc::invalid_chart, "yaml: !!binary value contains invalid base64 data"); };
  std::string out;
  std::uint32_t bits = 0;
  int digits = 0;
  int padding = 0;
  for (const char c : text) {
    if (c == '\r' || c == '\n') continue;
    if (c == '=') {
      if (digits < 2 || digits + ++padding > 4) return wrong();
      continue;
    }
    const int value = base64_digit(c);
    if (value < 0 || padding > 0) return wrong();
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++digits < 4) continue;
    for (const int shift : {16, 8, 0}) out += static_cast<char>(bits >> shift & 0xFF);
    bits = 0;
    digits = 0;
  }
  if (digits + padding != (digits == 0 ? 0 : 4)) return wrong();
  if (digits == 3) out += static_cast<char>(bits >> 10 & 0xFF), out += static_cast<char>(bits >> 2 & 0xFF);
  if (digits == 2) out += static_cast<char>(bits >> 4 & 0xFF);
  return out;
}

}  // namespace portolan::internal::yaml
