// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/oci/manifest.h>
#include <portolan/oci/media_types.h>
#include <portolan/registry/registry.h>

#include "memory_registry.h"

using namespace portolan;
using namespace std::chrono_literals;
using portolan::registry::Registry;
using portolan::registry::RegistryOptions;
using portolan::test::answer;
using portolan::test::MemoryRegistry;
using Asked = MemoryRegistry::Asked;
using Lines = std::vector<std::string>;
using Misbehaviour = std::optional<Result<http::Response>>;

namespace {

std::shared_ptr<Store> open(MemoryRegistry& registry, auth::CredentialProviderPtr credentials = {}) {
  return Registry::make("reg.example", {.transport = registry.transport(), .credentials = std::move(credentials)})
      .value()
      ->repository("app");
}

const std::string bytes =
    R"({"schemaVersion":2,"config":{"mediaType":"a","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]})";
const Descriptor manifest = describe(media_type::oci_manifest, bytes);

void put(MemoryRegistry& registry) {
  registry.manifests["app@" + manifest.digest.string()] = {manifest.media_type, bytes};
  registry.tags["app"]["1.0"] = manifest.digest.string();
}

Error broken() { return Error(Errc::unreachable, "broke").with({.failure = NetworkFailure::broken}); }

std::string detail(const Error& error, std::string_view wanted) {
  for (const auto& [name, value] : error.details()) {
    if (name == wanted) return value;
  }
  return {};
}

}  // namespace

TEST_CASE("a registry is asked by https, this machine by http, Docker Hub where it answers") {
  struct Row {
    const char* name;
    RegistryOptions::Scheme scheme;
    const char* origin;  // null: refused
  };
  using Scheme = RegistryOptions::Scheme;
  const Row rows[] = {
      {"reg.example", Scheme::by_host, "https://reg.example"},
      {"reg.example:5000", Scheme::by_host, "https://reg.example:5000"},
      {"localhost:5000", Scheme::by_host, "http://localhost:5000"},
      {"127.0.0.1:5000", Scheme::by_host, "http://127.0.0.1:5000"},
      {"[::1]:5000", Scheme::by_host, "http://[::1]:5000"},
      {"localhost:5000", Scheme::https, "https://localhost:5000"},
      {"reg.example", Scheme::http, "http://reg.example"},
      {"docker.io", Scheme::by_host, "https://registry-1.docker.io"},
      {"", Scheme::by_host, nullptr},
      {"reg.example/app", Scheme::by_host, nullptr},
      {"user@reg.example", Scheme::by_host, nullptr},
      {"reg.example?x", Scheme::by_host, nullptr},
  };
  MemoryRegistry registry;
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const auto made = Registry::make(row.name, {.transport = registry.transport(), .scheme = row.scheme});
    REQUIRE(made.has_value() == (row.origin != nullptr));
    if (made) CHECK((*made)->origin().string() == row.origin);
  }
}

