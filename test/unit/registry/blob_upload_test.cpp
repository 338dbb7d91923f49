// SPDX-License-Identifier: Apache-2.0
#include "repository_support.h"

using namespace portolan;
using namespace portolan::test;
using namespace std::chrono_literals;

TEST_CASE("a mount that fails in passing is no reason not to try the next one") {
  const std::string content(100'000, 'x');
  MemoryRegistry registry;
  int number = 0;
  registry.misbehave = [&](const Asked&) -> Misbehaviour {
    ++number;
    if (number == 1) return answer(500);
    if (number == 2) return broken();
    return std::nullopt;
  };
  const auto store = open(registry);
  CHECK(store->push_blob({}, describe("application/x", content), MemoryBlob(content)).value() == PushOutcome::stored);
  CHECK(registry.lines()[0] == "POST app/blobs/uploads/?mount=DIGEST");
  CHECK(registry.lines()[1] == "POST app/blobs/uploads/");
  const auto last = registry.requests();
  CHECK(store->push_blob({}, describe("application/x", content), MemoryBlob(content)).value() == PushOutcome::present);
  CHECK(registry.lines()[last] == "POST app/blobs/uploads/?mount=DIGEST");
}

TEST_CASE("a source that breaks off in an upload is the source's failure, and read once") {
  class Broken final : public BlobSource {
   public:
    explicit Broken(int& opened) : opened_(opened) {}
    Result<std::unique_ptr<Reader>> open(const Context&, std::uint64_t) const override {
      ++opened_;
      return broken();
    }
    int& opened_;
  };
  MemoryRegistry registry;
  registry.knows_digest_in_post = true;
  int opened = 0;
  const std::string content(100'000, 'x');
  const auto pushed = open(registry)->push_blob({}, describe("application/x", content), Broken(opened));
  REQUIRE_FALSE(pushed);
  CHECK(pushed.error().text() == "broke");
  CHECK(opened == 1);
}

TEST_CASE("uploads get through what may pass, by as few requests as that takes") {
  const auto blob = describe("application/x", "content");
  struct Row {
    const char* what;
    std::function<Misbehaviour(const Asked&, int)> misbehave;
    std::size_t requests;
  };
  const auto is_put = [](const Asked& asked) { return asked.method == http::Method::put; };
  const Row rows[] = {
      {"nothing", [](const Asked&, int) { return Misbehaviour(); }, 2},
      {"the upload is lost",
       [&](const Asked& asked, int n) { return is_put(asked) && n == 2 ? Misbehaviour(answer(404)) : Misbehaviour(); },
       4},
      {"the connection breaks in the PUT",
       [&](const Asked& asked, int n) { return is_put(asked) && n == 2 ? Misbehaviour(broken()) : Misbehaviour(); }, 5},
      {"the registry fails at the PUT",
       [&](const Asked& asked, int n) { return is_put(asked) && n == 2 ? Misbehaviour(answer(500)) : Misbehaviour(); },
       4},
      {"it is busy at the PUT",
       [&](const Asked& asked, int n) { return is_put(asked) && n == 2 ? Misbehaviour(answer(503)) : Misbehaviour(); },
       3},
      {"it knows no single POST",
       [](const Asked& asked, int) {
         return asked.url.find("?digest=") != std::string::npos && asked.method == http::Method::post
                    ? Misbehaviour(answer(400))
                    : Misbehaviour();
       },
       3},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    MemoryRegistry registry;
    int number = 0;
    registry.misbehave = [&](const Asked& asked) { return row.misbehave(asked, ++number); };
    const auto pushed = open(registry)->push_blob({}, blob, MemoryBlob("content"));
    REQUIRE(pushed);
    CHECK(registry.blobs["app@" + blob.digest.string()] == "content");
    CHECK(registry.requests() == row.requests);
  }
}

TEST_CASE("a registry that takes or answers nothing is not sent a blob without end") {
  struct Row {
    NetworkFailure failure;
    std::size_t size;
    std::size_t sent;  // requests with a body
  };
  const Row rows[] = {
      {NetworkFailure::broken, 5, 6}, {NetworkFailure::broken, 3'000'000, 6},
      {NetworkFailure::silent, 5, 2}, {NetworkFailure::silent, 3'000'000, 2},
      {NetworkFailure::stuck, 5, 3},  {NetworkFailure::stuck, 3'000'000, 3},
  };
  for (const auto& row : rows) {
    CAPTURE(static_cast<int>(row.failure));
    CAPTURE(row.size);
    MemoryRegistry registry;
    std::size_t sent = 0;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.body.empty()) return std::nullopt;
      if (asked.method == http::Method::post) return answer(405);
      ++sent;
      return Error(Errc::unreachable, "it stands still").with({.failure = row.failure});
    };
    const auto store =
        Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms, .longest = 2ms}})
            .value()
            ->repository("app");
    const std::string content(row.size, 'x');
    const auto pushed = store->push_blob({}, describe("application/x", content), MemoryBlob(content));
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().network_failure() == row.failure);
    CHECK(sent == row.sent);
  }
}

