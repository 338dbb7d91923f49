// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "registry/resuming_reader.h"
#include "scripted_transport.h"

using namespace portolan;
using namespace portolan::internal::registry;
using portolan::test::answer;

namespace {

/// The content up to a byte, and then a broken connection.
class Cut final : public Reader {
 public:
  explicit Cut(std::string bytes, NetworkFailure how = NetworkFailure::broken) : bytes_(std::move(bytes)), how_(how) {}
  Result<std::size_t> read(std::span<char> into) override {
    if (bytes_.empty()) return Error(Errc::unreachable, "broke").with({.failure = how_});
    const auto n = std::min(into.size(), bytes_.size());
    bytes_.copy(into.data(), n);
    bytes_.erase(0, n);
    return n;
  }

 private:
  std::string bytes_;
  const NetworkFailure how_;
};

http::Response cut(int status, http::Headers headers, std::string bytes) {
  return {.status = status, .headers = std::move(headers), .body = std::make_unique<Cut>(std::move(bytes))};
}

const std::string content = "0123456789";
const ReadBlob blob{.digest = "sha256:d", .registry = "reg.example"};

http::Headers range(const std::string& text) { return {{"Content-Range", "bytes " + text}}; }

}  // namespace

TEST_CASE("a transfer that breaks off goes on with the rest, however the server gives it") {
  std::vector<std::uint64_t> asked;
  auto reader = resuming(
      std::make_unique<Cut>("012"), 0, 0, 10,
      [&](std::uint64_t at) -> Result<http::Response> {
        asked.push_back(at);
        switch (asked.size()) {
          case 1: return cut(206, range("3-9/10"), "345");
          case 2: return cut(200, {}, "01234567");  // it ignores the range
          default: return answer(206, range("8-9/*"), "89");
        }
      },
      blob);
  CHECK(read_all(*reader, 100).value() == content);
  CHECK(asked == std::vector<std::uint64_t>{3, 6, 8});
}

TEST_CASE("a transfer may begin in the middle") {
  auto reader = resuming(
      std::make_unique<Cut>("0123456"), 4, 4, 10,
      [](std::uint64_t) -> Result<http::Response> { return answer(206, range("7-9/10"), "789"); }, blob);
  CHECK(read_all(*reader, 100).value() == "456789");
}

TEST_CASE("an answer that ends early without saying so goes on, too") {
  auto reader = resuming(
      MemoryBlob("0123").open({}, 0).value(), 0, 0, 10,
      [](std::uint64_t at) {
        return Result<http::Response>(answer(206, range(std::to_string(at) + "-9/10"), content.substr(at)));
      },
      blob);
  CHECK(read_all(*reader, 100).value() == content);
}

TEST_CASE("a server that refuses every part is asked for the whole, and not for what it has not got") {
  struct Row {
    int status;
    bool asks_for_whole;
  };
  const Row rows[] = {{416, true}, {400, true},  {401, true},  {403, true},  {405, true}, {501, true},
                      {204, true}, {404, false}, {410, false}, {429, false}, {500, true}, {503, false}};
  for (const auto& row : rows) {
    CAPTURE(row.status);
    std::vector<std::uint64_t> asked;
    auto reader = resuming(
        std::make_unique<Cut>("012"), 0, 0, 10,
        [&](std::uint64_t at) -> Result<http::Response> {
          asked.push_back(at);
          if (at != 0) return Error(Errc::protocol_error, "refused").with({.status = row.status});
          if (asked.size() == 2) return cut(200, {}, "01234");
          return answer(200, {}, content);
        },
        blob);
    const auto all = read_all(*reader, 100);
    if (row.asks_for_whole) {
      CHECK(all.value() == content);
      CHECK(asked == std::vector<std::uint64_t>{3, 0, 5, 0});
    } else {
      REQUIRE_FALSE(all);
      CHECK(all.error().http_status() == row.status);
      CHECK(asked == std::vector<std::uint64_t>{3});
    }
  }
}

TEST_CASE("a server whose parts are empty is asked for the whole") {
  std::vector<std::uint64_t> asked;
  auto reader = resuming(
      std::make_unique<Cut>("012"), 0, 0, 10,
      [&](std::uint64_t at) -> Result<http::Response> {
        asked.push_back(at);
        return at == 0 ? answer(200, {}, content) : answer(206, range(std::to_string(at) + "-9/10"), "");
      },
      blob);
  CHECK(read_all(*reader, 100).value() == content);
  CHECK(asked == std::vector<std::uint64_t>{3, 0});
  asked.clear();
  reader = resuming(
      MemoryBlob("").open({}, 0).value(), 0, 4, 10,
      [&](std::uint64_t at) -> Result<http::Response> {
        asked.push_back(at);
        return answer(200, {}, content);
      },
      blob);
  CHECK(read_all(*reader, 100).value() == content.substr(4));
  CHECK(asked == std::vector<std::uint64_t>{0});
}