TEST_CASE("where a registry does not say what a tag names, its manifest does") {
  struct Row {
    const char* what;
    std::function<Misbehaviour(const Asked&)> misbehave;
  };
  const Row rows[] = {
      {"no digest", nullptr},
      {"no type",
       [](const Asked& asked) -> Misbehaviour {
         if (asked.method != http::Method::head) return std::nullopt;
         return answer(200, {{"Docker-Content-Digest", manifest.digest.string()}, {"Content-Length", "5"}});
       }},
      {"HEAD is refused",
       [](const Asked& asked) -> Misbehaviour {
         if (asked.method != http::Method::head) return std::nullopt;
         return answer(405);
       }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    MemoryRegistry registry;
    put(registry);
    registry.tells_digest = row.misbehave != nullptr;
    registry.misbehave = row.misbehave;
    const auto resolved = open(registry)->resolve({}, "1.0");
    REQUIRE(resolved);
    CHECK(*resolved == manifest);
  }
}

TEST_CASE("a manifest is what its digest says, and its type what the registry or the body says") {
  MemoryRegistry registry;
  put(registry);
  const auto store = open(registry);
  for (const auto* type : {"application/vnd.oci.image.manifest.v1+json; charset=utf-8", "", "application/json",
                           "application/octet-stream"}) {
    CAPTURE(type);
    registry.manifests["app@" + manifest.digest.string()].first = type;
    const auto fetched = store->fetch_manifest({}, "1.0");
    REQUIRE(fetched);
    CHECK(fetched->descriptor == manifest);
  }
  registry.manifests["app@" + manifest.digest.string()] = {manifest.media_type, bytes + " "};
  CHECK(store->fetch_manifest({}, manifest.digest.string()).error().code() == Errc::verification_failed);
  registry.manifests["app@" + manifest.digest.string()] = {"text/html", "<html>"};
  CHECK(store->fetch_manifest({}, "1.0").error().code() == Errc::protocol_error);
  registry.manifests["app@" + manifest.digest.string()] = {manifest.media_type,
                                                           std::string(max_manifest_size + 1, ' ')};
  CHECK(store->fetch_manifest({}, "1.0").error().code() == Errc::limit_exceeded);
}

TEST_CASE("a refusal says who refused what, to whom, and in the registry's own words") {
  struct Row {
    int status;
    Errc code;
    const char* text;
  };
  const Row rows[] = {
      {403, Errc::forbidden, "reg.example refused the request for app:1.0: denied (HTTP 403)"},
      {404, Errc::not_found, "reg.example has no app:1.0 (HTTP 404)"},
      {429, Errc::rate_limited, "reg.example is asked too often (HTTP 429)"},
      {418, Errc::protocol_error, "reg.example refused the request for app:1.0 (HTTP 418)"},
      {503, Errc::rate_limited, "reg.example failed at the request for app:1.0 (HTTP 503)"},
      {501, Errc::unreachable, "reg.example failed at the request for app:1.0 (HTTP 501)"},
      {204, Errc::protocol_error, "reg.example answered the request for app:1.0 with HTTP 204, where 200 was expected"},
      {304, Errc::protocol_error, "reg.example answered the request for app:1.0 with HTTP 304, where 200 was expected"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    MemoryRegistry registry;
    registry.misbehave = [&](const Asked&) -> Misbehaviour {
      return answer(row.status, {{"Retry-After", "1000"}}, R"({"errors":[{"code":"X","message":"because"}]})");
    };
    const auto fetched =
        open(registry, auth::fixed({.value = auth::Password{"ci", Secret("hunter2")}, .source = "a file"}))
            ->fetch_manifest({}, "1.0");
    REQUIRE_FALSE(fetched);
    const auto& error = fetched.error();
    CHECK(error.code() == row.code);
    CHECK(error.message() == row.text);
    CHECK(error.http_status() == row.status);
    CHECK(error.registry() == "reg.example");
    CHECK(detail(error, "it says") == "because");
    CHECK(detail(error, "asked for") == (row.status == 403 ? "repository:app:pull" : ""));
    // It has asked nobody who he is.
    CHECK(detail(error, "as") == (row.status == 403 ? "anonymous" : ""));
    if (row.code == Errc::rate_limited) CHECK(error.retry_after() == std::chrono::seconds(1000));
  }
}

TEST_CASE("a blob that breaks off is read to its end, one that is wrong is refused") {
  const std::string content(100'000, 'x');
  const auto blob = describe("application/x", content);
  MemoryRegistry registry;
  registry.blobs["app@" + blob.digest.string()] = content;
  int times = 0;
  registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
    if (++times > 1) return std::nullopt;
    CHECK(asked.headers.get("Accept-Encoding") == "identity");
    class Half final : public Reader {
     public:
      Result<std::size_t> read(std::span<char> into) override {
        if (left_ == 0) return broken();
        const auto n = std::min(into.size(), left_);
        std::fill_n(into.begin(), n, 'x');
        left_ -= n;
        return n;
      }
      std::size_t left_ = 50'000;
    };
    return http::Response{.status = 200, .body = std::make_unique<Half>()};
  };
  const auto store = open(registry);
  auto reader = store->fetch({}, blob);
  REQUIRE(reader);
  CHECK(read_all(**reader, 1 << 20).value() == content);
  CHECK(registry.transport()->asked()[1].headers.get("Range") == "bytes=50000-");
  registry.blobs["app@" + blob.digest.string()] = std::string(100'000, 'y');
  reader = store->fetch({}, blob);
  REQUIRE(reader);
  CHECK(read_all(**reader, 1 << 20).error().code() == Errc::verification_failed);
  registry.blobs["app@" + blob.digest.string()] = "short";
  CHECK(store->fetch({}, blob).error().code() == Errc::verification_failed);
  auto inlined = blob;
  inlined.data = content;
  CHECK(read_all(**store->fetch({}, inlined), 1 << 20).value() == content);
}

TEST_CASE("a length beside a transfer encoding is not looked at") {
  const std::string content(1000, 'x');
  const auto blob = describe("application/x", content);
  MemoryRegistry registry;
  put(registry);
  registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
    const bool head = asked.method == http::Method::head;
    const bool is_manifest = asked.url.find("/manifests/") != std::string::npos;
    if (head && is_manifest) return std::nullopt;
    return answer(200, {{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}, is_manifest ? bytes : content);
  };
  const auto store = open(registry);
  auto reader = store->fetch({}, blob);
  REQUIRE(reader);
  CHECK(read_all(**reader, 2000).value() == content);
  CHECK(store->fetch_manifest({}, manifest.digest.string()).value().bytes == bytes);
}

TEST_CASE("a blob without content is still what its digest says") {
  MemoryRegistry registry;
  const auto store = open(registry);
  auto empty = store->fetch({}, describe("application/x", ""));
  REQUIRE(empty);
  CHECK(read_all(**empty, 10).value().empty());
  auto wrong = describe("application/x", "something");
  wrong.size = 0;
  auto reader = store->fetch({}, wrong);
  REQUIRE(reader);
  CHECK(read_all(**reader, 10).error().code() == Errc::verification_failed);
  CHECK(store->push_blob({}, wrong, MemoryBlob("something")).error().code() == Errc::verification_failed);
  CHECK(registry.requests() == 0);
  // The end of a blob of any size is nothing, and costs nothing.
  wrong.size = std::uint64_t{1} << 50;
  auto end = store->fetch({}, wrong, wrong.size);
  REQUIRE(end);
  CHECK(read_all(**end, 10).value().empty());
  CHECK(registry.requests() == 0);
}

TEST_CASE(
    "a signature that the registry's storage refuses is asked for once more, and told from a refusal by the registry") {
  const std::string content(1000, 'x');
  const auto blob = describe("application/x", content);
  for (const bool always : {false, true}) {
    CAPTURE(always);
    MemoryRegistry registry;
    int signatures = 0;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.url.starts_with("https://reg.example/")) {
        return answer(307, {{"Location", "https://storage.example/x?sig=" + std::to_string(++signatures)}});
      }
      if (always || signatures == 1) return answer(403, {{"Content-Type", "application/xml"}}, "<Error/>");
      return answer(200, {{"Content-Length", "1000"}}, content);
    };
    auto reader = open(registry)->fetch({}, blob);
    CHECK(signatures == 2);
    CHECK(reader.has_value() == !always);
    if (reader) {
      CHECK(read_all(**reader, 2000).value() == content);
    } else {
      CHECK(reader.error().code() == Errc::protocol_error);
      CHECK(reader.error().text().starts_with(
          "storage.example, to which reg.example redirects, refused the request for"));
    }
  }
}

TEST_CASE("where a registry redirects to, others answer for it, and are told from it") {
  struct Row {
    int status;
    Errc code;
    const char* text;
  };
  const Row rows[] = {
      {400, Errc::protocol_error, " refused the request for app@"},
      {401, Errc::protocol_error, " refused the request for app@"},
      {403, Errc::protocol_error, " refused the request for app@"},
      {404, Errc::not_found, " has no app@"},
      {429, Errc::rate_limited, " is asked too often (HTTP 429)"},
      {501, Errc::unreachable, " failed at the request for app@"},
      {204, Errc::protocol_error, " answered the request for app@"},
  };
  const auto blob = describe("application/x", "content");
  for (const auto& row : rows) {
    CAPTURE(row.status);
    MemoryRegistry registry;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.url.starts_with("https://reg.example/")) {
        return answer(307, {{"Location", "https://storage.example/x?sig=hunter2"}});
      }
      return answer(row.status, {{"Retry-After", "1000"}},
                    "<Error><Code>Oops</Code><Message>/x?sig=hunter2 is no good</Message></Error>");
    };
    const auto fetched = open(registry)->fetch({}, blob);
    REQUIRE_FALSE(fetched);
    const auto& error = fetched.error();
    CHECK(error.code() == row.code);
    CHECK(error.text().starts_with(std::string("storage.example, to which reg.example redirects,") + row.text));
    CHECK(detail(error, "it says") == "Oops: /x?… is no good");
    CHECK(detail(error, "as") == "");
    CHECK(error.http_status() == row.status);
  }
}

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
    for (const std::ptrdiff_t late : {0, 1, 3}) {
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
          return answer(201, {{"Location", "/v2/" + key}});
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
      CHECK(registry.lines() == Lines{attempt, "POST app/blobs/uploads/", "PUT app/blobs/uploads/"});
      CHECK(registry.blobs["app@" + blob.digest.string()] == content);
      registry.blobs.clear();
      REQUIRE(store->push_blob({}, blob, MemoryBlob(content)));
      CHECK(registry.lines()[3] == row.next);
    }
    for (const int status : {401, 403}) {
      CAPTURE(status);
      MemoryRegistry registry;
      registry.misbehave = [&](const Asked&) -> Misbehaviour { return answer(status); };
      const auto store = open(registry);
      const auto pushed = store->push_blob({}, blob, MemoryBlob(content));
      REQUIRE_FALSE(pushed);
      CHECK(pushed.error().http_status() == status);
      CHECK(registry.lines() == Lines{attempt, "POST app/blobs/uploads/"});
      // That was about access, and not about the form.
      registry.misbehave = nullptr;
      REQUIRE(store->push_blob({}, blob, MemoryBlob(content)));
      CHECK(registry.lines()[2] == attempt);
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

TEST_CASE("a tag that may not change is a conflict, unless it is right already") {
  struct Row {
    int status;
    const char* code;
    const char* message;
    Errc other;
  };
  const Row rows[] = {
      {409, "TAG_IMMUTABLE", "immutable", Errc::conflict},
      {409, "UNKNOWN", "no", Errc::conflict},
      {412, "UNKNOWN", "no", Errc::conflict},
      {400, "TAG_IMMUTABLE", "no", Errc::conflict},
      {400, "TAG_INVALID", "The image tag '1.0' already exists and cannot be overwritten", Errc::conflict},
      {403, "DENIED", "Tag 1.0 is Immutable", Errc::conflict},
      {405, "UNSUPPORTED", "immutable tags", Errc::conflict},
      {403, "DENIED", "requested access to the resource is denied", Errc::forbidden},
      {400, "MANIFEST_INVALID", "no", Errc::protocol_error},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    CAPTURE(row.code);
    MemoryRegistry registry;
    put(registry);
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method != http::Method::put) return std::nullopt;
      return answer(row.status, {},
                    std::string(R"({"errors":[{"code":")") + row.code + R"(","message":")" + row.message + "\"}]}");
    };
    const auto store = open(registry);
    const std::string tags[] = {"1.0"};
    CHECK(store->push_manifest({}, manifest, bytes, tags, IfExists::replace));
    const auto other = describe(media_type::oci_manifest, bytes + " ");
    CHECK(store->push_manifest({}, other, bytes + " ", tags, IfExists::replace).error().code() == row.other);
  }
}