TEST_CASE("a registry that does not answer a POST is asked twice, whatever the first one was for") {
  for (const std::size_t size : {7U, 100'000U}) {
    for (const bool always : {true, false}) {
      CAPTURE(size);
      CAPTURE(always);
      MemoryRegistry registry;
      registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
        if (!always && asked.url.find('?') == std::string::npos) return std::nullopt;
        if (asked.method != http::Method::post) return std::nullopt;
        return Error(Errc::unreachable, "no answer").with({.failure = NetworkFailure::silent});
      };
      const std::string content(size, 'x');
      const auto pushed = open(registry)->push_blob({}, describe("application/x", content), MemoryBlob(content));
      CHECK(pushed.has_value() == !always);
      CHECK(registry.requests() == (always ? 2U : 3U));
      if (!pushed) CHECK(pushed.error().network_failure() == NetworkFailure::silent);
    }
  }
}

TEST_CASE("a registry of which every second or third request fails takes a blob") {
  struct Pattern {
    const char* what;
    std::function<bool(int)> fails;
  };
  const Pattern patterns[] = {
      {"every second", [](int n) { return n % 2 == 0; }},
      {"the others", [](int n) { return n % 2 == 1; }},
      {"every third", [](int n) { return n % 3 == 0; }},
      {"two of three", [](int n) { return n % 3 != 0; }},
  };
  for (const auto& pattern : patterns) {
    for (const int status : {0, 429, 500, 502, 503}) {
      for (const std::size_t size : {7U, 100'000U, 3'000'000U}) {
        CAPTURE(pattern.what);
        CAPTURE(status);
        CAPTURE(size);
        MemoryRegistry registry;
        int number = 0;
        registry.misbehave = [&](const Asked&) -> Misbehaviour {
          if (!pattern.fails(++number)) return std::nullopt;
          return status == 0 ? Misbehaviour(broken()) : Misbehaviour(answer(status));
        };
        const auto store =
            Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms, .longest = 2ms}})
                .value()
                ->repository("app");
        const std::string content(size, 'x');
        const auto blob = describe("application/x", content);
        CHECK(store->push_blob({}, blob, MemoryBlob(content)));
        CHECK(registry.blobs["app@" + blob.digest.string()].size() == size);
        const auto lines = registry.lines();
        CHECK(std::count(lines.begin(), lines.end(), "POST app/blobs/uploads/?mount=DIGEST") <= 1);
        CHECK(lines.size() <= 30);
      }
    }
  }
}

