// SPDX-License-Identifier: Apache-2.0
// A good registry: what it keeps, and what it notices.
#include <doctest/doctest.h>

#include <testregistry/testregistry.h>

#include "client.h"

using namespace testregistry;

namespace {

constexpr const char* type = "application/vnd.oci.image.manifest.v1+json";

std::string manifest_of(const std::string& config) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"x","digest":")" +
         config + R"(","size":2},"layers":[]})";
}

std::string with_type(const std::string& media_type) { return "Content-Type: " + media_type + "\r\n"; }

}  // namespace

TEST_CASE("what is pushed in any of the ways is there") {
  Server registry;
  Client client(registry.host());
  CHECK(client.ask("GET", "/v2/").status == 200);
  // One request.
  const std::string hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  CHECK(client.ask("POST", "/v2/a/b/blobs/uploads/?digest=" + hello, "hello").status == 201);
  CHECK(registry.blob("a/b", hello) == "hello");
  // Two.
  const std::string world = "sha256:486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7";
  auto begun = client.ask("POST", "/v2/a/b/blobs/uploads/");
  CHECK(begun.status == 202);
  CHECK(registry.open_uploads() == 1);
  CHECK(client.ask("PUT", begun.header("Location") + "&digest=" + world, "world").status == 201);
  CHECK(registry.has_blob("a/b", world));
  // In chunks.
  const std::string both = "sha256:936a185caaa266bb9cbe981e9e05cb78cd732b0b3280eb944412bb6f8f8f07af";
  begun = client.ask("POST", "/v2/a/b/blobs/uploads/");
  auto part = client.ask("PATCH", begun.header("Location"), "hello", "Content-Range: 0-4\r\n");
  CHECK(part.status == 202);
  CHECK(part.header("Range") == "0-4");
  CHECK(client.ask("PATCH", part.header("Location"), "x", "Content-Range: 9-9\r\n").status == 416);
  CHECK(client.ask("GET", part.header("Location")).header("Range") == "0-4");
  part = client.ask("PATCH", part.header("Location"), "world", "Content-Range: 5-9\r\n");
  CHECK(client.ask("PUT", part.header("Location") + "&digest=" + both).status == 201);
  CHECK(registry.blob("a/b", both) == "helloworld");
  // From elsewhere.
  CHECK(client.ask("POST", "/v2/c/blobs/uploads/?mount=" + both + "&from=a/b").status == 201);
  CHECK(client.ask("POST", "/v2/d/blobs/uploads/?mount=" + both + "&from=nowhere").status == 202);
  CHECK(registry.has_blob("c", both));
  // And a manifest.
  const auto manifest = manifest_of(hello);
  const auto put = client.ask("PUT", "/v2/a/b/manifests/1.0", manifest, with_type(type));
  CHECK(put.status == 201);
  const auto digest = put.header("Docker-Content-Digest");
  CHECK(registry.tags("a/b") == std::vector<std::string>{"1.0"});
  CHECK(registry.manifest("a/b", "1.0") == manifest);
  const auto got = client.ask("GET", "/v2/a/b/manifests/" + digest, "", std::string("Accept: ") + type + "\r\n");
  CHECK(got.body == manifest);
  CHECK(got.header("Content-Type") == type);
  CHECK(client.ask("HEAD", "/v2/a/b/manifests/1.0", "", "Accept: */*\r\n").header("Content-Length") ==
        std::to_string(manifest.size()));
  CHECK(client.ask("DELETE", "/v2/a/b/manifests/1.0").status == 202);
  CHECK(client.ask("HEAD", "/v2/a/b/manifests/1.0", "", "Accept: */*\r\n").status == 404);
  CHECK(client.ask("DELETE", "/v2/a/b/manifests/" + digest).status == 202);
  CHECK(client.ask("DELETE", "/v2/a/b/blobs/" + both).status == 202);
  CHECK(registry.client_errors().empty());
  CHECK(registry.leaked_credentials().empty());
  CHECK(registry.connections() == 1);
  CHECK(registry.requests("POST", "uploads") == 5);
  CHECK(registry.requests("PUT", "manifests") == 1);
}

