// SPDX-License-Identifier: Apache-2.0
#include "archive/archive_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "archive/gzip_reader.h"
#include "archive/sparse.h"
#include "archive/tar_header.h"

namespace portolan::internal::archive {
namespace {

constexpr std::size_t buffer_size = 32 * 1024;
/// Extended headers in a row. Go has no limit; no writer puts more than a handful before a member.
constexpr unsigned max_special_headers = 1000;

Error invalid_header() { return Error(Errc::invalid_chart, "archive/tar: invalid tar header"); }
Error cut_short() { return Error(Errc::invalid_chart, "unexpected EOF"); }

/// The archive's bytes, read in larger pieces than headers are.
class Bytes {
 public:
  explicit Bytes(std::unique_ptr<Reader> input) : input_(std::move(input)) {}

  /// At least one byte; 0 is the end.
  Result<std::size_t> read(std::span<char> into) {
    if (at_ == filled_) {
      if (into.size() >= buffer_.size()) return input_->read(into);
      auto got = input_->read(buffer_);
      if (!got) return got;
      at_ = 0;
      filled_ = *got;
    }
    const auto count = std::min(into.size(), filled_ - at_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }

  /// Fewer than asked for only at the end.
  Result<std::size_t> read_all_of(std::span<char> into) {
    std::size_t done = 0;
    while (done < into.size()) {
      auto got = read(into.subspan(done));
      if (!got) return got;
      if (*got == 0) break;
      done += *got;
    }
    return done;
  }

  /// Passes over so many bytes; tells whether they were there.
  Result<bool> skip(std::uint64_t count) {
    while (count != 0) {
      if (at_ == filled_) {
        auto got = input_->read(buffer_);
        if (!got) return std::move(got).error();
        if (*got == 0) return false;
        at_ = 0;
        filled_ = *got;
      }
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(count, filled_ - at_));
      at_ += passed;
      count -= passed;
    }
    return true;
  }

 private:
  std::unique_ptr<Reader> input_;
  std::array<char, buffer_size> buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
};

/// Types that have no content whatever their header says: links, devices, directories, FIFOs.
bool is_header_only(char type) { return type >= '1' && type <= '6'; }

bool is_directory(const TarHeader& header) {
  constexpr std::uint32_t type_bits = ~std::uint32_t{07777};
  constexpr std::uint32_t directory_bit = 040000;
  return header.type == '5' || (static_cast<std::uint32_t>(header.mode) & type_bits) == directory_bit;
}

/// A sparse member's content: its extents from the archive, zeros between them.
struct SparseContent {
  std::vector<Extent> extents;
  std::size_t next = 0;
  std::int64_t at = 0;
  std::int64_t size = 0;
};

}  // namespace

struct ArchiveReader::State {
  explicit State(std::unique_ptr<Reader> input) : bytes(std::move(input)) {}

  Result<std::optional<Member>> next();
  Result<std::size_t> read(std::span<char> into);

  /// Reads a header block. Nothing at the end of the archive.
  Result<std::optional<TarHeader>> read_header();
  /// The content of an extended header.
  Result<std::string> read_special();
  /// Sets up reading the content that a header announces. False where the announcement is nonsense.
  bool enter(const TarHeader& header);
  Result<void> enter_sparse(const PaxRecords& records, TarHeader& header);
  /// The content as the archive holds it, sparse or not.
  Result<std::size_t> read_stored(std::span<char> into);
  Result<std::size_t> read_sparse(std::span<char> into);
  /// Passes over what is left of a member. False where the archive ends in the padding, which is an end.
  Result<bool> leave();