TEST_CASE("an answer that is no HTTP ends nothing that may be asked again") {
  const auto garbage = []() -> Misbehaviour {
    return Error(Errc::protocol_error, "something that is not HTTP").with({.failure = NetworkFailure::no_http});
  };
  const auto open_quickly = [](MemoryRegistry& registry) {
    return Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms, .longest = 2ms}})
        .value()
        ->repository("app");
  };
  // Each request of a push and a pull in its turn.
  for (int bad = 1; bad <= 7; ++bad) {
    CAPTURE(bad);
    MemoryRegistry registry;
    int number = 0;
    registry.misbehave = [&](const Asked&) { return ++number == bad ? garbage() : Misbehaviour(); };
    const auto store = open_quickly(registry);
    const std::string large(100'000, 'x');
    CHECK(store->push_blob({}, describe("application/x", "content"), MemoryBlob("content")));
    CHECK(store->push_blob({}, describe("application/x", large), MemoryBlob(large)));
    CHECK(store->push_manifest({}, manifest, bytes, Lines{"1.0"}, IfExists::replace));
    CHECK(store->resolve({}, "1.0").value() == manifest);
    CHECK(store->fetch_manifest({}, "1.0"));
    CHECK(number > 7);
  }
  // What it has stored meanwhile is found.
  MemoryRegistry registry;
  const auto blob = describe("application/x", "content");
  registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
    if (asked.method != http::Method::put) return std::nullopt;
    registry.blobs["app@" + blob.digest.string()] = asked.body;
    return garbage();
  };
  CHECK(open_quickly(registry)->push_blob({}, blob, MemoryBlob("content")).value() == PushOutcome::stored);
  CHECK(registry.lines().back() == "HEAD app/blobs/DIGEST");
  // Where nobody has ever answered, nobody is asked for long.
  MemoryRegistry other;
  other.misbehave = [&](const Asked&) { return garbage(); };
  CHECK(open_quickly(other)->resolve({}, "1.0").error().code() == Errc::protocol_error);
  CHECK(other.lines() ==
        Lines{"HEAD app/manifests/1.0", "HEAD app/manifests/1.0", "HEAD app/manifests/1.0", "GET app/manifests/1.0"});
}

TEST_CASE("a question for a blob that is answered by nothing does not end a push") {
  for (const int status : {200, 204}) {
    CAPTURE(status);
    MemoryRegistry registry;
    int puts = 0;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method == http::Method::head) return answer(status);
      return asked.method == http::Method::put && ++puts == 1 ? Misbehaviour(answer(500)) : Misbehaviour();
    };
    CHECK(open(registry)->push_blob({}, describe("application/x", "content"), MemoryBlob("content")));
    CHECK(puts == 2);
  }
}

TEST_CASE("a PUT that has stored a blob is found out, whatever it was answered") {
  struct Row {
    int status;  // 0: none came
    Lines afterwards;
  };
  const Row rows[] = {
      {0, {"HEAD app/blobs/DIGEST"}},
      {500, {"HEAD app/blobs/DIGEST"}},
      {504, {"HEAD app/blobs/DIGEST"}},
      {503, {"PUT app/blobs/uploads/", "HEAD app/blobs/DIGEST"}},  // it says that nothing was done
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    MemoryRegistry registry;
    registry.knows_digest_in_post = false;
    const auto blob = describe("application/x", "content");
    int puts = 0;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method != http::Method::put) return std::nullopt;
      if (++puts > 1) return answer(404, {}, R"({"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]})");
      registry.blobs["app@" + blob.digest.string()] = asked.body;
      return row.status == 0 ? Misbehaviour(broken()) : Misbehaviour(answer(row.status));
    };
    CHECK(open(registry)->push_blob({}, blob, MemoryBlob("content")).value() == PushOutcome::stored);
    auto lines = registry.lines();
    lines.erase(lines.begin(), lines.begin() + 3);  // two attempts at a POST, and the PUT
    CHECK(lines == row.afterwards);
  }
}

TEST_CASE("a registry that is not there for a while in the middle of an upload is waited for") {
  for (const auto failure : {NetworkFailure::connect, NetworkFailure::name}) {
    for (const std::size_t size : {7U, 3'000'000U}) {
      MemoryRegistry registry;
      int puts = 0;
      registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
        if (asked.method != http::Method::put || ++puts > 5) return std::nullopt;
        return Error(Errc::unreachable, "nobody is there").with({.failure = failure});
      };
      const auto store =
          Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms, .longest = 2ms}})
              .value()
              ->repository("app");
      const std::string content(size, 'x');
      CHECK(store->push_blob({}, describe("application/x", content), MemoryBlob(content)));
      CHECK(registry.requests() == 7);
      registry.blobs.clear();
      puts = -1000;
      CHECK_FALSE(store->push_blob({}, describe("application/x", content), MemoryBlob(content)));
      CHECK(puts == -1000 + 6);
    }
  }
}

