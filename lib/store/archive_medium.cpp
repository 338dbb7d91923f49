// SPDX-License-Identifier: Apache-2.0
#include "store/archive_medium.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

#include "oci/layout_index.h"
#include "store/content.h"
#include "store/directory_medium.h"
#include "store/docker_archive.h"
#include "store/inflated_file.h"

namespace portolan::internal::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view index_name = "index.json";
constexpr std::string_view layout_name = "oci-layout";

std::string member_name(const Digest& digest) {
  return "blobs/" + std::string(digest.algorithm_name()) + "/" + std::string(digest.encoded());
}

/// The blobs in a folder; what is being written there is none yet.
Result<std::vector<Digest>> blobs_in(const BlobDirectory& blobs) {
  std::vector<Digest> found;
  for (const auto algorithm : {Digest::Algorithm::sha256, Digest::Algorithm::sha512}) {
    std::error_code error;
    const auto folder = blobs.folder(algorithm);
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      auto digest = Digest::parse(folder.filename().string() + ":" + entry->path().filename().string());
      if (digest) found.push_back(*std::move(digest));
    }
    if (error && error != std::errc::no_such_file_or_directory) {
      return system_error(error.value(), "reading", folder);
    }
  }
  return found;
}

IndexStamp stamp_of(const struct stat& status) {
  return {.device = status.st_dev,
          .file = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .changed = status.st_ctim.tv_sec * std::int64_t{1'000'000'000} + status.st_ctim.tv_nsec};
}

}  // namespace

/// A part of the archive.
class ArchiveMedium::MemberReader final : public Reader {
 public:
  MemberReader(Context context, std::shared_ptr<const Opened> archive, fs::path path, std::uint64_t at,
               std::uint64_t left)
      : context_(std::move(context)), archive_(std::move(archive)), path_(std::move(path)), at_(at), left_(left) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (auto go = context_.check(); !go) return std::move(go).error();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
    if (wanted == 0) return std::size_t{0};
    const auto got = read_at(archive_->file, path_, into.first(wanted), at_);
    if (!got) return got;
    at_ += *got;
    left_ -= *got;
    return got;
  }

 private:
  const Context context_;
  const std::shared_ptr<const Opened> archive_;
  const fs::path path_;
  std::uint64_t at_;
  std::uint64_t left_;
};

Result<std::unique_ptr<ArchiveMedium>> ArchiveMedium::open(const Context& context, const fs::path& path) {
  std::error_code error;
  auto absolute = fs::absolute(path, error).lexically_normal();
  if (error) return system_error(error.value(), "looking for", path);
  std::unique_ptr<ArchiveMedium> medium(new ArchiveMedium("oci-archive:" + path.string(), std::move(absolute)));
  auto opened = medium->open_archive(context);
  if (!opened) return std::move(opened).error();
  if ((*opened)->stamp != IndexStamp{}) {
    const auto layout = medium->member(**opened, layout_name, max_layout_file_size);
    auto fine = layout ? check_layout_file(*layout) : Result<void>(layout.error());
    if (!fine) return std::move(fine).error().within("reading oci-layout in " + path.string());
  }
  medium->opened_ = *std::move(opened);
  return medium;
}

/// One that is not there is an archive without members.
Result<std::shared_ptr<const ArchiveMedium::Opened>> ArchiveMedium::open_archive(const Context& context) const {
  auto archive = std::make_shared<Opened>();
  archive->file = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!archive->file) {
    if (errno == ENOENT) return std::shared_ptr<const Opened>(std::move(archive));
    return system_error(errno, "opening", path_);
  }
  struct stat status {};
  if (::fstat(archive->file.get(), &status) != 0) return system_error(errno, "reading", path_);
  archive->stamp = stamp_of(status);
  const auto packed = S_ISREG(status.st_mode) ? is_gzip(archive->file, path_) : Result(false);
  if (!packed) return packed.error();
  if (*packed) {
    auto plain = inflated(context, path_);
    if (!plain) return std::move(plain).error();
    archive->file = *std::move(plain);
    archive->only_read = "it is compressed";
  }
  TarLinks links;
  auto members = index_tar(archive->file, path_, &links);
  if (!members) return std::move(members).error();
  archive->members = *std::move(members);
  if (!archive->members.contains(layout_name) && archive->members.contains("manifest.json")) {
    if (auto taken = take_docker_archive(context, *archive, links); !taken) {
      return std::move(taken).error().within("reading images of Docker in " + path_.string());
    }
  }
  return std::shared_ptr<const Opened>(std::move(archive));
}