TEST_CASE("what a registry has not got of a manifest is told by its digest") {
  const std::string config = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
  const std::string layer = "sha256:" + std::string(64, '1');
  const auto with_layer = R"({"schemaVersion":2,"config":{"mediaType":"a","digest":")" + config +
                          R"(","size":2},"layers":[{"mediaType":"b","digest":")" + layer + R"(","size":9}]})";
  struct Row {
    std::string detail;
    Lines lacking;
    std::string missing;  // among the error's details
  };
  const Row rows[] = {
      {'"' + layer + '"', {layer}, layer},
      {R"({"digest":")" + config + R"("})", {config}, config},
      {'"' + manifest.digest.string() + '"', {config, layer}, ""},
      {"null", {config, layer}, ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.detail);
    MemoryRegistry registry;
    registry.misbehave = [&](const Asked&) -> Misbehaviour {
      return answer(404, {},
                    R"({"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"unknown","detail":)" + row.detail + "}]}");
    };
    const auto descriptor = describe(media_type::oci_manifest, with_layer);
    const auto pushed = open(registry)->push_manifest({}, descriptor, with_layer, Lines{"1.0"}, IfExists::same);
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().code() == Errc::protocol_error);
    CHECK(pushed.error().lacking() == row.lacking);
    CHECK(detail(pushed.error(), "missing") == row.missing);
    CHECK(registry.requests() == 4);
  }
}

