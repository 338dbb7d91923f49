// SPDX-License-Identifier: Apache-2.0
#include "store/tar_index.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "archive/tar_format.h"

namespace portolan::internal::store {
namespace {

using namespace archive;

using Block = std::array<char, kBlock>;

std::string_view bytes(const Block& block, Field field) { return {block.data() + field.at, field.size}; }

/// A field of text, which ends at a NUL or is full.
std::string_view text(const Block& block, Field field) {
  const auto all = bytes(block, field);
  return all.substr(0, all.find('\0'));
}

/// Octal digits, blanks and NULs around them; or, with the first bit set, a big-endian number (GNU).
std::optional<std::uint64_t> number(const Block& block, Field field) {
  const auto all = bytes(block, field);
  const auto first = static_cast<unsigned char>(all[0]);
  std::uint64_t value = 0;
  if ((first & 0x80) != 0) {
    if (first != 0x80) return std::nullopt;  // negative, or beyond 64 bits
    for (const char c : all.substr(1)) {
      if (value > std::numeric_limits<std::uint64_t>::max() >> 8) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  const auto begin = all.find_first_not_of(' ');
  if (begin == std::string_view::npos) return 0;
  for (const char c : all.substr(begin)) {
    if (c == ' ' || c == '\0') break;
    if (c < '0' || c > '7') return std::nullopt;
    value = value << 3 | static_cast<unsigned>(c - '0');
  }
  return value;
}

bool checksum_matches(const Block& block) {
  const auto promised = number(block, kChecksum);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool itself = i >= kChecksum.at && i < kChecksum.at + kChecksum.size;
    sum += itself ? static_cast<unsigned char>(' ') : static_cast<unsigned char>(block[i]);
  }
  return promised == sum;
}

bool is_zero(const Block& block) { return block == Block{}; }

/// What a header says of the member after it, in place of that member's own fields.
struct Overrides {
  std::optional<std::string> name{};
  std::optional<std::uint64_t> size{};
};

/// PAX records: `LENGTH KEY=VALUE\n`, the length being that of the whole record. False where they are damaged.
bool read_pax(std::string_view records, Overrides& overrides) {
  while (!records.empty()) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(records.data(), records.data() + records.size(), length);
    const auto digits = static_cast<std::size_t>(end - records.data());
    if (error != std::errc() || length > records.size() || length < digits + 2 || records[digits] != ' ' ||
        records[length - 1] != '\n') {
      return false;
    }
    const auto record = records.substr(digits + 1, length - digits - 2);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos) return false;
    const auto key = record.substr(0, equals);
    const auto value = record.substr(equals + 1);
    if (key == "path") overrides.name = value;
    if (key == "size") {
      std::uint64_t size = 0;
      const auto parsed = std::from_chars(value.data(), value.data() + value.size(), size);
      if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size()) return false;
      overrides.size = size;
    }
    records.remove_prefix(length);
  }
  return true;
}

class Scanner {
 public:
  Scanner(const FileDescriptor& file, const std::filesystem::path& path) : file_(file), path_(path) {}

  Result<TarIndex> scan();

 private:
  Result<void> read(char* into, std::size_t size, std::uint64_t offset) const;
  Result<void> member(const Block& header, std::uint64_t size);
  Error damaged(const std::string& why) const {
    return Error(Errc::corrupt,
                 path_.string() + " is no tar archive that can be read: " + why + " at byte " + std::to_string(at_));
  }

  const FileDescriptor& file_;
  const std::filesystem::path& path_;
  std::uint64_t length_ = 0;
  std::uint64_t at_ = 0;
  std::size_t members_ = 0;
  Overrides overrides_;
  TarIndex index_;
};

Result<void> Scanner::read(char* into, std::size_t size, std::uint64_t offset) const {
  while (size != 0) {
    const auto got = ::pread(file_.get(), into, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, "reading", path_);
    if (got == 0) return damaged("it ends in the middle");
    into += got;
    size -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Result<TarIndex> Scanner::scan() {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return system_error(errno, "reading", path_);
  if (!S_ISREG(status.st_mode)) return Error(Errc::invalid_argument, path_.string() + " is not a regular file");
  length_ = static_cast<std::uint64_t>(status.st_size);
  while (at_ < length_) {
    Block header;
    if (auto got = read(header.data(), header.size(), at_); !got) return std::move(got).error();
    if (is_zero(header)) break;
    const auto start = std::string_view(header.data(), 4);
    if (at_ == 0 && (start.starts_with("\x1f\x8b") || start == "\x28\xb5\x2f\xfd")) {
      return Error(Errc::unsupported, path_.string() + " is compressed; only plain tar archives can be read in place");
    }
    if (!checksum_matches(header)) return damaged("the check sum of a header is wrong");
    auto size = number(header, kSize);
    if (overrides_.size) size = overrides_.size;
    if (!size) return damaged("a header has no size");
    at_ += kBlock;
    if (*size > length_ - at_) return damaged("a member goes beyond the end of the file");
    if (++members_ > max_tar_members) {
      return Error(Errc::limit_exceeded,
                   path_.string() + " has more than " + std::to_string(max_tar_members) + " members");
    }
    if (auto taken = member(header, *size); !taken) return std::move(taken).error();
    at_ += *size + padding_after(*size);
  }
  return std::move(index_);
}

Result<void> Scanner::member(const Block& header, std::uint64_t size) {
  const char type = header[kType.at];
  if (type == 'x' || type == 'L') {
    if (size > kMaxSpecialSize) return damaged("an extended header is too long");
    std::string content(static_cast<std::size_t>(size), '\0');
    if (auto got = read(content.data(), content.size(), at_); !got) return got;
    if (type == 'x' && !read_pax(content, overrides_)) return damaged("an extended header is damaged");
    if (type == 'L') overrides_.name = content.substr(0, content.find('\0'));
    return {};
  }
  if (type == 'g' || type == 'K') return {};
  const auto overrides = std::exchange(overrides_, {});
  if (type == 'S') return Error(Errc::unsupported, path_.string() + " has a sparse member");
  if (type != '0' && type != '\0' && type != '7') return {};
  std::string name(text(header, kName));
  const auto prefix = text(header, kPrefix);
  // GNU headers ("ustar  ") keep times where the prefix is.
  if (bytes(header, kMagic) == kUstarMagic && !prefix.empty()) name = std::string(prefix) + "/" + name;
  if (overrides.name) name = *overrides.name;
  while (name.starts_with("./")) name.erase(0, 2);
  index_.insert_or_assign(std::move(name), TarMember{at_, size});
  return {};
}

}  // namespace

Result<TarIndex> index_tar(const FileDescriptor& file, const std::filesystem::path& path) {
  return Scanner(file, path).scan();
}

}  // namespace portolan::internal::store
