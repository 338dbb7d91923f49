// SPDX-License-Identifier: Apache-2.0
#include "generate.h"

#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "yaml/unicode.h"

namespace portolan::test {
namespace {

using internal::yaml::Mapping;
using internal::yaml::Sequence;
using internal::yaml::Value;
using namespace std::string_view_literals;

constexpr std::string_view scalars[] = {
    "a",
    "b",
    "name",
    "x y",
    "1",
    "0",
    "-0",
    "+1",
    "-1",
    "1.5",
    "1.10",
    "0755",
    "0o17",
    "0O17",
    "0x1F",
    "0X1f",
    "0b101",
    "0b2",
    "0B11",
    "0b-1",
    "-0b1",
    "1_000",
    "_1",
    "1_",
    "1__0",
    "0_7",
    "12:30",
    "1:2:3",
    "-1:30.5",
    "1e3",
    "1E5",
    "1e+6",
    "1.",
    ".5",
    ".5_0",
    "._5",
    "+.5",
    "-.5e-3",
    "1e400",
    "1e-400",
    "123456789.5",
    "12345678901234567890",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "0xFFFFFFFFFFFFFFFF",
    "0x1FFFFFFFFFFFFFFFF",
    "16777217.0",
    "1e300",
    "0.00001",
    "0.0001",
    "1e21",
    "1e20",
    "08",
    "09.5",
    "0x",
    "0b",
    "-",
    "--",
    "---",
    "...",
    "....",
    "----",
    ".",
    "..",
    "~",
    "null",
    "Null",
    "NULL",
    "nULL",
    "true",
    "True",
    "TRUE",
    "tRUE",
    "yes",
    "Yes",
    "YES",
    "no",
    "y",
    "Y",
    "n",
    "N",
    "on",
    "off",
    "Off",
    ".inf",
    "-.inf",
    "+.Inf",
    ".nan",
    ".NaN",
    "NaN",
    "Infinity",
    "2001-01-01",
    "2001-1-1",
    "2001-13-01",
    "2001-02-29",
    "2000-2-29",
    "2001-01-01T01:02:03Z",
    "2001-01-01t1:2:3.5+01:00",
    "2001-01-01 01:02:03",
    "2001-01-01  1:2:3,5",
    "2001-01-01 25:00:00",
    "2001-01-01T01:02:03",
    "20010-01-01",
    "<<",
    "=",
    "!",
    "&",
    "*",
    "?",
    ":",
    "-a",
    "?a",
    ":a",
    "a:",
    "a:b",
    "a: b",
    "a #b",
    "a#b",
    "#a",
    "a?",
    "a?b",
    "a,b",
    "a[b",
    "a]",
    "{a",
    "}",
    "[",
    "]",
    "{",
    "@a",
    "`a",
    "%a",
    "|",
    ">",
    "|a",
    "'",
    "\"",
    "a'b",
    "a\"b",
    "\\",
    "\\n",
    "http://a/b?c=d",
    "C:\\x",
    "a\tb",
    "\t",
    "é",
    "a\xC2\xA0"
    "b",
    "\xE2\x80\xA8",
    "a\xC2\x85"
    "b",
    "\xF0\x9F\x98\x80",
    "\xEF\xBB\xBF",
    "\x7F",
    "\x01",
    "\xFF",
    "",
    "*a",
    "&a b",
    "!!str 1",
    "!!int 1",
    "!!int a",
    "!!float 1",
    "!!float 0x10",
    "!!bool yes",
    "!!bool 1",
    "!!null ~",
    "!!null a",
    "!!binary aGk=",
    "!!binary aGk",
    "!!binary /w==",
    "!!binary a GVs",
    "!!timestamp 2001-01-01",
    "!!timestamp 1",
    "!!merge <<",
    "!foo 1",
    "! 1",
    "!foo,bar x",
    "!<tag:yaml.org,2002:int> 5",
    "!<x,[y]> 5",
    "!a!b c",
    "!e!x 1",
    "!!",
    "!!st%72 1",
    "!%41 x",
    "!x%00 1",
    "{{ .Values.a }}",
    "{a: b}",
    "[a, b]",
    "[]",
    "{}",
    "a: [",
    "- a",
};

constexpr std::string_view soup_parts[] = {
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\n",
    "\n",
    "\n  ",
    "\n- ",
    "\r\n",
    "\t",
    "-",
    "- ",
    "?",
    "? ",
    ":",
    ": ",
    ": ",
    ",",
    ", ",
    "[",
    "]",
    "{",
    "}",
    "#",
    " #",
    "&",
    "&a ",
    "*",
    "*a",
    "!",
    "!!str ",
    "!a",
    "|",
    "|\n",
    "|-\n  ",
    ">",
    ">+2\n",
    "'",
    "''",
    "\"",
    "\\\"",
    "\\'",
    "\\/",
    "\\n",
    "\\x41",
    "\\u0041",
    "\\U0001F600",
    "\\",
    "%",
    "%YAML 1.1\n",
    "%YAML 1.2\n",
    "%TAG ! !x\n",
    "---",
    "--- ",
    "---\n",
    "...",
    "...\n",
    "@",
    "`",
    "<<",
    "<<: ",
    "a",
    "b",
    "c",
    "a: b",
    "a:",
    "k: ",
    "1",
    "0",
    "~",
    "é",
    "\xC2\x85",
    "\xE2\x80\xA8",
    "\xEF\xBB\xBF",
    "\xF0\x9F\x98\x80",
    "x,",
    "a?",
    "a?b",
    "a:,",
    "a:]",
    "!a,b ",
    "!a[b] ",
    "\"a\"",
    "'a'",
    "[]",
    "{}",
    "[a, b]",
    "{a: b}",
    "\x01",
    "\x7F",
};

constexpr std::string_view keys[] = {
    "a",         "b",  "c",  "a1",     "a9",      "a10",        "A",    "name", "version", "x-y",   "x.y",
    "é",         "1",  "2",  "true",   "y",       "no",         "1.5",  "1e3",  "0x10",    "\"a\"", "'b'",
    "\"q\\'s\"", "<<", "<<", "! '<<'", "!!str 1", "2001-01-01", ".inf", "a b",  "a?b",     "a,b",
};

constexpr std::string_view pieces[] = {
    "a",
    "b",
    "word",
    "longer-word",
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    ":",
    ": ",
    "#",
    " #",
    "'",
    "\"",
    "\\",
    "-",
    "- ",
    "?",
    ",",
    "[",
    "]",
    "{",
    "}",
    "é",
    "ü",
    "\xE2\x82\xAC",
    "\xC2\x85",
    "\xC2\xA0",
    "\xE2\x80\xA8",
    "\xE2\x80\xA9",
    "\xEF\xBB\xBF",
    "\xEF\xBF\xBD",
    "\xEF\xBF\xBE",
    "\xF0\x9F\x98\x80",
    "\x01",
    "\x1B",
    "\x7F",
    "\r",
    "\r\n",
    "0",
    "1",
    "10",
    "%",
    "@",
    "&",
    "*",
    "!",
    "|",
    ">",
    "<",
    "=",
    "~",
    "`",
    "...",
    "---",
    "\xC2\x80",
    "\x08",
    "\x0C",
    "\x0B",
    "\x07",
};

std::string blanks(int count) { return std::string(static_cast<std::size_t>(count), ' '); }

}  // namespace

std::string Generator::scalar() {
  std::string text(one_of(scalars));
  if (chance(10)) text += " " + std::string(one_of(scalars));
  if (chance(5)) text = "\"" + text + "\"";
  if (chance(5)) text = "'" + text + "'";
  if (chance(5) && !text.empty()) text[below(text.size())] = static_cast<char>('!' + below(94));
  return text;
}

std::string Generator::properties() {
  std::string out;
  if (chance(6)) {
    anchors_.push_back(std::string(1, static_cast<char>('a' + below(4))));
    out += "&" + anchors_.back() + " ";
  }
  if (chance(6)) {
    constexpr std::string_view tags[] = {"!!str",    "!!int", "!!float", "!!bool", "!!null",
                                         "!!binary", "!!map", "!!seq",   "!x",     "!"};
    out += std::string(one_of(tags)) + " ";
  }
  return out;
}

std::string Generator::break_or_comment() {
  if (chance(8)) return " # note: x\n";
  if (chance(4)) return " \n";
  if (chance(4)) return "\n\n";
  if (chance(4)) return "\n# line\n";
  return chance(3) ? "\r\n" : "\n";
}

std::string Generator::quoted_scalar(int indent) {
  const bool twofold = chance(60);
  std::string out = twofold ? "\"" : "'";
  for (auto parts = below(6); parts > 0; --parts) {
    if (chance(10)) {
      out += "\n" + blanks(indent);
    } else if (twofold && chance(25)) {
      constexpr std::string_view escapes[] = {"\\n",   "\\t",     "\\\"",        "\\\\", "\\'", "\\/",
                                              "\\x7f", "\\u00e9", "\\U0001F600", "\\N",  "\\L", "\\_",
                                              "\\e",   "\\0",     "\\ ",         "\\q",  "\\\n"};
      out += one_of(escapes);
    } else {
      constexpr std::string_view plain[] = {"a", "b c", "é", ":", " ", "  ", "#", "?", ",", "{", "1", "''", "\t", "it"};
      out += one_of(plain);
    }
  }
  return out + (twofold ? "\"" : "'");
}

std::string Generator::plain_lines(int indent) {
  std::string out = "words";
  for (auto lines = below(3) + 1; lines > 0; --lines) {
    out += (chance(20) ? "\n\n" : "\n") + blanks(indent + static_cast<int>(below(3)));
    constexpr std::string_view rests[] = {"more", "1", "a:b", "a#b", "- x", "? x", "\"q\"", "{x", "& y", "%z", "it's"};
    out += one_of(rests);
  }
  return out;
}

std::string Generator::block_scalar(int indent) {
  constexpr std::string_view headers[] = {"|",   ">",   "|-",  "|+",    ">-", ">+", "|2",
                                          "|2-", ">1+", "|+1", "| # c", "|0", "|a"};
  std::string out(one_of(headers));
  const int inner = indent + static_cast<int>(below(3));
  for (auto lines = below(5); lines > 0; --lines) {
    constexpr std::string_view contents[] = {"text", "  deeper", "",      " ", "# no comment",
                                             "- x",  "a: b",     "\ttab", "é", "last  "};
    out += "\n" + (chance(85) ? blanks(inner) : blanks(static_cast<int>(below(4)))) + std::string(one_of(contents));
  }
  if (chance(30)) out += "\n\n";
  return out;
}

std::string Generator::flow(int depth) {
  if (depth > 3 || chance(40)) {
    if (!anchors_.empty() && chance(10)) return "*" + anchors_[below(anchors_.size())];
    return properties() + (chance(30) ? quoted_scalar(4) : scalar());
  }
  const bool mapping = chance(50);
  std::string out = properties() + (mapping ? "{" : "[");
  for (auto items = below(4); items > 0; --items) {
    if (mapping || chance(15)) {
      constexpr std::string_view separators[] = {": ", ": ", ": ", ":", " : ", "", " :", ":  "};
      out += (chance(5) ? "? " : "") + (chance(80) ? key() : flow(depth + 2)) + std::string(one_of(separators));
    }
    if (chance(90)) out += flow(depth + 1);
    constexpr std::string_view commas[] = {", ", ", ", ",", " ,", ",\n    ", ", # c\n  "};
    if (items > 1 || chance(10)) out += one_of(commas);
  }
  return out + (mapping ? "}" : "]");
}

std::string Generator::key() {
  if (!anchors_.empty() && chance(2)) return "*" + anchors_[below(anchors_.size())] + " ";
  if (chance(1)) return std::string(1000 + below(50), 'k');
  return (chance(3) ? properties() : "") + std::string(chance(90) ? one_of(keys) : one_of(scalars));
}

std::string Generator::block_value(int depth, int indent, bool in_mapping) {
  const auto kind = below(100);
  if (depth < 4 && kind < 22) {
    const int inner = indent + 1 + static_cast<int>(below(3));
    return (in_mapping ? " " + properties() + break_or_comment() + blanks(inner) : " ") +
           block_mapping(depth + 1, inner);
  }
  if (depth < 4 && kind < 40) {
    const int inner = in_mapping && chance(50) ? indent : indent + 2;
    return (in_mapping ? " " + properties() + break_or_comment() + blanks(inner) : " ") +
           block_sequence(depth + 1, inner);
  }
  if (kind < 50) return " " + properties() + block_scalar(indent + 1);
  if (kind < 60) return " " + properties() + quoted_scalar(indent + 1);
  if (kind < 65) return " " + plain_lines(indent + 1);
  if (kind < 75) return " " + flow(0);
  if (kind < 80 && !anchors_.empty()) return " *" + anchors_[below(anchors_.size())];
  if (kind < 83) return "";
  return " " + properties() + scalar();
}

std::string Generator::block_mapping(int depth, int indent) {
  std::string out;
  for (auto members = below(4) + 1; members > 0; --members) {
    if (!out.empty()) out += break_or_comment() + blanks(indent + (chance(1) ? 1 : 0));
    if (chance(4)) {
      out += "? " + key() + "\n" + blanks(indent) + ":" + block_value(depth, indent, false);
    } else {
      const auto name = key();
      out +=
          name + ":" +
          (name == "<<" && !anchors_.empty() && chance(80) ? " *" + anchors_.back() : block_value(depth, indent, true));
    }
  }
  return out;
}

std::string Generator::block_sequence(int depth, int indent) {
  std::string out;
  for (auto items = below(4) + 1; items > 0; --items) {
    if (!out.empty()) out += break_or_comment() + blanks(indent);
    out += "-" + block_value(depth, indent + 1, false);
  }
  return out;
}

std::string Generator::document() {
  anchors_.clear();
  std::string out;
  if (chance(2)) out += "\xEF\xBB\xBF";
  if (chance(2)) out += "%YAML 1.1\n---\n";
  if (chance(1)) out += "%YAML 1.2\n---\n";
  if (chance(1)) out += "%TAG !e! tag:yaml.org,2002:\n---\n";
  if (chance(5)) out += chance(50) ? "---\n" : "--- ";
  if (chance(5)) out += "# first\n\n";
  const auto kind = below(100);
  out += kind < 75 ? block_mapping(0, 0) : kind < 85 ? block_sequence(0, 0) : kind < 95 ? flow(0) : scalar();
  out += break_or_comment();
  if (chance(3)) out += chance(50) ? "...\n" : "---\n";
  if (chance(3)) out += block_mapping(2, 0);
  return out;
}

std::string Generator::soup() {
  std::string out;
  for (auto parts = below(24) + 1; parts > 0; --parts) out += one_of(soup_parts);
  return out;
}

std::string Generator::changed(const std::string& document, const std::vector<std::string>& others) {
  auto out = document;
  for (auto changes = below(4) + 1; changes > 0; --changes) {
    const auto at = below(out.size() + 1);
    const auto length = std::min(out.size() - at, below(12));
    switch (below(7)) {
      case 0: out.erase(at, length); break;
      case 1: out.insert(at, one_of(soup_parts)); break;
      case 2: out.replace(at, length, one_of(scalars)); break;
      case 3: {
        const auto& other = others[below(others.size())];
        const auto from = below(other.size() + 1);
        out.insert(at, other.substr(from, below(60)));
        break;
      }
      case 4:
        if (at < out.size()) out[at] = static_cast<char>(below(256));
        break;
      case 5: {
        const auto end = out.find('\n', at);
        if (end != std::string::npos) out.insert(end + 1, blanks(static_cast<int>(below(4))));
        break;
      }
      default: out.insert(at, out.substr(below(out.size() + 1), below(80))); break;
    }
  }
  return out;
}

std::string Generator::text() {
  if (chance(20)) return std::string(one_of(scalars));
  std::string out;
  const auto parts = chance(20) ? below(60) : below(10);
  for (std::size_t i = 0; i < parts; ++i) {
    out += chance(60) ? pieces[below(8)] : one_of(pieces);
    if (chance(4)) out += std::string(below(100), 'w');
  }
  return out;
}

Value Generator::value(int depth) {
  const auto kind = below(100);
  if (depth == 0 || (depth < 4 && kind < 20)) {
    if (chance(70)) {
      Mapping members;
      for (auto count = below(depth == 0 ? 30 : 6); count > 0; --count) {
        std::string key = chance(40)  ? std::string(one_of(keys))
                          : chance(3) ? std::string(120 + below(20), 'k') + text()
                                      : text();
        key = internal::yaml::as_utf8(std::move(key));
        bool known = false;
        for (const auto& member : members) known |= member.first == key;
        if (!known) members.emplace_back(std::move(key), value(depth + 1));
      }
      return {std::move(members)};
    }
    Sequence items;
    for (auto count = below(5); count > 0; --count) items.push_back(value(depth + 1));
    return {std::move(items)};
  }
  if (kind < 75) return {internal::yaml::as_utf8(text())};
  if (kind < 80) return {static_cast<std::int64_t>(random_()) >> below(64)};
  if (kind < 82) return {std::numeric_limits<std::uint64_t>::max() - below(5)};
  if (kind < 92) {
    const auto number = kind < 90 ? std::ldexp(static_cast<double>(random_()), static_cast<int>(below(200)) - 130)
                                  : static_cast<double>(below(2'000'000)) / 1000;
    // JSON cannot tell a whole float from an integer.
    return {number == std::floor(number) && number < 1e21 ? 0.5 : number};
  }
  if (kind < 96) return {chance(50)};
  return {};
}

}  // namespace portolan::test