TEST_CASE("tags are listed over all pages, and stopped where the caller has enough") {
  MemoryRegistry registry;
  registry.page = 3;
  for (int i = 0; i < 10; ++i) registry.tags["app"]["t" + std::to_string(i)] = "x";
  registry.tags["app"]["sha256:00"] = "x";
  const auto store = open(registry);
  Lines tags;
  REQUIRE(store->tag_lister()->list_tags({}, [&](std::string_view tag) {
    tags.emplace_back(tag);
    return true;
  }));
  CHECK(tags.size() == 10);
  CHECK(registry.requests() == 4);
  REQUIRE(store->tag_lister()->list_tags({}, [](std::string_view) { return false; }));
  CHECK(registry.requests() == 5);
}

TEST_CASE("a name is listed once, and none that is not legal, which is told once") {
  struct Row {
    const char* first;
    const char* second;
    Lines tags;
    Lines told;
  };
  const Row rows[] = {
      {R"(["1","2"])", R"(["2","3","3"])", {"1", "2", "3"}, {}},
      {R"(["1","sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"])", "[]", {"1"}, {}},
      {R"(["../x","1"])",
       R"([])",
       {"1"},
       {R"(reg.example lists 1 name that no tag can have, such as "../x"; it is left out)"}},
      {R"(["\u202e","1"])",
       R"(["","a b"])",
       {"1"},
       {R"(reg.example lists 3 names that no tag can have, such as "\u202e"; they are left out)"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.second);
    MemoryRegistry registry;
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.url.find("last=") != std::string::npos)
        return answer(200, {}, "{\"tags\":" + std::string(row.second) + "}");
      return answer(200, {{"Link", "</v2/app/tags/list?last=x>; rel=next"}},
                    "{\"tags\":" + std::string(row.first) + "}");
    };
    Lines told;
    Context context;
    context.on_log = [&](LogLevel level, std::string_view line) {
      CHECK(level == LogLevel::warning);
      told.emplace_back(line);
    };
    const auto store = open(registry);
    for (int times = 0; times < 2; ++times) {
      Lines tags;
      REQUIRE(store->tag_lister()->list_tags(context, [&](std::string_view tag) {
        tags.emplace_back(tag);
        return true;
      }));
      CHECK(tags == row.tags);
    }
    CHECK(told == row.told);
  }
}

