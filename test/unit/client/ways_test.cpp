// SPDX-License-Identifier: Apache-2.0
// Registries that may be asked without TLS, and never are where they have spoken it.
#include "client/ways.h"

#include <doctest/doctest.h>

#include <portolan/client/client.h>

#include "auth/token.h"
#include "scripted_transport.h"

using namespace portolan;
using internal::client::PlainWhereNoTls;
using portolan::test::answer;
using portolan::test::ScriptedTransport;
using Asked = ScriptedTransport::Asked;

namespace {

Error failed(NetworkFailure failure) { return Error(Errc::unreachable, "no way").with({.failure = failure}); }

/// What an origin's https port does, and its http port.
struct World {
  explicit World(const std::string& https = "https://reg.example", unsigned attempts = 1)
      : way(http::Origin::of(https).value(), transport, attempts), url(https + "/v2/") {}

  Result<http::Response> ask() { return way.send({}, {.url = url}); }

  std::optional<NetworkFailure> tls = NetworkFailure::no_tls;  // none: it answers
  int plain_status = 200;
  http::Headers plain_headers{};
  std::shared_ptr<ScriptedTransport> transport =
      std::make_shared<ScriptedTransport>([this](const Asked& asked) -> Result<http::Response> {
        const bool secure = asked.url.starts_with("https:");
        if (secure && tls) return failed(*tls);
        return secure ? answer(200) : answer(plain_status, plain_headers);
      });
  PlainWhereNoTls way;
  std::string url;
};

}  // namespace

TEST_CASE("http is tried where TLS is not spoken, and its answer counts where it is a registry's") {
  struct Row {
    NetworkFailure tls;
    int plain;
    bool taken;
  };
  const Row rows[] = {
      {NetworkFailure::no_tls, 200, true},   {NetworkFailure::no_tls, 202, true},  {NetworkFailure::no_tls, 401, true},
      {NetworkFailure::no_tls, 404, true},   {NetworkFailure::no_tls, 400, false}, {NetworkFailure::no_tls, 301, false},
      {NetworkFailure::no_tls, 403, false},  {NetworkFailure::no_tls, 503, false}, {NetworkFailure::connect, 401, true},
      {NetworkFailure::connect, 301, false}, {NetworkFailure::tls, 200, false},    {NetworkFailure::broken, 200, false},
      {NetworkFailure::silent, 200, false},  {NetworkFailure::name, 200, false},   {NetworkFailure::none, 200, false}};
  for (const auto& row : rows) {
    CAPTURE(static_cast<int>(row.tls));
    CAPTURE(row.plain);
    World world;
    world.tls = row.tls;
    world.plain_status = row.plain;
    const auto got = world.ask();
    REQUIRE(got.has_value() == row.taken);
    if (got) {
      CHECK(got->in_clear);
      CHECK(got->url == "https://reg.example/v2/");
    } else {
      CHECK(got.error().network_failure() == row.tls);
    }
  }
}

TEST_CASE("a registry that speaks no TLS is asked by http from then on, one that is down is not") {
  World plain;
  REQUIRE(plain.ask());
  plain.plain_status = 503;
  CHECK(plain.ask().value().status == 503);
  CHECK(plain.transport->lines() == std::vector<std::string>{"GET https://reg.example/v2/",
                                                             "GET http://reg.example/v2/",
                                                             "GET http://reg.example/v2/"});
  World down;
  down.tls = NetworkFailure::connect;
  REQUIRE(down.ask().value().in_clear);
  down.tls.reset();
  CHECK_FALSE(down.ask().value().in_clear);
  // It has spoken TLS: whatever happens now, nothing is said in clear.
  for (const auto failure : {NetworkFailure::connect, NetworkFailure::no_tls}) {
    down.tls = failure;
    const auto got = down.ask();
    REQUIRE_FALSE(got);
    CHECK(got.error().network_failure() == failure);
  }
}

TEST_CASE("nothing answers: http is tried after the last attempt, and where it has another port") {
  World retried("https://reg.example", 3);
  retried.tls = NetworkFailure::connect;
  CHECK_FALSE(retried.ask());
  CHECK_FALSE(retried.ask());
  CHECK(retried.ask());
  World port("https://reg.example:5000");
  port.tls = NetworkFailure::connect;
  CHECK_FALSE(port.ask());
  CHECK(port.transport->lines() == std::vector<std::string>{"GET https://reg.example:5000/v2/"});
}

TEST_CASE("what a registry without TLS says of itself is said of the name that it has above") {
  World world("https://reg.example:5000");
  world.plain_headers = {{"Location", "http://reg.example:5000/v2/a/blobs/uploads/1"},
                         {"Link", "<http://reg.example:5000/v2/a/tags/list?last=1>; rel=\"next\", <b>; rel=\"x\""}};
  const auto own = world.ask().value();
  CHECK(own.headers.get("Location") == "https://reg.example:5000/v2/a/blobs/uploads/1");
  CHECK(own.headers.get("Link") == "<https://reg.example:5000/v2/a/tags/list?last=1>; rel=\"next\", <b>; rel=\"x\"");
  world.plain_headers = {{"Location", "http://minio.example/b"}};
  CHECK(world.ask().value().headers.get("Location") == "http://minio.example/b");
}

TEST_CASE("a registry without TLS may have its token server and its storage without TLS, one with TLS may not") {
  for (const bool has_tls : {false, true}) {
    CAPTURE(has_tls);
    const auto transport = std::make_shared<ScriptedTransport>([&](const Asked& asked) -> Result<http::Response> {
      if (asked.url.starts_with("https:") && !has_tls) return failed(NetworkFailure::no_tls);
      if (asked.url.find("/token") != std::string::npos) return answer(200, {}, R"({"token":"t"})");
      if (asked.url.starts_with("http://minio")) return answer(200, {}, "{}");
      if (asked.authorization.empty()) {
        return answer(401, {{"WWW-Authenticate", "Bearer realm=\"http://reg.example/token\",service=\"s\""}});
      }
      return answer(307, {{"Location", "http://minio.example/b"}});
    });
    const Config config{
        .credentials = auth::fixed({.value = auth::Password{"ci", Secret("secret")}, .source = "the test"}),
        .hosts = {{.prefix = "reg.example", .own = {.skip_verify = true, .or_plain_http = true}}},
        .transport = transport};
    const Descriptor blob{.media_type = "application/octet-stream", .digest = digest_of("{}"), .size = 2};
    auto opened = Client(config).open("oci://reg.example/app").value()->fetch({}, blob, 0);
    std::string read = "nothing";
    if (opened) read = read_all(**opened, 2).value();
    CHECK(read == (has_tls ? "nothing" : "{}"));
    for (const auto& one : transport->asked()) {
      const bool in_clear = one.url.starts_with("http:");
      CHECK_FALSE((has_tls && in_clear));
      // Neither where the storage is.
      if (one.url.starts_with("http://minio")) CHECK(one.authorization.empty());
    }
  }
}