TEST_CASE("a blob that shows some time after its PUT is not sent again") {
  for (const std::size_t size : {7U, 3'000'000U}) {
    for (const std::ptrdiff_t late : {0, 1, 4}) {
      CAPTURE(size);
      CAPTURE(late);
      const std::string content(size, 'x');
      const auto blob = describe("application/x", content);
      MemoryRegistry registry;
      registry.knows_digest_in_post = registry.mounts_from_anywhere = false;
      std::string kept;
      std::ptrdiff_t looks = 0;
      registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
        if (asked.method == http::Method::put) {
          kept = asked.body;
          return answer(202);
        }
        if (asked.method == http::Method::head && looks++ == late) registry.blobs["app@" + blob.digest.string()] = kept;
        return std::nullopt;
      };
      const auto store =
          Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms, .longest = 2ms}})
              .value()
              ->repository("app");
      CHECK(store->push_blob({}, blob, MemoryBlob(content)).value() == PushOutcome::stored);
      const auto lines = registry.lines();
      CHECK(std::count(lines.begin(), lines.end(), "HEAD app/blobs/DIGEST") == late + 1);
      CHECK(lines.size() == 4 + static_cast<std::size_t>(late));
    }
  }
}

TEST_CASE("a success at the end of an upload that names no blob is believed where the registry does not deny it") {
  const std::string head = "HEAD app/blobs/DIGEST";
  const std::string put_line = "PUT app/blobs/uploads/";
  struct Row {
    const char* what;
    http::Headers headers;
    bool stored;  // by the first PUT
    int head;     // status of the answer to the question; 0: an honest one
    Lines after;  // the first PUT
  };
  const auto digest = digest_of("content").string();
  const Row rows[] = {
      {"its Location", {{"Location", "/v2/app/blobs/" + digest}}, true, 0, {}},
      {"its digest", {{"Docker-Content-Digest", digest}}, true, 0, {}},
      {"nothing, and it is there", {}, true, 0, {head}},
      {"the upload, and it is there", {{"Location", "/v2/app/blobs/uploads/u1"}}, true, 0, {head}},
      {"nothing, and it is not there", {}, false, 0, {head, head, head, head, head, put_line}},
      {"nothing, and the question is refused", {}, true, 405, {head}},
      {"nothing, and the question needs an account", {}, true, 401, {head, "GET "}},
      {"nothing, and the question is answered by nothing", {}, true, 204, {head}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    MemoryRegistry registry;
    registry.knows_digest_in_post = registry.mounts_from_anywhere = false;
    const auto blob = describe("application/x", "content");
    int puts = 0;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method == http::Method::head && row.head != 0) return answer(row.head);
      if (asked.method != http::Method::put || ++puts != 1) return std::nullopt;
      if (row.stored) registry.blobs["app@" + blob.digest.string()] = asked.body;
      return answer(201, row.headers);
    };
    const auto store =
        Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms, .longest = 2ms}})
            .value()
            ->repository("app");
    CHECK(store->push_blob({}, blob, MemoryBlob("content")).value() == PushOutcome::stored);
    CHECK(registry.blobs["app@" + blob.digest.string()] == "content");
    auto lines = registry.lines();
    lines.erase(lines.begin(), lines.begin() + 3);  // two attempts at a POST, and the PUT
    CHECK(lines == row.after);
  }
}

TEST_CASE("a registry that takes a blob again and again and never has it is no registry for it") {
  for (const std::size_t size : {7U, 3'000'000U}) {
    CAPTURE(size);
    MemoryRegistry registry;
    std::size_t puts = 0;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method != http::Method::put) return std::nullopt;
      ++puts;
      return answer(201);
    };
    const auto store =
        Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms, .longest = 2ms}})
            .value()
            ->repository("app");
    const std::string content(size, 'x');
    const auto pushed = store->push_blob({}, describe("application/x", content), MemoryBlob(content));
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().code() == Errc::protocol_error);
    CHECK(pushed.error().text() ==
          "reg.example answered the push to app with HTTP 201 to the end of an upload, and has not got it");
    CHECK(puts <= 6);
  }
}

