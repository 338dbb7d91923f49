// SPDX-License-Identifier: Apache-2.0
// A large blob whose transfer broke off goes on in another run.
#include <doctest/doctest.h>

#include <sys/file.h>

#include <portolan/store/layout_store.h>

#include <fcntl.h>

#include <fstream>
#include <set>

#include "base/file.h"
#include "base/partial_file.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::test;
using portolan::internal::PartialFile;
using portolan::internal::read_file;

namespace fs = std::filesystem;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

/// Content that breaks off after so many bytes of each reading, and remembers from where it was read.
class Breaking final : public BlobSource {
 public:
  Breaking(std::string content, std::size_t lasts, Errc failure = Errc::unreachable)
      : content_(std::move(content)), lasts_(lasts), failure_(failure) {}

  Result<std::unique_ptr<Reader>> open(const Context&, std::uint64_t offset) const override {
    opened.push_back(offset);
    return std::unique_ptr<Reader>(std::make_unique<Part>(*this, static_cast<std::size_t>(offset)));
  }
  mutable std::vector<std::uint64_t> opened;

 private:
  class Part final : public Reader {
   public:
    Part(const Breaking& source, std::size_t at) : source_(source), at_(at) {}
    Result<std::size_t> read(std::span<char> into) override {
      if (at_ == source_.content_.size()) return std::size_t{0};
      if (left_ == 0) return Error(source_.failure_, "broken off");
      const auto size = std::min({into.size(), left_, source_.content_.size() - at_});
      source_.content_.copy(into.data(), size, at_);
      at_ += size;
      left_ -= size;
      return size;
    }

   private:
    const Breaking& source_;
    std::size_t at_;
    std::size_t left_ = source_.lasts_;
  };
  const std::string content_;
  const std::size_t lasts_;
  const Errc failure_;
};

std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (auto& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

struct Rig {
  TemporaryDirectory dir;
  std::string content = noise(4 * mebibyte);
  Descriptor blob = describe("application/x", content);
  fs::path folder = dir / "layout/blobs/sha256";
  fs::path partial = folder / PartialFile::file_name(blob.digest.encoded());
  fs::path file = folder / blob.digest.encoded();

  /// Each time with a layout that knows nothing of the last one.
  Result<PushOutcome> push(const BlobSource& source) {
    return Layout::open(dir / "layout").value()->repository("app")->push_blob({}, blob, source);
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
    return names;
  }
  void check_whole() const {
    CHECK(read_file(file, 8 * mebibyte).value() == content);
    CHECK(files() == std::set<std::string>{std::string(blob.digest.encoded())});
    CHECK((fs::status(file).permissions() & (fs::perms::owner_write | fs::perms::others_write)) == fs::perms::none);
  }
};

}  // namespace

TEST_CASE("a blob that broke off goes on where it was, in another run") {
  for (const auto failure : {Errc::unreachable, Errc::timed_out, Errc::cancelled, Errc::rate_limited}) {
    Rig rig;
    const Breaking first(rig.content, 3 * mebibyte, failure);
    CHECK(rig.push(first).error().code() == failure);
    CHECK(fs::file_size(rig.partial) == 3 * mebibyte);
    CHECK_FALSE(fs::exists(rig.file));
    const Breaking second(rig.content, 3 * mebibyte);
    CHECK(rig.push(second).value() == PushOutcome::stored);
    CHECK(second.opened == std::vector<std::uint64_t>{3 * mebibyte});
    rig.check_whole();
  }
}

