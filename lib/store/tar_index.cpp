// SPDX-License-Identifier: Apache-2.0
#include "store/tar_index.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "archive/tar_format.h"
#include "archive/tar_header.h"

namespace portolan::internal::store {
namespace {

using namespace archive;

using Block = std::array<char, block_size>;

// Longer ones are in headers of their own, which nobody's layers need.
constexpr std::size_t link_name_offset = 157;
constexpr std::size_t link_name_size = 100;

class Scanner {
 public:
  Scanner(const FileDescriptor& file, const std::filesystem::path& path, TarLinks* links)
      : file_(file), path_(path), links_(links) {}

  Result<TarIndex> scan();

 private:
  Result<void> read(char* into, std::size_t size, std::uint64_t offset) const;
  Result<void> member(TarHeader header);
  Result<std::string> special(const TarHeader& header) const;
  Error damaged(const std::string& why) const {
    return Error(Errc::corrupt,
                 path_.string() + " is no tar archive that can be read: " + why + " at byte " + std::to_string(at_));
  }

  const FileDescriptor& file_;
  const std::filesystem::path& path_;
  TarLinks* const links_;
  std::uint64_t length_ = 0;
  std::uint64_t at_ = 0;
  std::size_t members_ = 0;
  // What a header says of the member after it.
  std::optional<PaxRecords> pax_;
  std::optional<std::string> long_name_;
  TarIndex index_;
};

Result<void> Scanner::read(char* into, std::size_t size, std::uint64_t offset) const {
  while (size != 0) {
    const auto got = read_at(file_, path_, {into, size}, offset);
    if (!got) return got.error();
    if (*got == 0) return damaged("it ends in the middle");
    into += *got;
    size -= *got;
    offset += *got;
  }
  return {};
}

Result<TarIndex> Scanner::scan() {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return system_error(errno, "reading", path_);
  if (!S_ISREG(status.st_mode)) return Error(Errc::invalid_argument, path_.string() + " is not a regular file");
  length_ = static_cast<std::uint64_t>(status.st_size);
  while (at_ < length_) {
    Block block;
    if (auto got = read(block.data(), block.size(), at_); !got) return std::move(got).error();
    if (block == Block{}) break;
    const auto start = std::string_view(block.data(), 4);
    if (at_ == 0 && (start.starts_with("\x1f\x8b") || start == "\x28\xb5\x2f\xfd")) {
      return Error(Errc::unsupported,
                   path_.string() + " is compressed; tar archives are read plain, or packed by gzip");
    }
    auto header = parse_tar_header(block);
    if (!header) return damaged("a header is wrong");
    at_ += block_size;
    if (++members_ > max_tar_members) {
      return Error(Errc::limit_exceeded,
                   path_.string() + " has more than " + std::to_string(max_tar_members) + " members");
    }
    if (links_ != nullptr && (header->type == '1' || header->type == '2')) {
      auto target = std::string(until_nul({block.data() + link_name_offset, link_name_size}));
      while (target.starts_with("./")) target.erase(0, 2);
      links_->insert_or_assign(header->name.substr(header->name.starts_with("./") ? 2 : 0), std::move(target));
    }
    if (auto taken = member(*std::move(header)); !taken) return std::move(taken).error();
  }
  return std::move(index_);
}

/// Takes a member into the index, and goes to its end.
Result<void> Scanner::member(TarHeader header) {
  const bool extends = header.type == 'x' || header.type == 'L';
  const bool passed_over = header.type == 'g' || header.type == 'K';
  if (!extends && !passed_over) {
    if (const auto pax = std::exchange(pax_, std::nullopt)) {
      if (!pax->apply_to(header)) return damaged("an extended header is wrong");
      if (!(*pax)[PaxKey::sparse_major].empty() || !(*pax)[PaxKey::sparse_blocks].empty()) header.type = 'S';
    }
    if (auto name = std::exchange(long_name_, std::nullopt)) header.name = *std::move(name);
  }
  if (header.size < 0) return damaged("a header has no size");
  const auto size = static_cast<std::uint64_t>(header.size);
  if (size > length_ - at_) return damaged("a member goes beyond the end of the file");
  if (extends) {
    auto content = special(header);
    if (!content) return std::move(content).error();
    if (header.type == 'L') long_name_ = until_nul(*content);
    if (header.type == 'x' && !(pax_ = PaxRecords::parse(*content))) return damaged("an extended header is wrong");
  }
  if (header.type == 'S') return Error(Errc::unsupported, path_.string() + " has a sparse member");
  if (header.type == '0' || header.type == '\0' || header.type == '7') {
    while (header.name.starts_with("./")) header.name.erase(0, 2);
    index_.insert_or_assign(std::move(header.name), TarMember{at_, size});
  }
  at_ += size + padding_after(size);
  return {};
}

Result<std::string> Scanner::special(const TarHeader& header) const {
  const auto size = static_cast<std::uint64_t>(header.size);
  if (size > max_special_size) return damaged("an extended header is too long");
  std::string content(static_cast<std::size_t>(size), '\0');
  if (auto got = read(content.data(), content.size(), at_); !got) return std::move(got).error();
  return content;
}

}  // namespace

Result<TarIndex> index_tar(const FileDescriptor& file, const std::filesystem::path& path, TarLinks* links) {
  return Scanner(file, path, links).scan();
}

}  // namespace portolan::internal::store