TEST_CASE("a registry that takes no body with the end of an upload gets it by PATCH, whatever it says") {
  struct Row {
    int status;
    std::ptrdiff_t puts;  // with a body, before the PATCH
  };
  const Row rows[] = {{301, 1}, {400, 2}, {405, 1}, {409, 1}, {417, 1}, {422, 1}, {500, 6}, {503, 6}, {507, 1}};
  for (const auto& row : rows) {
    for (const bool takes_patch : {true, false}) {
      CAPTURE(row.status);
      CAPTURE(takes_patch);
      const auto blob = describe("application/x", "content");
      MemoryRegistry registry;
      registry.knows_digest_in_post = registry.mounts_from_anywhere = false;
      std::string kept;
      std::ptrdiff_t puts = 0;
      registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
        if (asked.method == http::Method::patch) {
          if (!takes_patch) return answer(418);
          kept = asked.body;
          return answer(202, {{"Location", "/v2/app/blobs/uploads/u1"}});
        }
        if (asked.method != http::Method::put) return std::nullopt;
        if (!asked.body.empty()) return ++puts, answer(row.status);
        registry.blobs["app@" + blob.digest.string()] = kept;
        return answer(201);
      };
      const auto store =
          Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms, .longest = 2ms}})
              .value()
              ->repository("app");
      const auto pushed = store->push_blob({}, blob, MemoryBlob("content"));
      CHECK(pushed.has_value() == takes_patch);
      CHECK(puts == row.puts);
      const auto lines = registry.lines();
      CHECK(std::count(lines.begin(), lines.end(), "PATCH app/blobs/uploads/") == 1);
      // Where the usual way is refused, that is what one wants to know.
      if (!pushed && row.status != 405) CHECK(pushed.error().http_status() == row.status);
    }
  }
}

TEST_CASE("an upload of which the registry does not tell how far it came begins anew") {
  const std::string content(3'000'000, 'x');
  const auto blob = describe("application/x", content);
  for (const int status : {0, 200, 307, 400, 401, 403, 404, 418}) {
    CAPTURE(status);
    MemoryRegistry registry;
    registry.mounts_from_anywhere = false;
    bool broke = false;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method == http::Method::put && !std::exchange(broke, true)) {
        return Error(Errc::unreachable, "stands still").with({.failure = NetworkFailure::stuck});
      }
      if (asked.method != http::Method::get) return std::nullopt;
      if (status == 0) return Error(Errc::protocol_error, "no HTTP");
      // A redirect leads to itself.
      return answer(status, {{"Location", asked.url}});
    };
    const auto store =
        Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms, .longest = 2ms}})
            .value()
            ->repository("app");
    REQUIRE(store->push_blob({}, blob, MemoryBlob(content)));
    CHECK(registry.blobs["app@" + blob.digest.string()] == content);
    const auto lines = registry.lines();
    CHECK(std::count(lines.begin(), lines.end(), "PUT app/blobs/uploads/") == 2);
    CHECK(std::count(lines.begin(), lines.end(), "POST app/blobs/uploads/") == 2);
  }
}

TEST_CASE("uploads that the registry never knows are told as lost, and not as a repository that is not there") {
  MemoryRegistry registry;
  registry.misbehave = [](const Asked& asked) -> Misbehaviour {
    return asked.method == http::Method::put ? Misbehaviour(answer(404)) : Misbehaviour();
  };
  const auto pushed = open(registry)->push_blob({}, describe("application/x", "content"), MemoryBlob("content"));
  REQUIRE_FALSE(pushed);
  CHECK(pushed.error().code() == Errc::unreachable);
  CHECK(detail(pushed.error(), "last") == "reg.example has no such upload to app (HTTP 404)");
}