TEST_CASE("a part of a blob is what was asked for") {
  Server registry;
  const auto digest = registry.put_blob("a", "0123456789");
  Client client(registry.host());
  const auto part = client.ask("GET", "/v2/a/blobs/" + digest, "", "Range: bytes=3-\r\n");
  CHECK(part.status == 206);
  CHECK(part.body == "3456789");
  CHECK(part.header("Content-Range") == "bytes 3-9/10");
  CHECK(client.ask("GET", "/v2/a/blobs/" + digest, "", "Range: bytes=2-4\r\n").body == "234");
  CHECK(client.ask("GET", "/v2/a/blobs/" + digest, "", "Range: bytes=10-\r\n").status == 416);
  const auto generated = registry.put_generated_blob("a", 1'000'000, 7);
  const auto whole = client.ask("GET", "/v2/a/blobs/" + generated).body;
  CHECK(registry.put_blob("b", whole) == generated);
  CHECK(client.ask("GET", "/v2/a/blobs/" + generated, "", "Range: bytes=65530-\r\n").body == whole.substr(65530));
}

TEST_CASE("what a strict registry would not take is noticed") {
  struct Row {
    const char* method;
    std::string target;
    std::string body;
    std::string headers;
    int status;
  };
  const std::string zeros = "sha256:" + std::string(64, '0');
  const Row rows[] = {
      {"POST", "/v2/a/blobs/uploads/?digest=" + zeros, "x", "", 400},
      {"PUT", "/v2/a/blobs/uploads/nothing?digest=" + zeros, "x", "", 404},
      {"PUT", "/v2/a/manifests/1", "{}", "", 400},
      {"PUT", "/v2/a/manifests/1", "no json", with_type(type), 400},
      {"PUT", "/v2/a/manifests/1", R"({"mediaType":"other"})", with_type(type), 400},
      {"PUT", "/v2/a/manifests/" + zeros, "{}", with_type(type), 400},
      {"PUT", "/v2/a/manifests/1", manifest_of(zeros), with_type(type), 400},
      {"GET", "/v2/", "x", "", 200},
  };
  for (const auto& row : rows) {
    CAPTURE(row.target);
    Server registry;
    CHECK(ask(registry.host(), row.method, row.target, row.body, row.headers).status == row.status);
    CHECK(registry.client_errors().size() == 1);
  }
  Server registry;
  registry.put_manifest("a", "{}", type, "1");
  ask(registry.host(), "GET", "/v2/a/manifests/1", "", "Accept: text/plain\r\n");
  CHECK(registry.client_errors() ==
        std::vector<std::string>{std::string("GET /v2/a/manifests/1 does not accept ") + type});
}

TEST_CASE("lists come in pages, and referrers by their type") {
  Server registry({.page_size = 2});
  const auto subject = registry.put_manifest("a", "{}", type, "1");
  for (const auto* tag : {"2", "3"}) registry.put_manifest("a", "{}", type, tag);
  Client client(registry.host());
  const auto first = client.ask("GET", "/v2/a/tags/list?n=1000");
  CHECK(first.body == R"({"name":"a","tags":["1","2"]})");
  CHECK(first.header("Link") == R"(</v2/a/tags/list?last=2&n=2>; rel="next")");
  const auto second = client.ask("GET", "/v2/a/tags/list?last=2&n=2");
  CHECK(second.body == R"({"name":"a","tags":["3"]})");
  CHECK(second.header("Link").empty());
  CHECK(client.ask("GET", "/v2/none/tags/list").status == 404);
  CHECK(client.ask("GET", "/v2/_catalog").body == R"({"repositories":["a"]})");
  for (const auto* kind : {"k/1", "k/2"}) {
    registry.put_manifest(
        "a", std::string(R"({"artifactType":")") + kind + R"(","subject":{"digest":")" + subject + R"("}})", type);
  }
  CHECK(client.ask("GET", "/v2/a/referrers/" + subject).body.find("k/1") != std::string::npos);
  const auto filtered = client.ask("GET", "/v2/a/referrers/" + subject + "?artifactType=k%2F2");
  CHECK(filtered.body.find("k/1") == std::string::npos);
  CHECK(filtered.body.find("k/2") != std::string::npos);
}