TEST_CASE("an answer that is too large is the registry's failure, and a manifest one of its size") {
  MemoryRegistry registry;
  registry.misbehave = [](const Asked& asked) -> Misbehaviour {
    return answer(
        200, {{"Content-Type", std::string(media_type::oci_index)}},
        std::string(asked.url.find("/tags/") != std::string::npos ? 16 * 1024 * 1024 + 1 : max_manifest_size + 1, ' '));
  };
  const auto store = open(registry);
  const auto listed = store->tag_lister()->list_tags({}, [](std::string_view) { return true; });
  REQUIRE_FALSE(listed);
  CHECK(listed.error().code() == Errc::protocol_error);
  CHECK(listed.error().text() == "reg.example answered the request for the tags of app with more than 16777216 bytes");
  const auto fetched = store->fetch_manifest({}, "1.0");
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().code() == Errc::limit_exceeded);
  CHECK(fetched.error().text() == "reg.example answered the request for app:1.0 with more than 4194304 bytes");
  const auto referrers = store->referrers_lister()->list_referrers({}, manifest.digest, {});
  REQUIRE_FALSE(referrers);
  CHECK(referrers.error().code() == Errc::protocol_error);
  CHECK(referrers.error().text() ==
        "reg.example answered the request for referrers in app with more than 4194304 bytes");
}

