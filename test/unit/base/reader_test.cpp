// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <vector>

#include <portolan/base/reader.h>

using namespace portolan;

namespace {
std::unique_ptr<Reader> reader_of(std::string content) { return *MemoryBlob(std::move(content)).open({}, 0); }
}  // namespace

TEST_CASE("a verifying reader lets exactly the promised content through") {
  struct Row {
    std::string content;
    std::uint64_t size;
    std::string promised;
    bool good;
  };
  const Row rows[] = {{"hello", 5, "hello", true},  {"", 0, "", true},
                      {"hell", 5, "hello", false},  {"hello!", 5, "hello", false},
                      {"hellO", 5, "hello", false}, {"", 5, "hello", false}};
  for (const auto& row : rows) {
    CAPTURE(row.content);
    auto reader = verifying(reader_of(row.content), digest_of(row.promised), row.size);
    const auto got = read_all(*reader, 100);
    REQUIRE(got.has_value() == row.good);
    if (row.good) {
      CHECK(*got == row.content);
    } else {
      CHECK(got.error().code() == Errc::verification_failed);
      char more[4];
      CHECK(reader->read(more).error().code() == Errc::verification_failed);
    }
  }
}

TEST_CASE("what a reader proves already is not proved twice, and anything else is") {
  const auto digest = digest_of("hello");
  const auto proving = [&] { return verifying(reader_of("hello"), digest, 5); };
  const auto same_reader = [](std::unique_ptr<Reader> reader, const Digest& promised, std::uint64_t size) {
    const auto* before = reader.get();
    return verifying(std::move(reader), promised, size).get() == before;
  };
  CHECK(same_reader(proving(), digest, 5));
  CHECK_FALSE(same_reader(proving(), digest, 4));
  CHECK_FALSE(same_reader(proving(), digest_of("hello", Digest::Algorithm::sha512), 5));
  CHECK_FALSE(same_reader(reader_of("hello"), digest, 5));
  auto begun = proving();
  char first[1];
  REQUIRE(begun->read(first));
  CHECK_FALSE(same_reader(std::move(begun), digest, 5));
}

TEST_CASE("reading has a limit that content may reach and not pass") {
  CHECK(read_all(*reader_of("12345"), 5).value() == "12345");
  CHECK(read_all(*reader_of("123456"), 5).error().code() == Errc::limit_exceeded);
  CHECK(read_all(*reader_of(""), 0).value() == "");
  CHECK(read_all(*reader_of("1"), 0).error().code() == Errc::limit_exceeded);
  const std::string large(300'000, 'x');
  CHECK(read_all(*reader_of(large), large.size()).value() == large);
}

TEST_CASE("reading needs no more than the expected room, and gets along with a wrong guess") {
  const std::string large(300'000, 'x');
  for (const std::uint64_t expected : std::vector<std::uint64_t>{0, 1, 299'999, 300'000, 300'001, 1'000'000}) {
    CAPTURE(expected);
    CHECK(read_all(*reader_of(large), 1'000'000, expected).value() == large);
    CHECK(read_all(*reader_of(large), 300'000, expected).value() == large);
    CHECK(read_all(*reader_of(large), 299'999, expected).error().code() == Errc::limit_exceeded);
  }
  CHECK(read_all(*reader_of(large), 400'000, 300'000).value().capacity() < 301'000);
}

TEST_CASE("a blob opens at any offset up to its end") {
  const MemoryBlob blob("abcdef");
  CHECK(read_all(**blob.open({}, 4), 10).value() == "ef");
  CHECK(read_all(**blob.open({}, 6), 10).value() == "");
  CHECK(blob.open({}, 7).error().code() == Errc::invalid_argument);
}

TEST_CASE("a reader stops when its context does") {
  std::stop_source source;
  auto reader = *MemoryBlob("abc").open({.stop = source.get_token()}, 0);
  source.request_stop();
  char buffer[8];
  CHECK(reader->read(buffer).error().code() == Errc::cancelled);
}