Result<void> ArchiveMedium::take_docker_archive(const Context& context, Opened& archive, const TarLinks& links) const {
  const auto reader = [&](const TarMember& member, std::uint64_t size) {
    // Shared with nobody, as the archive is: it outlives the reader.
    return MemberReader(context, std::shared_ptr<const Opened>(&archive, [](const Opened*) {}), path_, member.offset,
                        size);
  };
  auto layout = layout_of_docker_archive({
      .index = archive.members,
      .links = links,
      .read = [&](const TarMember& member, std::uint64_t limit) -> Result<std::string> {
        auto content = reader(member, member.size);
        return read_all(content, limit, member.size);
      },
      .first_bytes = [&](const TarMember& member) -> Result<std::string> {
        auto content = reader(member, std::min<std::uint64_t>(member.size, 4));
        return read_all(content, 4);
      },
      .digest = [&](const TarMember& member) -> Result<Digest> {
        auto content = reader(member, member.size);
        Hasher hasher;
        std::string piece(piece_size, '\0');
        for (;;) {
          auto got = content.read({piece.data(), piece.size()});
          if (!got) return std::move(got).error();
          if (*got == 0) return std::move(hasher).finish();
          hasher.update({piece.data(), *got});
        }
      },
  });
  if (!layout) return std::move(layout).error();
  archive.members = std::move(layout->blobs);
  archive.made = std::move(layout->made);
  archive.only_read = "it is an archive of Docker";
  return {};
}

std::shared_ptr<const ArchiveMedium::Opened> ArchiveMedium::opened() {
  std::lock_guard lock(mutex_);
  return opened_;
}

std::shared_ptr<const ArchiveMedium::Staging> ArchiveMedium::staged() {
  std::lock_guard lock(mutex_);
  return staging_;
}

Result<std::shared_ptr<const ArchiveMedium::Staging>> ArchiveMedium::stage() {
  if (auto there = staged()) return there;
  if (const auto archive = opened(); !archive->only_read.empty()) {
    return Error(Errc::unsupported,
                 path_.string() + " is only read, as " + archive->only_read + "; write to another archive");
  }
  remove_stale_temporaries(path_.parent_path());
  auto directory = StagingDirectory::create(path_.parent_path());
  if (!directory) return std::move(directory).error();
  BlobDirectory blobs(directory->path());
  if (auto made = blobs.make_folders(); !made) return std::move(made).error();
  auto staging = std::make_shared<const Staging>(Staging{*std::move(directory), std::move(blobs)});
  std::lock_guard lock(mutex_);
  if (!staging_) staging_ = std::move(staging);
  return staging_;
}

Result<std::optional<std::uint64_t>> ArchiveMedium::blob_size(const Digest& digest) {
  if (auto known = check_verifiable(digest); !known) return std::move(known).error();
  if (const auto staging = staged()) {
    auto size = staging->blobs.size(digest);
    if (!size || *size) return size;
  }
  const auto archive = opened();
  if (const auto made = archive->made.find(member_name(digest)); made != archive->made.end())
    return made->second.size();
  const auto found = archive->members.find(member_name(digest));
  if (found == archive->members.end()) return std::nullopt;
  return found->second.size;
}