TEST_CASE("lists that go in circles, lead away, or are none are refused") {
  struct Row {
    http::Headers headers;
    const char* body;
    bool fine;
  };
  const Row rows[] = {
      {{}, R"({"tags":null})", true},
      {{}, R"({"name":"app"})", true},
      {{}, R"({"tags":["a"],"child":[{"x":1,"tags":[1]}]})", true},
      {{}, R"({"child":{"tags":1},"tags":[]})", true},
      {{}, R"({"tags":{"a":"b"}})", false},
      {{}, R"({"tags":[["a"]]})", false},
      {{}, R"(["a"])", false},
      {{}, R"({"tags":["a"])", false},
      {{{"Link", "<?n=1000>; rel=next"}}, R"({"tags":["a"]})", false},
      {{{"Link", "<https://evil.example/v2/app/tags/list>; rel=next"}}, R"({"tags":["a"]})", false},
      {{}, R"({"tags":"a"})", false},
      {{}, R"({"tags":[1]})", false},
      {{}, "<html>", false},
      {{}, "", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    MemoryRegistry registry;
    registry.misbehave = [&](const Asked&) -> Misbehaviour { return answer(200, row.headers, row.body); };
    const auto listed = open(registry)->tag_lister()->list_tags({}, [](std::string_view) { return true; });
    CHECK(listed.has_value() == row.fine);
    if (!listed) CHECK(listed.error().code() == Errc::protocol_error);
    CHECK(registry.requests() <= 2);
  }
}

TEST_CASE("the next page is asked for where its link leads, and what is wrong with a link is said") {
  struct Row {
    const char* link;
    const char* page;  // null: refused
    const char* why;
  };
  const Row rows[] = {
      {"</v2/app/tags/list?last=a b>; rel=next", "https://reg.example/v2/app/tags/list?last=a%20b", ""},
      {"</v2/app/tags/list?last=\xC3\xA4>; rel=next", "https://reg.example/v2/app/tags/list?last=%C3%A4", ""},
      {"<https://evil.example/v2/>; rel=next", nullptr, "a next page at evil.example, which is not its own"},
      {"<https://reg.example:x/>; rel=next", nullptr, "a next page at an unusable URL: it has no proper port"},
      {"</a\x7F>; rel=next", nullptr, "a next page at an unusable URL: it has characters that none may have"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.link);
    MemoryRegistry registry;
    Lines asked;
    registry.misbehave = [&](const Asked& one) -> Misbehaviour {
      asked.push_back(one.url);
      return answer(200,
                    {{"Content-Type", std::string(media_type::oci_index)}, {"Link", asked.size() == 1 ? row.link : ""}},
                    R"({"schemaVersion":2,"manifests":[],"tags":[]})");
    };
    const auto store = open(registry);
    const auto tags = store->tag_lister()->list_tags({}, [](std::string_view) { return true; });
    const auto pages = asked;
    asked.clear();
    const auto referrers = store->referrers_lister()->list_referrers({}, manifest.digest, {});
    REQUIRE(tags.has_value() == (row.page != nullptr));
    REQUIRE(referrers.has_value() == (row.page != nullptr));
    if (row.page != nullptr) {
      CHECK(pages.back() == row.page);
      CHECK(asked.back() == row.page);
      continue;
    }
    CHECK(tags.error().text() == "reg.example answered the request for the tags of app with " + std::string(row.why));
    CHECK(referrers.error().text() ==
          "reg.example answered the request for referrers in app with " + std::string(row.why));
  }
}

TEST_CASE("a tag or a manifest is deleted, and never one for the other") {
  MemoryRegistry registry;
  put(registry);
  const auto store = open(registry);
  CHECK(store->deleter()->remove({}, "1.0"));
  CHECK(registry.manifests.size() == 1);
  CHECK(store->deleter()->remove({}, "1.0").error().code() == Errc::not_found);
  CHECK(store->deleter()->remove({}, manifest.digest.string()));
  CHECK(registry.manifests.empty());
  for (const int status : {400, 405}) {
    registry.misbehave = [status](const Asked& asked) -> Misbehaviour {
      if (asked.method != http::Method::remove) return std::nullopt;
      return answer(status, {}, R"({"errors":[{"code":"UNSUPPORTED","message":"deletion is switched off"}]})");
    };
    for (const auto& selector : {std::string("1.0"), manifest.digest.string()}) {
      const auto removed = store->deleter()->remove({}, selector);
      REQUIRE_FALSE(removed);
      CHECK(removed.error().code() == Errc::unsupported);
      CHECK(detail(removed.error(), "it says") == "deletion is switched off");
      CHECK(removed.error().text().ends_with("(HTTP " + std::to_string(status) + ")"));
    }
  }
}

TEST_CASE("what cannot be read can be deleted by its digest") {
  for (const auto& body : {std::string("{\"damaged\""), std::string()}) {
    CAPTURE(body);
    MemoryRegistry registry;
    put(registry);
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method != http::Method::get) return std::nullopt;
      return body.empty() ? answer(403) : answer(200, {{"Content-Type", std::string(media_type::oci_manifest)}}, body);
    };
    std::string told;
    Context context;
    context.on_log = [&](LogLevel level, std::string_view line) {
      if (level == LogLevel::warning) told += line;
    };
    CHECK(open(registry)->deleter()->remove(context, manifest.digest.string()));
    CHECK(registry.manifests.empty());
    CHECK(told.find("if it is a referrer") != std::string::npos);
  }
}

