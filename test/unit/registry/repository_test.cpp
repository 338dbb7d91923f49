// SPDX-License-Identifier: Apache-2.0
#include "repository_support.h"

using namespace portolan;
using namespace portolan::test;
using namespace std::chrono_literals;
using portolan::registry::RegistryOptions;

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

TEST_CASE("what a registry repeats of the secrets that it was sent is not told") {
  MemoryRegistry registry;
  registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
    if (asked.authorization.empty()) return answer(401, {{"WWW-Authenticate", "Basic realm=\"x\""}});
    const auto seen = std::string(asked.headers.get("X-Team")) + " " + asked.authorization;
    return answer(403, {{"Warning", "299 - \"seen " + seen + "\""}},
                  R"({"errors":[{"code":"DENIED","message":"seen )" + seen + "\"}]}");
  };
  const auto account = auth::fixed({.value = auth::Password{"ci", Secret("hunter2")}, .source = "a file"});
  const auto host = Registry::make(
      "reg.example",
      {.transport = registry.transport(), .credentials = account, .headers = {{"X-Team", Secret("letmein")}}});
  std::string told;
  Context context;
  context.on_log = [&](LogLevel, std::string_view line) { told = line; };
  const auto fetched = (*host)->repository("app")->fetch_manifest(context, "1.0");
  REQUIRE_FALSE(fetched);
  CHECK(detail(fetched.error(), "it says") == "seen *** Basic ***");
  CHECK(told == "reg.example says: seen *** Basic ***");
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