Result<std::unique_ptr<Reader>> ArchiveMedium::open_blob(const Context& context, const Digest& digest,
                                                         std::uint64_t offset) {
  if (auto known = check_verifiable(digest); !known) return std::move(known).error();
  if (const auto staging = staged()) {
    auto reader = staging->blobs.open(context, digest, offset);
    if (reader || reader.error().code() != Errc::not_found) return reader;
  }
  auto archive = opened();
  if (const auto made = archive->made.find(member_name(digest)); made != archive->made.end()) {
    if (offset > made->second.size()) return Error(Errc::invalid_argument, "offset beyond the end of the content");
    return MemoryBlob(made->second).open(context, offset);
  }
  const auto found = archive->members.find(member_name(digest));
  if (found == archive->members.end()) {
    return Error(Errc::not_found, "blob " + digest.string() + " is missing from the archive");
  }
  const auto [start, size] = found->second;
  if (offset > size) return Error(Errc::invalid_argument, "offset beyond the end of the content");
  return std::unique_ptr<Reader>(
      std::make_unique<MemberReader>(context, std::move(archive), path_, start + offset, size - offset));
}

Result<bool> ArchiveMedium::has_blob(const Context& context, const Descriptor& blob, Proof proof) {
  const auto there = blob_size(blob.digest);
  if (!there) return Error(there.error());
  if (*there != blob.size) return false;
  if (proof == Proof::none) return true;
  auto content = open_blob(context, blob.digest, 0);
  if (!content) return std::move(content).error();
  return proves(blob, *std::move(content));
}

Result<void> ArchiveMedium::write_blob(const Context& context, const Descriptor& blob, const BlobSource& content) {
  const auto staging = stage();
  if (!staging) return Error(staging.error());
  return (*staging)->blobs.write(context, blob, content);
}

Result<void> ArchiveMedium::each_file(const Context& context, const std::function<void(LayoutFile)>& see) {
  if (const auto staging = staged()) {
    if (auto seen = staging->blobs.each_file(context, see); !seen) return seen;
  }
  constexpr std::string_view above = "blobs/";
  const auto archive = opened();
  const auto look_at = [&](const std::string& name, std::uint64_t size) {
    const auto slash = name.rfind('/');
    if (!name.starts_with(above) || slash < above.size()) return;
    auto digest = Digest::parse(name.substr(above.size(), slash - above.size()) + ":" + name.substr(slash + 1));
    if (!digest || !digest->verifiable()) return;
    see({.name = name, .digest = *std::move(digest), .size = size});
  };
  for (const auto& [name, member] : archive->members) look_at(name, member.size);
  for (const auto& [name, bytes] : archive->made) look_at(name, bytes.size());
  return {};
}

Result<IndexStamp> ArchiveMedium::index_stamp() { return opened()->stamp; }