TEST_CASE("an upload whose answer was lost is found at the registry, and not sent again") {
  const auto blob = describe("application/x", "content");
  MemoryRegistry registry;
  registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
    if (asked.method != http::Method::put) return std::nullopt;
    registry.blobs["app@" + blob.digest.string()] = asked.body;
    return broken();
  };
  CHECK(open(registry)->push_blob({}, blob, MemoryBlob("content")).value() == PushOutcome::stored);
  CHECK(registry.lines().back() == "HEAD app/blobs/DIGEST");
  CHECK(registry.requests() == 3);
}

TEST_CASE("a blob that the registry has somewhere is not sent, where it says so") {
  const std::string content(100'000, 'x');  // too large to try a single POST with
  const auto blob = describe("application/x", content);
  MemoryRegistry registry;
  registry.blobs["elsewhere@" + blob.digest.string()] = content;
  const auto store = open(registry);
  CHECK(store->push_blob({}, blob, MemoryBlob(content)).value() == PushOutcome::present);
  CHECK(registry.requests() == 1);
  registry.mounts_from_anywhere = false;
  const auto other = describe("application/x", content + "y");
  CHECK(store->push_blob({}, other, MemoryBlob(content + "y")).value() == PushOutcome::stored);
  CHECK(registry.requests() == 4);
  const auto third = describe("application/x", content + "z");
  CHECK(store->push_blob({}, third, MemoryBlob(content + "z")).value() == PushOutcome::stored);
  CHECK(registry.requests() == 6);  // it is not tried again
}

TEST_CASE("a blob is taken for present where the answer names it, and is asked for where the answer names nothing") {
  const std::string large(100'000, 'x');
  struct Row {
    const char* what;
    std::string content;  // a small one goes in the POST
    bool is_there;        // whether the POST has brought it
    http::Headers headers;
    Lines lines;
  };
  const auto lines = [](const char* post, const Lines& then) {
    Lines all{post};
    all.insert(all.end(), then.begin(), then.end());
    return all;
  };
  const auto* const mount = "POST app/blobs/uploads/?mount=DIGEST";
  const auto* const post = "POST app/blobs/uploads/?digest=DIGEST";
  const std::string put = "PUT app/blobs/uploads/";
  const std::string head = "HEAD app/blobs/DIGEST";
  const std::string begin = "POST app/blobs/uploads/";
  const http::Headers upload{{"Location", "/v2/app/blobs/uploads/u0"}};
  std::vector<Row> rows;
  for (const auto& [first, content] : {std::pair(mount, large), std::pair(post, std::string("content"))}) {
    const auto digest = digest_of(content).string();
    rows.push_back({"its Location", content, true, {{"Location", "/v2/app/blobs/" + digest}}, {first}});
    rows.push_back({"its digest", content, true, {{"Docker-Content-Digest", digest}}, {first}});
    rows.push_back({"nothing, and it is there", content, true, {}, lines(first, {head})});
    rows.push_back({"nothing, and it is not there", content, false, {}, lines(first, {head, begin, put})});
    rows.push_back({"an upload, and it is there", content, true, upload, lines(first, {head})});
    rows.push_back({"an upload, and it is not there", content, false, upload, lines(first, {head, put})});
  }
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const auto blob = describe("application/x", row.content);
    const auto key = "app@" + blob.digest.string();
    for (const bool named_source : {false, true}) {
      if (named_source && row.content != large) continue;
      CAPTURE(named_source);
      MemoryRegistry registry;
      int number = 0;
      registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
        if (asked.method == http::Method::put && asked.url.find("/uploads/u0") != std::string::npos) {
          registry.blobs[key] = asked.body;
          return answer(201, {{"Location", "/v2/app/blobs/" + blob.digest.string()}});
        }
        if (++number != 1) return std::nullopt;
        if (row.is_there) registry.blobs[key] = row.content;
        return answer(201, row.headers);
      };
      const auto store = open(registry);
      bool mounted = false;
      if (named_source) {
        mounted = store->mounter()->mount({}, blob, "elsewhere").value();
        CHECK(mounted == row.is_there);
      }
      if (!mounted) REQUIRE(store->push_blob({}, blob, MemoryBlob(row.content)));
      CHECK(registry.blobs[key] == row.content);
      if (!named_source) CHECK(registry.lines() == row.lines);
    }
  }
}