TEST_CASE("a deletion that is answered otherwise than registries do is looked after") {
  struct Row {
    int status;
    bool done;         // by the registry; else somebody has answered in its place
    Lines afterwards;  // requests
    const char* why;   // null: it has been done
  };
  const Row rows[] = {
      {202, true, {}, nullptr},
      {202, false, {}, nullptr},
      {200, true, {"HEAD app/manifests/1.0"}, nullptr},
      {204, true, {"HEAD app/manifests/1.0"}, nullptr},
      {200, false, {"HEAD app/manifests/1.0"}, "HTTP 200, and still has it"},
      {203, false, {"HEAD app/manifests/1.0"}, "HTTP 203, and still has it"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    CAPTURE(row.done);
    MemoryRegistry registry;
    put(registry);
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method != http::Method::remove) return std::nullopt;
      if (row.done) registry.tags["app"].clear();
      return answer(row.status, {{"Content-Type", "text/html"}}, "<html>Welcome</html>");
    };
    const auto removed = open(registry)->deleter()->remove({}, "1.0");
    auto expected = row.afterwards;
    expected.insert(expected.begin(), "DELETE app/manifests/1.0");
    CHECK(registry.lines() == expected);
    REQUIRE(removed.has_value() == (row.why == nullptr));
    if (removed) continue;
    CHECK(removed.error().code() == Errc::protocol_error);
    CHECK(removed.error().text() == "reg.example answered the deletion of app:1.0 with " + std::string(row.why));
  }
  // Who answers everything so is no registry.
  MemoryRegistry registry;
  put(registry);
  registry.misbehave = [](const Asked&) -> Misbehaviour {
    return answer(200, {{"Content-Type", "text/html"}}, "<html>Welcome</html>");
  };
  const auto removed = open(registry)->deleter()->remove({}, "1.0");
  REQUIRE_FALSE(removed);
  CHECK(removed.error().code() == Errc::protocol_error);
  CHECK(removed.error().text() == "reg.example answered the request for app:1.0 with something that is no manifest");
}

TEST_CASE("a deletion whose answer was lost has been done") {
  for (const int status : {0, 500, 502, 503, 504, 429}) {
    for (const bool by_digest : {false, true}) {
      CAPTURE(status);
      CAPTURE(by_digest);
      MemoryRegistry registry;
      put(registry);
      int number = 0;
      registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
        if (asked.method != http::Method::remove || ++number != 1) return std::nullopt;
        registry.tags["app"].clear();
        registry.manifests.clear();
        if (status == 0) return broken();
        return answer(status);
      };
      using std::chrono_literals::operator""ms;
      const auto host = Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms}});
      const auto removed =
          (*host)->repository("app")->deleter()->remove({}, by_digest ? manifest.digest.string() : "1.0");
      // "Not now" is an answer: it has done nothing.
      CHECK(removed.has_value() == (status != 429));
      if (!removed) CHECK(removed.error().code() == Errc::not_found);
    }
  }
}

TEST_CASE("a registry is told from what is none") {
  MemoryRegistry registry;
  const auto host = Registry::make("reg.example", {.transport = registry.transport()}).value();
  CHECK(host->ping({}));
  registry.misbehave = [](const Asked&) -> Misbehaviour {
    return answer(200, {{"Content-Type", "text/html; charset=utf-8"}}, "<html>");
  };
  CHECK(host->ping({}).error().code() == Errc::protocol_error);
  registry.misbehave = [](const Asked&) -> Misbehaviour { return answer(404); };
  CHECK(host->ping({}).error().code() == Errc::not_found);
  CHECK(host->list_repositories({}, [](std::string_view) { return true; }).error().code() == Errc::unsupported);
}