Result<std::string> ArchiveMedium::member(const Opened& archive, std::string_view name, std::uint64_t limit) const {
  if (const auto made = archive.made.find(name); made != archive.made.end()) return made->second;
  const auto found = archive.members.find(name);
  if (found == archive.members.end()) return Error(Errc::corrupt, path_.string() + " holds no " + std::string(name));
  const auto [start, size] = found->second;
  if (size > limit) {
    return Error(Errc::limit_exceeded, std::string(name) + " is larger than " + std::to_string(limit) + " bytes");
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  for (std::size_t read = 0; read < bytes.size();) {
    const auto got = read_at(archive.file, path_, std::span(bytes).subspan(read), start + read);
    if (!got) return got.error();
    if (*got == 0) return system_error(EIO, "reading", path_);
    read += *got;
  }
  return bytes;
}

Result<IndexFile> ArchiveMedium::read_index() {
  const auto archive = opened();
  if (archive->stamp == IndexStamp{}) return IndexFile{};
  auto bytes = member(*archive, index_name, oci::max_layout_index_size);
  if (!bytes) return std::move(bytes).error();
  return IndexFile{*std::move(bytes), archive->stamp};
}

Result<void> ArchiveMedium::check_unchanged(const Opened& archive) const {
  struct stat status {};
  IndexStamp now;
  if (::stat(path_.c_str(), &status) == 0) {
    now = stamp_of(status);
  } else if (errno != ENOENT) {
    return system_error(errno, "looking for", path_);
  }
  if (now == archive.stamp) return {};
  return Error(Errc::conflict, path_.string() + " was changed while it was in use; nothing was written to it");
}

Result<void> ArchiveMedium::edit_index(const Context& context, const Edit& edit, const Written& written) {
  const auto staging = stage();
  if (!staging) return Error(staging.error());
  // Between the threads of this object; other processes have folders of their own, and are noticed.
  const auto lock = FileLock::acquire(context, (*staging)->directory.path() / "lock");
  if (!lock) return Error(lock.error());
  const auto file = read_index();
  if (!file) return Error(file.error());
  const auto edited = edit(file->bytes);
  if (!edited) return Error(edited.error());
  const auto archive = opened();
  if (!*edited) {
    written(archive->stamp);
    return {};
  }
  const auto fresh = blobs_in((*staging)->blobs);
  if (!fresh) return Error(fresh.error());
  if (auto done = write_archive(context, archive, **staging, *fresh, **edited); !done) return done;
  auto reopened = open_archive(context);
  if (!reopened) return std::move(reopened).error();
  const auto stamp = (*reopened)->stamp;
  {
    std::lock_guard guard(mutex_);
    opened_ = *std::move(reopened);
  }
  for (const auto& digest : *fresh) {
    std::error_code ignored;
    fs::remove((*staging)->blobs.path(digest), ignored);
  }
  written(stamp);
  return {};
}

Result<void> ArchiveMedium::write_archive(const Context& context, const std::shared_ptr<const Opened>& old,
                                          const Staging& staging, const std::vector<Digest>& fresh,
                                          std::string_view index) const {
  auto file = AtomicFile::create(path_);
  if (!file) return std::move(file).error();
  archive::TarWriter tar([&](std::string_view piece) { return file->write(piece); });
  const auto add = [&](const std::string& name, std::uint64_t size, Result<std::unique_ptr<Reader>> body) {
    if (!body) return Result<void>(std::move(body).error());
    if (auto begun = tar.begin(name, {}, size); !begun) return begun;
    std::string piece(piece_size, '\0');
    for (;;) {
      auto got = (*body)->read({piece.data(), piece.size()});
      if (!got) return Result<void>(std::move(got).error());
      if (*got == 0) return Result<void>();
      if (auto put = tar.body({piece.data(), *got}); !put) return put;
    }
  };
  if (auto put = tar.add(layout_name, {}, layout_file); !put) return put;
  if (auto put = tar.add(index_name, {}, index); !put) return put;
  std::map<std::string, std::optional<Digest>> members;
  for (const auto& [name, member] : old->members) members.emplace(name, std::nullopt);
  for (const auto& digest : fresh) members.insert_or_assign(member_name(digest), digest);
  members.erase(std::string(layout_name));
  members.erase(std::string(index_name));
  for (const auto& [name, digest] : members) {
    Result<void> put;
    if (digest) {
      const auto size = staging.blobs.size(*digest);
      if (!size) return Error(size.error());
      put = add(name, size->value_or(0), staging.blobs.open(context, *digest, 0));
    } else {
      const auto [start, size] = old->members.find(name)->second;
      put = add(name, size, std::unique_ptr<Reader>(std::make_unique<MemberReader>(context, old, path_, start, size)));
    }
    if (!put) return put;
  }
  if (auto ended = tar.finish(); !ended) return ended;
  // Nobody may come between the look and the new name. Waiting is short: the archives are written before.
  const auto lock = FileLock::acquire_directory(context, path_.parent_path());
  if (!lock) return Error(lock.error());
  if (auto same = check_unchanged(*old); !same) return same;
  return file->commit();
}

}  // namespace portolan::internal::store