TEST_CASE("a registry that breaks off where a tag is asked for by HEAD is asked by GET, and a silent one is not") {
  for (const auto& [failure, asked_by_get] :
       {std::pair(NetworkFailure::broken, true), std::pair(NetworkFailure::silent, false)}) {
    MemoryRegistry registry;
    registry.misbehave = [failure = failure](const Asked& asked) -> Misbehaviour {
      if (asked.method != http::Method::head) return std::nullopt;
      return Error(Errc::unreachable, "no answer").with({.failure = failure});
    };
    const auto resolved = open(registry)->resolve({}, "1.0");
    REQUIRE_FALSE(resolved);
    const auto lines = registry.lines();
    CHECK(std::count(lines.begin(), lines.end(), "GET app/manifests/1.0") == (asked_by_get ? 1 : 0));
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

TEST_CASE("a manifest that came damaged is asked for once more") {
  const auto by_digest = manifest.digest.string();
  struct Row {
    std::string selector;
    std::string type;
    std::string body;
    Errc code;
    std::size_t requests = 2;
  };
  const Row rows[] = {
      {"1.0", manifest.media_type, "", Errc::protocol_error},
      {"1.0", manifest.media_type, bytes.substr(0, 50), Errc::protocol_error},
      {"1.0", "", bytes.substr(0, 50), Errc::protocol_error},
      {by_digest, manifest.media_type, bytes.substr(0, 50), Errc::verification_failed},
      {by_digest, manifest.media_type, bytes + " ", Errc::verification_failed},
      {"1.0", "text/html", "<html>", Errc::protocol_error, 1},
  };
  for (const auto& row : rows) {
    for (const bool always : {false, true}) {
      CAPTURE(row.body);
      MemoryRegistry registry;
      put(registry);
      registry.misbehave = [&](const Asked&) -> Misbehaviour {
        if (!always && registry.requests() != 1) return std::nullopt;
        return answer(200, {{"Content-Type", row.type}}, row.body);
      };
      const auto fetched = open(registry)->fetch_manifest({}, row.selector);
      CHECK(registry.requests() == row.requests);
      CHECK(fetched.has_value() == (!always && row.requests == 2));
      if (!fetched) CHECK(fetched.error().code() == row.code);
    }
  }
}

TEST_CASE("a manifest that does not name its type has the one of the header, where it may") {
  MemoryRegistry registry;
  put(registry);
  auto& type = registry.manifests["app@" + manifest.digest.string()].first;
  type = media_type::docker_manifest;
  CHECK(open(registry)->fetch_manifest({}, "1.0").value().descriptor.media_type == type);
  type = media_type::docker_list;
  CHECK(open(registry)->fetch_manifest({}, "1.0").error().code() == Errc::protocol_error);
}

TEST_CASE("a signed manifest of Docker's schema 1 is told by its form, not by a digest that is of a part of it") {
  MemoryRegistry registry;
  registry.manifests["app@" + manifest.digest.string()] = {
      std::string(media_type::docker_schema1_signed),
      R"({"schemaVersion":1,"fsLayers":[],"history":[],"signatures":[{}]})"};
  const auto fetched = open(registry)->fetch_manifest({}, manifest.digest.string());
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().code() == Errc::unsupported);
  CHECK(fetched.error().text().find("Docker's retired schema 1") != std::string::npos);
}

TEST_CASE("a manifest that was packed on the way by what nobody can unpack is told by the name of that") {
  MemoryRegistry registry;
  put(registry);
  for (const auto& body : {std::string("\x0B\x02\x80"), bytes}) {
    registry.misbehave = [&](const Asked&) -> Misbehaviour {
      return answer(200, {{"Content-Type", manifest.media_type}, {"Content-Encoding", "br"}}, body);
    };
    const auto fetched = open(registry)->fetch_manifest({}, "1.0");
    CHECK(fetched.has_value() == (body == bytes));
    if (fetched) continue;
    CHECK(fetched.error().code() == Errc::protocol_error);
    CHECK(fetched.error().message() ==
          "reading oci://reg.example/app: reg.example answered the request for app:1.0 with content that was packed on "
          "the way (br)");
  }
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
      {410, Errc::not_found, "reg.example has no app:1.0 (HTTP 410)"},
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

TEST_CASE("a push that gets 404 says that the place is not there, or not for this account") {
  MemoryRegistry registry;
  registry.misbehave = [](const Asked&) -> Misbehaviour {
    return answer(404, {}, R"({"errors":[{"code":"NAME_UNKNOWN","message":"unknown project"}]})");
  };
  const auto store =
      open(registry, auth::fixed({.value = auth::Password{"ci", Secret("hunter2")}, .source = "a file"}));
  const auto why = std::string(
      ": the repository, or its project, has to be created there first, or this account may not push to it (HTTP 404)");
  const auto blob = store->push_blob({}, describe("application/x", "content"), MemoryBlob("content"));
  const auto tagged = store->push_manifest({}, manifest, bytes, Lines{"1.0"}, IfExists::replace);
  for (const auto& [error, doing] :
       {std::pair(blob.error(), "the push to app"), std::pair(tagged.error(), "the push of app:1.0")}) {
    CHECK(error.code() == Errc::not_found);
    CHECK(error.message() == std::string("reg.example refused ") + doing + why);
    CHECK(detail(error, "asked for") == "repository:app:pull,push");
    CHECK(detail(error, "it says") == "unknown project");
  }
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

TEST_CASE("a signature of a manifest or a list that is refused is asked for once more, too") {
  MemoryRegistry registry;
  int signatures = 0;
  std::string content;
  registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
    if (asked.url.starts_with("https://reg.example/")) {
      return answer(307, {{"Location", "https://storage.example/x?sig=" + std::to_string(++signatures)}});
    }
    if (signatures % 2 == 1) return answer(403, {{"Content-Type", "application/xml"}}, "<Error/>");
    return answer(200, {{"Content-Type", "application/json"}}, content);
  };
  content = Manifest::make({.config = describe("application/x", "{}")}).bytes();
  CHECK(open(registry)->fetch_manifest({}, "1.0.0").value().bytes == content);
  CHECK(signatures == 2);
  content = R"({"tags":["1.0.0"]})";
  std::vector<std::string> tags;
  CHECK(open(registry)->tag_lister()->list_tags({}, [&](std::string_view tag) {
    tags.emplace_back(tag);
    return true;
  }));
  CHECK(tags == std::vector<std::string>{"1.0.0"});
  CHECK(signatures == 4);
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

TEST_CASE("a registry that shows blobs late is waited for longer once they have been sent again") {
  MemoryRegistry registry;
  std::size_t refusals = 0;
  registry.misbehave = [&](const Asked&) -> Misbehaviour {
    if (refusals-- == 0) return answer(201, {{"Location", "/v2/app/manifests/" + manifest.digest.string()}});
    return answer(400, {}, R"({"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]})");
  };
  const auto store =
      Registry::make("reg.example", {.transport = registry.transport(), .retry = {.base = 1ms, .longest = 2ms}})
          .value()
          ->repository("app");
  const auto push = [&](std::size_t times) {
    refusals = times;
    const auto before = registry.requests();
    const bool pushed = store->push_manifest({}, manifest, bytes, Lines{"1.0"}, IfExists::same).has_value();
    return std::pair(pushed, registry.requests() - before);
  };
  CHECK(push(4) == std::pair(false, std::size_t{4}));
  CHECK(push(5) == std::pair(true, std::size_t{6}));
  CHECK(push(100) == std::pair(false, std::size_t{6}));
}

TEST_CASE("a success at the push of a manifest that names none is believed where the registry does not deny it") {
  struct Row {
    const char* what;
    http::Headers headers;
    bool stored;
    int head;  // status of the answer to the question; 0: an honest one
    bool asked;
    bool succeeds;
  };
  const auto digest = manifest.digest.string();
  const Row rows[] = {
      {"its Location", {{"Location", "/v2/app/manifests/" + digest}}, false, 0, false, true},
      {"its digest", {{"Docker-Content-Digest", digest}}, false, 0, false, true},
      {"nothing, and it is there", {}, true, 0, true, true},
      {"nothing, and it is not there", {}, false, 0, true, false},
      {"nothing, and the question is refused", {}, false, 403, true, true},
      {"nothing, and the question fails", {}, false, 501, true, true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    MemoryRegistry registry;
    if (row.stored) put(registry);
    registry.misbehave = [&](const Asked& asked) -> Misbehaviour {
      if (asked.method == http::Method::put) return answer(201, row.headers);
      return row.head == 0 ? Misbehaviour() : Misbehaviour(answer(row.head));
    };
    const auto pushed = open(registry)->push_manifest({}, manifest, bytes, Lines{"1.0"}, IfExists::replace);
    CHECK(pushed.has_value() == row.succeeds);
    CHECK((registry.requests() > 1) == row.asked);
    if (pushed) continue;
    CHECK(pushed.error().text() == "reg.example answered the push of app:1.0 with HTTP 201, and has not got it");
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

TEST_CASE("a registry is told from what is none") {
  MemoryRegistry registry;
  const auto host = Registry::make("reg.example", {.transport = registry.transport()}).value();
  CHECK(host->ping({}).value() == Registry::Admission::open);
  registry.misbehave = [](const Asked&) -> Misbehaviour {
    return answer(200, {{"Content-Type", "text/html; charset=utf-8"}}, "<html>");
  };
  CHECK(host->ping({}).error().code() == Errc::protocol_error);
  registry.misbehave = [](const Asked&) -> Misbehaviour { return answer(404); };
  CHECK(host->ping({}).error().code() == Errc::not_found);
  CHECK(host->list_repositories({}, [](std::string_view) { return true; }).error().code() == Errc::unsupported);
}

TEST_CASE("a registry that asks who we are has checked it when it lets us in") {
  MemoryRegistry registry;
  const auto account = auth::fixed({.value = auth::Password{"ci", Secret("secret")}, .source = "the test"});
  const auto host = Registry::make("reg.example", {.transport = registry.transport(), .credentials = account}).value();
  registry.misbehave = [](const Asked& asked) -> Misbehaviour {
    if (!asked.authorization.empty()) return std::nullopt;
    return answer(401, {{"WWW-Authenticate", "Basic realm=\"x\""}});
  };
  CHECK(host->ping({}).value() == Registry::Admission::checked);
}