TEST_CASE("what was kept is proved, and thrown away where it is not the beginning") {
  Rig rig;
  fs::create_directories(rig.folder);
  struct Row {
    const char* what;
    std::string kept;
    std::vector<std::uint64_t> opened;
  };
  const Row rows[] = {
      {"other bytes", std::string(2 * mebibyte, 'x'), {2 * mebibyte, 0}},
      {"all of it, but one byte", rig.content.substr(0, 4 * mebibyte - 1) + "?", {0}},
      {"more than there is", rig.content + "?", {0}},
      {"all of it", rig.content, {}},
      {"nothing", "", {0}},
      {"one byte", rig.content.substr(0, 1), {1}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    fs::remove(rig.file);
    REQUIRE(internal::write_in_place(rig.partial, row.kept));
    fs::permissions(rig.partial, fs::perms::owner_read | fs::perms::owner_write);
    const Breaking source(rig.content, 8 * mebibyte);
    CHECK(rig.push(source).value() == PushOutcome::stored);
    CHECK(source.opened == row.opened);
    rig.check_whole();
  }
}

TEST_CASE("nothing is kept of what failed otherwise, and nothing of little") {
  struct Row {
    std::size_t lasts;
    Errc failure;
  };
  for (const auto& row : {Row{3 * mebibyte, Errc::verification_failed}, Row{3 * mebibyte, Errc::forbidden},
                          Row{3 * mebibyte, Errc::no_space}, Row{mebibyte - 1, Errc::unreachable}}) {
    Rig rig;
    CHECK(rig.push(Breaking(rig.content, row.lasts, row.failure)).error().code() == row.failure);
    CHECK(rig.files().empty());
  }
}

TEST_CASE("a source whose bytes are wrong leaves nothing") {
  Rig rig;
  auto wrong = rig.content;
  wrong.back() ^= 1;
  CHECK(rig.push(Breaking(rig.content, 3 * mebibyte)).error().code() == Errc::unreachable);
  const Breaking source(wrong, 8 * mebibyte);
  CHECK(rig.push(source).error().code() == Errc::verification_failed);
  CHECK(source.opened == std::vector<std::uint64_t>{3 * mebibyte, 0});
  CHECK(rig.files().empty());
}

TEST_CASE("a partial file that somebody else has replaced meanwhile gets no final name, and is left alone") {
  Rig rig;
  fs::create_directories(rig.folder);
  REQUIRE(internal::write_in_place(rig.partial, rig.content.substr(0, 2 * mebibyte)));
  fs::permissions(rig.partial, fs::perms::owner_read | fs::perms::owner_write);
  struct Meddling final : BlobSource {
    const Breaking inner;
    const fs::path file;
    Meddling(const std::string& content, fs::path path) : inner(content, 8 * mebibyte), file(std::move(path)) {}
    Result<std::unique_ptr<Reader>> open(const Context& context, std::uint64_t offset) const override {
      fs::remove(file);
      std::ofstream(file) << "somebody's";
      return inner.open(context, offset);
    }
  };
  const auto pushed = rig.push(Meddling(rig.content, rig.partial));
  REQUIRE_FALSE(pushed);
  CHECK(pushed.error().code() == Errc::io_error);
  CHECK_FALSE(fs::exists(rig.file));
  CHECK(read_file(rig.partial, 100).value() == "somebody's");
}

TEST_CASE("a partial file that another one writes, or that is none, is left alone") {
  Rig rig;
  fs::create_directories(rig.folder);
  const std::string kept = rig.content.substr(0, 2 * mebibyte);
  SUBCASE("somebody else writes it") {
    REQUIRE(internal::write_in_place(rig.partial, kept));
    const int fd = ::open(rig.partial.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(::flock(fd, LOCK_EX | LOCK_NB) == 0);
    CHECK(rig.push(Breaking(rig.content, 8 * mebibyte)));
    ::close(fd);
    CHECK(read_file(rig.partial, 8 * mebibyte).value() == kept);
  }
  SUBCASE("it is a symbolic link") {
    REQUIRE(internal::write_in_place(rig.dir / "elsewhere", kept));
    fs::create_symlink(rig.dir / "elsewhere", rig.partial);
    CHECK(rig.push(Breaking(rig.content, 8 * mebibyte)));
    CHECK(read_file(rig.dir / "elsewhere", 8 * mebibyte).value() == kept);
  }
  SUBCASE("everybody may write it") {
    REQUIRE(internal::write_in_place(rig.partial, kept));
    fs::permissions(rig.partial, fs::perms::all);
    CHECK(rig.push(Breaking(rig.content, 8 * mebibyte)));
    CHECK(read_file(rig.partial, 8 * mebibyte).value() == kept);
  }
  SUBCASE("it is a folder") {
    fs::create_directory(rig.partial);
    CHECK(rig.push(Breaking(rig.content, 8 * mebibyte)));
  }
  CHECK(read_file(rig.file, 8 * mebibyte).value() == rig.content);
}
