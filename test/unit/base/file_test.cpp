// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "base/file.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::internal;
using portolan::test::TemporaryDirectory;

namespace {
std::size_t entries(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}
}  // namespace

TEST_CASE("a file appears whole under its name, over what stood there") {
  TemporaryDirectory dir;
  CHECK(write_file(dir / "a", "one"));
  CHECK(write_file(dir / "a", "two"));
  CHECK(read_file(dir / "a", 10).value() == "two");
  CHECK(entries(dir.path()) == 1);
}

TEST_CASE("a file that is not committed leaves nothing") {
  TemporaryDirectory dir;
  {
    auto file = AtomicFile::create(dir / "a");
    REQUIRE(file);
    CHECK(file->write("half"));
    CHECK(entries(dir.path()) == 1);
    CHECK_FALSE(std::filesystem::exists(dir / "a"));
  }
  CHECK(entries(dir.path()) == 0);
}

TEST_CASE("reading what is no file fails with the right code") {
  TemporaryDirectory dir;
  CHECK(read_file(dir / "missing", 1).error().code() == Errc::no_such_file);
  CHECK(read_file(dir.path(), 1).error().code() == Errc::io_error);
  REQUIRE(mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK(read_file(dir / "fifo", 1).error().code() == Errc::io_error);
  CHECK(write_file(dir / "missing/a", "x").error().code() == Errc::no_such_file);
}

TEST_CASE("one holder of a lock at a time, and waiting ends on request") {
  TemporaryDirectory dir;
  auto held = FileLock::acquire({}, dir / "lock");
  REQUIRE(held);
  std::stop_source source;
  std::jthread waiter([&] {
    auto refused = FileLock::acquire({.stop = source.get_token()}, dir / "lock");
    CHECK(refused.error().code() == Errc::cancelled);
  });
  source.request_stop();
  waiter.join();
  { auto release = std::move(held); }
  CHECK(FileLock::acquire({}, dir / "lock"));
}

TEST_CASE("a directory is locked without a file that stays") {
  TemporaryDirectory dir;
  auto held = FileLock::acquire_directory({}, dir.path());
  REQUIRE(held);
  std::stop_source source;
  source.request_stop();
  const auto refused = FileLock::acquire_directory({.stop = source.get_token()}, dir.path());
  CHECK(refused.error().code() == Errc::cancelled);
  { auto release = std::move(held); }
  CHECK(FileLock::acquire_directory({}, dir.path()));
  CHECK(std::filesystem::is_empty(dir.path()));
  CHECK(FileLock::acquire_directory({}, dir / "missing").error().code() == Errc::no_such_file);
}