TEST_CASE("the whole may come in parts, too, once it is asked for") {
  std::vector<std::uint64_t> asked;
  auto reader = resuming(
      std::make_unique<Cut>("012"), 0, 0, 10,
      [&](std::uint64_t at) -> Result<http::Response> {
        asked.push_back(at);
        if (asked.size() == 1) return answer(206, {}, "3456789");
        return at == 0 ? answer(206, range("0-5/10"), "012345") : answer(206, range("6-9/10"), "6789");
      },
      blob);
  CHECK(read_all(*reader, 100).value() == content);
  CHECK(asked == std::vector<std::uint64_t>{3, 0, 6});
}

TEST_CASE("something of another size in the place of a part is no beginning of the whole") {
  std::vector<std::uint64_t> asked;
  auto reader = resuming(
      std::make_unique<Cut>("012"), 0, 0, 10,
      [&](std::uint64_t at) -> Result<http::Response> {
        asked.push_back(at);
        if (at != 0) return answer(200, {{"Content-Length", "6"}}, "<html>");
        return answer(200, {{"Content-Length", "10"}}, content);
      },
      blob);
  CHECK(read_all(*reader, 100).value() == content);
  CHECK(asked == std::vector<std::uint64_t>{3, 0});
}

TEST_CASE("what is no continuation ends the transfer, and so does one that never gets on") {
  struct Row {
    const char* what;
    std::function<Result<http::Response>()> next;
    Errc code;
    const char* text = "";
  };
  const Row rows[] = {
      {"another range", [] { return answer(206, range("4-9/10"), "456789"); }, Errc::protocol_error,
       "reg.example was asked for the rest of sha256:d, and gave something else"},
      {"another size", [] { return answer(206, range("3-9/11"), "3456789"); }, Errc::protocol_error},
      {"no range", [] { return answer(206, {}, "3456789"); }, Errc::protocol_error},
      {"several ranges",
       [] {
         return answer(206, {{"Content-Type", "multipart/byteranges; boundary=x"}}, "--x");
       },
       Errc::protocol_error},
      {"a refusal", [] { return Result<http::Response>(Error(Errc::not_found, "gone")); }, Errc::not_found},
      {"a refusal of parts, and of the whole",
       [] { return Result<http::Response>(Error(Errc::forbidden, "no").with({.status = 403})); }, Errc::forbidden},
      {"nothing", [] { return cut(206, range("3-9/10"), ""); }, Errc::unreachable},
      {"a shorter whole", [] { return answer(200, {}, "01"); }, Errc::unreachable,
       "reading sha256:d: reg.example ended it after 2 of 10 bytes"},
      {"a rest without content, also where the whole is asked for", [] { return answer(206, range("3-9/10"), ""); },
       Errc::protocol_error, "reg.example was asked for the rest of sha256:d, and gave something else"},
      {"a break each time", [] { return cut(200, {}, "01"); }, Errc::unreachable, "reading sha256:d: broke"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    unsigned times = 0;
    auto reader = resuming(
        std::make_unique<Cut>("012"), 0, 0, 10,
        [&](std::uint64_t) {
          ++times;
          return row.next();
        },
        blob);
    const auto all = read_all(*reader, 100);
    REQUIRE_FALSE(all);
    CHECK(all.error().code() == row.code);
    if (*row.text != '\0') CHECK(all.error().message() == row.text);
    CHECK(times <= max_idle_resumptions);
    char byte = 0;
    CHECK_FALSE(reader->read(std::span(&byte, 1)));
  }
}

TEST_CASE("a transfer that stands still is resumed less often than one that breaks off, unless it comes on") {
  using enum NetworkFailure;
  struct Row {
    const char* what;
    std::vector<NetworkFailure> how;  // each resumption ends so, the last one again and again
    unsigned times;
  };
  const Row rows[] = {
      {"it breaks off", {broken}, 5},
      {"it stands still", {stuck}, 2},
      {"one after the other", {stuck, broken, stuck, broken, stuck}, 5},
      {"it breaks off at first", {broken, broken, stuck}, 4},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    unsigned times = 0;
    const auto next = [&] {
      return std::make_unique<Cut>("", row.how[std::min<std::size_t>(times, row.how.size() - 1)]);
    };
    auto reader = resuming(
        next(), 0, 0, 10,
        [&](std::uint64_t) -> Result<http::Response> {
          ++times;
          return http::Response{.status = 206, .headers = range("0-9/10"), .body = next()};
        },
        blob);
    CHECK_FALSE(read_all(*reader, 100));
    CHECK(times == row.times);
  }
  // What comes on a little each time may go on.
  const std::string large(64 * least_progress, 'x');
  unsigned times = 0;
  auto reader = resuming(
      std::make_unique<Cut>("", stuck), 0, 0, large.size(),
      [&](std::uint64_t at) {
        ++times;
        return Result<http::Response>(
            http::Response{.status = 206,
                           .headers = range(std::to_string(at) + "-" + std::to_string(large.size() - 1) + "/*"),
                           .body = std::make_unique<Cut>(large.substr(at, least_progress), stuck)});
      },
      blob);
  CHECK(read_all(*reader, large.size()).value() == large);
  CHECK(times == 64);
}
