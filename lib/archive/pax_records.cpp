// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "archive/tar_header.h"

namespace portolan::internal::archive {
namespace {

constexpr std::pair<std::string_view, PaxKey> pax_key_names[] = {
    {"path", PaxKey::path},
    {"size", PaxKey::size},
    {"mtime", PaxKey::mtime},
    {"atime", PaxKey::atime},
    {"ctime", PaxKey::ctime},
    {"uid", PaxKey::uid},
    {"gid", PaxKey::gid},
    {"GNU.sparse.major", PaxKey::sparse_major},
    {"GNU.sparse.minor", PaxKey::sparse_minor},
    {"GNU.sparse.name", PaxKey::sparse_name},
    {"GNU.sparse.size", PaxKey::sparse_size},
    {"GNU.sparse.realsize", PaxKey::sparse_real_size},
    {"GNU.sparse.numblocks", PaxKey::sparse_blocks},
    {"GNU.sparse.map", PaxKey::sparse_map},
};
static_assert(std::size(pax_key_names) == pax_key_count);

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

struct Record {
  std::string_view key;
  std::string_view value;
};

/// Takes the first record off the content. Nothing where it is malformed.
std::optional<Record> take_record(std::string_view& content) {
  const auto blank = content.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto length = parse_decimal(content.substr(0, blank));
  if (!length || *length < 5 || static_cast<std::uint64_t>(*length) > content.size()) return std::nullopt;
  const auto size = static_cast<std::size_t>(*length);
  if (size <= blank + 1 || content[size - 1] != '\n') return std::nullopt;
  const auto text = content.substr(blank + 1, size - blank - 2);
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  content.remove_prefix(size);

  const Record record{text.substr(0, equals), text.substr(equals + 1)};
  const bool is_text =
      record.key == "path" || record.key == "linkpath" || record.key == "uname" || record.key == "gname";
  if (has_nul(is_text ? record.value : record.key)) return std::nullopt;
  return record;
}

bool all_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

std::optional<Time> parse_pax_time(std::string_view text) {
  constexpr std::size_t nanosecond_digits = 9;
  const auto point = std::min(text.find('.'), text.size());
  const auto seconds = parse_decimal(text.substr(0, point));
  auto fraction = text.substr(std::min(point + 1, text.size()));
  if (!seconds || !all_digits(fraction)) return std::nullopt;
  fraction = fraction.substr(0, nanosecond_digits);
  std::uint32_t nanoseconds = 0;
  for (std::size_t i = 0; i < nanosecond_digits; ++i) {
    nanoseconds = nanoseconds * 10 + (i < fraction.size() ? static_cast<std::uint32_t>(fraction[i] - '0') : 0);
  }
  if (nanoseconds == 0 || !text.starts_with('-')) return Time{*seconds, nanoseconds};
  // The fraction counts downwards. Go wraps around at the smallest number.
  const auto before = static_cast<std::int64_t>(static_cast<std::uint64_t>(*seconds) - 1);
  return Time{before, 1'000'000'000 - nanoseconds};
}

}  // namespace

std::optional<PaxRecords> PaxRecords::parse(std::string_view content) {
  PaxRecords records;
  // GNU's first sparse format repeats these two keys, a pair for each extent; the second has them in one map.
  std::string map;
  std::size_t numbers = 0;
  while (!content.empty()) {
    const auto record = take_record(content);
    if (!record) return std::nullopt;
    const bool offset = record->key == "GNU.sparse.offset";
    if (offset || record->key == "GNU.sparse.numbytes") {
      if (offset != (numbers % 2 == 0) || record->value.find(',') != std::string_view::npos) return std::nullopt;
      if (numbers++ != 0) map += ',';
      map += record->value;
      continue;
    }
    const auto* known = std::find_if(std::begin(pax_key_names), std::end(pax_key_names),
                                     [&](const auto& key) { return key.first == record->key; });
    if (known != std::end(pax_key_names)) records.at(known->second) = record->value;
  }
  if (numbers != 0) records.at(PaxKey::sparse_map) = std::move(map);
  return records;
}

bool PaxRecords::apply_to(TarHeader& header) const {
  const auto& self = *this;
  if (!self[PaxKey::path].empty()) header.name = self[PaxKey::path];
  if (!self[PaxKey::size].empty()) {
    const auto size = parse_decimal(self[PaxKey::size]);
    if (!size) return false;
    header.size = *size;
  }
  if (!self[PaxKey::mtime].empty()) {
    const auto time = parse_pax_time(self[PaxKey::mtime]);
    if (!time) return false;
    header.modified = *time;
  }
  const auto is_time = [&](PaxKey key) { return self[key].empty() || parse_pax_time(self[key]); };
  const auto is_number = [&](PaxKey key) { return self[key].empty() || parse_decimal(self[key]); };
  return is_time(PaxKey::atime) && is_time(PaxKey::ctime) && is_number(PaxKey::uid) && is_number(PaxKey::gid);
}

}  // namespace portolan::internal::archive
