// SPDX-License-Identifier: Apache-2.0
#include "archive/sparse.h"

#include <algorithm>
#include <limits>
#include <string>

namespace portolan::internal::archive {
namespace {

constexpr Field extents_field{386, 96};
constexpr Field more_field{482, 1};
constexpr Field real_size_field{483, 12};
constexpr Field following_extents_field{0, 504};
constexpr Field following_more_field{504, 1};
constexpr std::size_t number_size = 12;

Error invalid() { return Error(Errc::invalid_chart, "archive/tar: invalid tar header"); }
Error too_long() { return Error(Errc::invalid_chart, "archive/tar: sparse map too long"); }

/// Appends the pairs of offset and length up to one without an offset.
bool add_extents(std::string_view pairs, std::vector<Extent>& extents) {
  for (; !pairs.empty() && pairs[0] != '\0'; pairs.remove_prefix(2 * number_size)) {
    const auto offset = parse_tar_number(pairs.substr(0, number_size));
    const auto length = parse_tar_number(pairs.substr(number_size, number_size));
    if (!offset || !length) return false;
    extents.push_back({*offset, *length});
  }
  return true;
}

/// Tokens that each end in a line feed, read by whole blocks.
class Lines {
 public:
  explicit Lines(const ReadBlock& content) : content_(content) {}

  Result<std::int64_t> number() {
    for (std::size_t searched = at_;;) {
      const auto end = text_.find('\n', searched);
      if (end != std::string::npos) {
        const auto value = parse_decimal(std::string_view(text_).substr(at_, end - at_));
        at_ = end + 1;
        if (!value) return invalid();
        return *value;
      }
      searched = text_.size();
      if (searched + block_size > max_special_size) return too_long();
      text_.resize(searched + block_size);
      if (auto got = content_(std::span<char, block_size>(text_.data() + searched, block_size)); !got) {
        return std::move(got).error();
      }
    }
  }

 private:
  const ReadBlock& content_;
  std::string text_;
  std::size_t at_ = 0;
};

Result<std::vector<Extent>> extents_from_content(const ReadBlock& content) {
  Lines lines(content);
  auto count = lines.number();
  if (!count) return std::move(count).error();
  if (*count < 0) return invalid();
  std::vector<Extent> extents;
  for (std::int64_t i = 0; i < *count; ++i) {
    auto offset = lines.number();
    if (!offset) return std::move(offset).error();
    auto length = lines.number();
    if (!length) return std::move(length).error();
    extents.push_back({*offset, *length});
  }
  return extents;
}

Result<std::vector<Extent>> extents_from_map(std::string_view blocks, std::string_view map) {
  const auto count = parse_decimal(blocks);
  if (!count || *count < 0) return invalid();
  std::vector<Extent> extents;
  const auto take = [&map]() {
    const auto comma = std::min(map.find(','), map.size());
    const auto value = parse_decimal(map.substr(0, comma));
    map.remove_prefix(std::min(comma + 1, map.size()));
    return value;
  };
  // A comma at the end would be an empty number.
  if (map.ends_with(',')) return invalid();
  while (!map.empty()) {
    const auto offset = take();
    const auto length = take();
    if (!offset || !length) return invalid();
    extents.push_back({*offset, *length});
  }
  if (static_cast<std::int64_t>(extents.size()) != *count) return invalid();
  return extents;
}

}  // namespace

Result<std::vector<Extent>> read_gnu_sparse(std::span<const char, block_size> block, TarHeader& header,
                                            const ReadBlock& following) {
  if (header.dialect != TarDialect::gnu) return invalid();
  const std::string_view bytes(block.data(), block.size());
  const auto real_size = parse_tar_number(bytes.substr(real_size_field.at, real_size_field.size));
  if (!real_size) return invalid();
  header.size = *real_size;
  std::vector<Extent> extents;
  if (!add_extents(bytes.substr(extents_field.at, extents_field.size), extents)) return invalid();
  std::array<char, block_size> more;
  std::size_t total = extents_field.size;
  for (bool goes_on = bytes[more_field.at] != '\0'; goes_on; goes_on = more[following_more_field.at] != '\0') {
    total += block_size;
    if (total > max_special_size) return too_long();
    if (auto got = following(more); !got) return std::move(got).error();
    if (!add_extents({more.data(), following_extents_field.size}, extents)) return invalid();
  }
  return extents;
}

Result<std::optional<std::vector<Extent>>> read_pax_sparse(const PaxRecords& records, TarHeader& header,
                                                           const ReadBlock& content) {
  const auto& major = records[PaxKey::sparse_major];
  const auto& minor = records[PaxKey::sparse_minor];
  const bool in_map = major == "0" && (minor == "0" || minor == "1");
  const bool in_content = major == "1" && minor == "0";
  if (!in_map && !in_content) {
    // The oldest formats do not name their version; versions that Go does not know are no sparse files to it.
    if (!major.empty() || !minor.empty() || records[PaxKey::sparse_map].empty()) return std::nullopt;
  }
  if (const auto& name = records[PaxKey::sparse_name]; !name.empty()) header.name = name;
  const auto& first = records[PaxKey::sparse_size];
  if (const auto& size = first.empty() ? records[PaxKey::sparse_real_size] : first; !size.empty()) {
    const auto value = parse_decimal(size);
    if (!value) return invalid();
    header.size = *value;
  }
  auto extents = in_content ? extents_from_content(content)
                            : extents_from_map(records[PaxKey::sparse_blocks], records[PaxKey::sparse_map]);
  if (!extents) return std::move(extents).error();
  return std::optional(*std::move(extents));
}

bool fit(std::span<const Extent> extents, std::int64_t size) {
  if (size < 0) return false;
  std::int64_t end = 0;
  for (const auto& [offset, length] : extents) {
    if (offset < end || length < 0) return false;
    if (offset > std::numeric_limits<std::int64_t>::max() - length || offset + length > size) return false;
    end = offset + length;
  }
  return true;
}

}  // namespace portolan::internal::archive