TEST_CASE("an attempt that is answered without a place to go is followed by a plain upload") {
  for (const auto& content : {std::string("content"), std::string(100'000, 'x')}) {
    for (const auto* location : {"", "ftp://reg.example/u"}) {
      CAPTURE(location);
      MemoryRegistry registry;
      registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
        if (asked.method != http::Method::post || asked.url.find('?') == std::string::npos) return std::nullopt;
        return answer(202, *location == '\0' ? http::Headers() : http::Headers{{"Location", location}});
      };
      const auto store = open(registry);
      const auto blob = describe("application/x", content);
      CHECK_FALSE(store->mounter()->mount({}, blob, "elsewhere").value());
      REQUIRE(store->push_blob({}, blob, MemoryBlob(content)));
      CHECK(registry.blobs["app@" + blob.digest.string()] == content);
    }
  }
}

TEST_CASE("an attempt to spare requests is followed by a plain POST whatever it is answered, and not made again") {
  struct Row {
    const char* form;
    std::string content;
    const char* next;  // how another blob begins
  };
  const Row rows[] = {{"?digest=", "content", "POST app/blobs/uploads/?mount=DIGEST"},
                      {"?mount=", std::string(100'000, 'x'), "POST app/blobs/uploads/"}};
  // A 401 that names nothing has the root asked, once.
  const auto lines = [](const MemoryRegistry& registry) {
    auto all = registry.lines();
    CHECK(std::erase(all, "GET ") <= 1);
    return all;
  };
  for (const auto& row : rows) {
    CAPTURE(row.form);
    const auto& content = row.content;
    const auto blob = describe("application/x", content);
    const auto attempt = "POST app/blobs/uploads/" + std::string(row.form) + "DIGEST";
    for (const int status : {200, 301, 303, 307, 400, 401, 403, 404, 405, 409, 413, 417, 418, 422, 501, 507}) {
      CAPTURE(status);
      MemoryRegistry registry;
      registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
        return asked.url.find(row.form) == std::string::npos || asked.method != http::Method::post ? Misbehaviour()
                                                                                                   : answer(status);
      };
      const auto store = open(registry);
      REQUIRE(store->push_blob({}, blob, MemoryBlob(content)));
      CHECK(lines(registry) == Lines{attempt, "POST app/blobs/uploads/", "PUT app/blobs/uploads/"});
      CHECK(registry.blobs["app@" + blob.digest.string()] == content);
      registry.blobs.clear();
      REQUIRE(store->push_blob({}, blob, MemoryBlob(content)));
      CHECK(lines(registry)[3] == row.next);
    }
    for (const int status : {401, 403}) {
      CAPTURE(status);
      MemoryRegistry registry;
      registry.misbehave = [&](const Asked&) -> Misbehaviour { return answer(status); };
      const auto store = open(registry);
      const auto pushed = store->push_blob({}, blob, MemoryBlob(content));
      REQUIRE_FALSE(pushed);
      CHECK(pushed.error().http_status() == status);
      CHECK(lines(registry) == Lines{attempt, "POST app/blobs/uploads/"});
      // That was about access, and not about the form.
      registry.misbehave = nullptr;
      REQUIRE(store->push_blob({}, blob, MemoryBlob(content)));
      CHECK(lines(registry)[2] == attempt);
    }
  }
}

TEST_CASE("what a registry stores instead of what was sent is an error") {
  MemoryRegistry registry;
  registry.misbehave = [](const Asked& asked) -> Misbehaviour {
    if (asked.method != http::Method::put) return std::nullopt;
    return answer(201, {{"Docker-Content-Digest", digest_of("something else").string()}});
  };
  const auto store = open(registry);
  CHECK(store->push_blob({}, describe("application/x", "content"), MemoryBlob("content")).error().code() ==
        Errc::verification_failed);
  CHECK(store->push_manifest({}, manifest, bytes, {}, IfExists::replace).error().code() == Errc::verification_failed);
}