  Bytes bytes;
  std::array<char, block_size> block{};
  std::uint64_t stored_left = 0;
  std::uint64_t padding = 0;
  std::optional<SparseContent> sparse;
  bool ended = false;
  std::optional<Error> failure;
};

Result<std::optional<TarHeader>> ArchiveReader::State::read_header() {
  // Two blocks of zeros are the end, and so is the end of the input where a block may begin.
  for (int zero_blocks = 0; zero_blocks < 2; ++zero_blocks) {
    auto got = bytes.read_all_of(block);
    if (!got) return std::move(got).error();
    if (*got == 0) return std::nullopt;
    if (*got != block.size()) return cut_short();
    if (std::any_of(block.begin(), block.end(), [](char c) { return c != 0; })) {
      if (zero_blocks != 0) return invalid_header();
      auto header = parse_tar_header(block);
      if (!header) return invalid_header();
      return header;
    }
  }
  return std::nullopt;
}

bool ArchiveReader::State::enter(const TarHeader& header) {
  const std::int64_t size = is_header_only(header.type) ? 0 : header.size;
  if (size < 0) return false;
  stored_left = static_cast<std::uint64_t>(size);
  padding = padding_after(stored_left);
  return true;
}

Result<bool> ArchiveReader::State::leave() {
  sparse.reset();
  auto passed = bytes.skip(std::exchange(stored_left, 0));
  if (!passed) return passed;
  if (!*passed) return cut_short();
  return bytes.skip(std::exchange(padding, 0));
}

Result<std::string> ArchiveReader::State::read_special() {
  if (stored_left > max_special_size) return Error(Errc::invalid_chart, "archive/tar: header field too long");
  std::string content(static_cast<std::size_t>(stored_left), '\0');
  auto got = bytes.read_all_of(content);
  if (!got) return std::move(got).error();
  if (*got != content.size()) return cut_short();
  stored_left = 0;
  return content;
}

Result<void> ArchiveReader::State::enter_sparse(const PaxRecords& records, TarHeader& header) {
  std::vector<Extent> extents;
  if (header.type == 'S') {
    auto map = read_gnu_sparse(block, header, [this](std::span<char, block_size> into) -> Result<void> {
      auto got = bytes.read_all_of(into);
      if (!got) return std::move(got).error();
      if (*got != into.size()) return cut_short();
      return {};
    });
    if (!map) return std::move(map).error();
    extents = *std::move(map);
  } else {
    auto map = read_pax_sparse(records, header, [this](std::span<char, block_size> into) -> Result<void> {
      for (std::size_t done = 0; done < into.size();) {
        auto got = read_stored(into.subspan(done));
        if (!got) return std::move(got).error();
        if (*got == 0) return cut_short();
        done += *got;
      }
      return {};
    });
    if (!map) return std::move(map).error();
    if (!*map) return {};
    extents = **std::move(map);
  }
  if (is_header_only(header.type) || !fit(extents, header.size)) return invalid_header();
  std::erase_if(extents, [](const Extent& extent) { return extent.length == 0; });
  sparse = SparseContent{.extents = std::move(extents), .size = header.size};
  return {};
}

Result<std::optional<Member>> ArchiveReader::State::next() {
  PaxRecords records;
  std::string long_name;
  for (unsigned special = 0; special <= max_special_headers; ++special) {
    auto left = leave();
    if (!left) return std::move(left).error();
    if (!*left) return std::nullopt;
    auto read = read_header();
    if (!read) return std::move(read).error();
    if (!*read) return std::nullopt;
    auto header = **std::move(read);
    if (!enter(header)) return invalid_header();

    switch (header.type) {
      case 'x':
      case 'g': {
        auto content = read_special();
        if (!content) return std::move(content).error();
        auto parsed = PaxRecords::parse(*content);
        if (!parsed) return invalid_header();
        // To Go a global header is a member, so that what went before applies to it; Helm passes over it.
        records = header.type == 'x' ? *std::move(parsed) : PaxRecords();
        if (header.type == 'g') long_name.clear();
        continue;
      }
      case 'L':
      case 'K': {
        auto content = read_special();
        if (!content) return std::move(content).error();
        if (header.type == 'L') long_name = until_nul(*content);
        continue;
      }
    }

    if (!records.apply_to(header)) return invalid_header();
    if (!long_name.empty()) header.name = std::move(long_name);
    if (header.type == '\0') header.type = header.name.ends_with('/') ? '5' : '0';
    if (!enter(header)) return invalid_header();
    if (auto done = enter_sparse(records, header); !done) return std::move(done).error();

    Member member{.name = std::move(header.name), .modified = header.modified};
    if (is_directory(header)) {
      member.kind = Member::Kind::directory;
    } else {
      if (is_header_only(header.type)) member.kind = Member::Kind::other;
      member.size = static_cast<std::uint64_t>(std::max<std::int64_t>(header.size, 0));
    }
    return member;
  }
  return Error(Errc::limit_exceeded,
               "more than " + std::to_string(max_special_headers) + " extended tar headers in a row");
}

Result<std::size_t> ArchiveReader::State::read_stored(std::span<char> into) {
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), stored_left));
  if (room == 0) return std::size_t{0};
  auto got = bytes.read(into.first(room));
  if (got && *got == 0) return cut_short();
  if (got) stored_left -= *got;
  return got;
}

Result<std::size_t> ArchiveReader::State::read_sparse(std::span<char> into) {
  auto& [extents, next, at, size] = *sparse;
  if (at == size) {
    if (stored_left != 0) return Error(Errc::invalid_chart, "archive/tar: sparse file contains unreferenced data");
    return std::size_t{0};
  }
  const bool data = next != extents.size() && extents[next].offset <= at;
  const std::int64_t stop = data                     ? extents[next].offset + extents[next].length
                            : next != extents.size() ? extents[next].offset
                                                     : size;
  auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), static_cast<std::uint64_t>(stop - at)));
  if (data) {
    auto got = read_stored(into.first(count));
    if (!got) return got;
    if (*got == 0) return Error(Errc::invalid_chart, "archive/tar: sparse file references non-existent data");
    count = *got;
  } else {
    std::fill_n(into.begin(), count, '\0');
  }
  at += static_cast<std::int64_t>(count);
  if (data && at == stop) ++next;
  return count;
}

Result<std::size_t> ArchiveReader::State::read(std::span<char> into) {
  if (into.empty()) return std::size_t{0};
  return sparse ? read_sparse(into) : read_stored(into);
}

ArchiveReader::ArchiveReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader& ArchiveReader::operator=(ArchiveReader&&) noexcept = default;
ArchiveReader::~ArchiveReader() = default;

Result<ArchiveReader> ArchiveReader::open(std::unique_ptr<Reader> input, Format format) {
  switch (format) {
    case Format::tar: break;
    case Format::tar_gzip: {
      auto content = gunzipping(std::move(input));
      if (!content) return std::move(content).error();
      input = *std::move(content);
      break;
    }
  }
  return ArchiveReader(std::make_unique<State>(std::move(input)));
}

Result<std::optional<Member>> ArchiveReader::next() {
  if (state_->failure) return *state_->failure;
  if (state_->ended) return std::nullopt;
  auto member = state_->next();
  if (!member) {
    state_->failure = member.error();
  } else if (!*member) {
    state_->ended = true;
  }
  return member;
}

Result<std::size_t> ArchiveReader::read(std::span<char> into) {
  if (state_->failure) return *state_->failure;
  auto got = state_->read(into);
  if (!got) state_->failure = got.error();
  return got;
}

}  // namespace portolan::internal::archive
