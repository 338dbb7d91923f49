// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include <portolan/oci/manifest.h>

using portolan::Descriptor;
using portolan::Digest;
using portolan::Errc;
using portolan::Index;
using portolan::Manifest;
namespace media_type = portolan::media_type;

namespace {

const std::string sha = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
const std::string blob = R"({"mediaType":"a/b","digest":")" + sha + R"(","size":2})";

Descriptor described(std::string_view type, const std::string& digest, std::uint64_t size) {
  return Descriptor{.media_type = std::string(type), .digest = Digest::parse(digest).value(), .size = size};
}

std::string with(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

// The chart of the specification's appendix of known answers (chart-registry, appendix A).
Manifest teapot() {
  return Manifest::make({
      .config = described(media_type::helm_config,
                          "sha256:84f4b977eec34432e422f7c7f3467acc4cc5f1be02dc76df37624425bf69c4e3", 576),
      .layers = {described(media_type::helm_provenance,
                           "sha256:05d590d5e25b99821e1958b267957a41d344dfe16d1c98c218d6f3de5ce9d5f3", 29),
                 described(media_type::helm_chart,
                           "sha256:92946627e2716e47dd249c61a37f35117a95e054ce8e0f8f5be88f313f59712f", 18)},
      .annotations = {{"org.opencontainers.image.description", "Kettles & <cups> "},
                      {"org.opencontainers.image.title", "teapot"},
                      {"org.opencontainers.image.version", "1.4.0+b7"},
                      {"org.opencontainers.image.url", "https://example.test/teapot"},
                      {"org.opencontainers.image.created", "2031-02-03T04:05:06+01:00"},
                      {"org.opencontainers.image.source", "https://example.test/src/teapot"},
                      {"org.opencontainers.image.authors", "Ada (ada@example.test), Bo"},
                      {"team", "drinks"}},
  });
}

}  // namespace

TEST_CASE("a chart's manifest has the bytes and the digest that Helm gives it") {
  const auto manifest = teapot();
  CHECK(manifest.bytes().size() == 961);
  CHECK(manifest.digest().string() == "sha256:38a49bbaa11c17e61770de50630bdb5d660ec74c7faf45efec71ad5cdbcc62a4");
  CHECK(manifest.media_type() == media_type::oci_manifest);
  CHECK(manifest.descriptor() == portolan::describe(media_type::oci_manifest, manifest.bytes()));
}

TEST_CASE("what was made is read back as it was") {
  const auto made = teapot();
  const auto read = Manifest::parse(made.bytes());
  REQUIRE(read.has_value());
  CHECK(read->bytes() == made.bytes());
  CHECK(read->digest() == made.digest());
  CHECK(read->config() == made.config());
  CHECK(read->layers() == made.layers());
  CHECK(read->annotations() == made.annotations());
  CHECK(read->subject() == made.subject());
}

TEST_CASE("a manifest or index that leaves out the version of its form is read, as everybody reads it") {
  const auto manifest = Manifest::parse(R"({"config":)" + blob + R"(,"layers":[]})");
  REQUIRE(manifest.has_value());
  CHECK(manifest->config() == described("a/b", sha, 2));
  CHECK(Index::parse(R"({"manifests":[]})").has_value());
}

TEST_CASE("a manifest with every field is written in Go's order") {
  const auto subject = described(media_type::oci_manifest, sha, 2);
  const auto manifest = Manifest::make({.media_type = std::string(media_type::oci_manifest),
                                        .artifact_type = "application/y",
                                        .config = described("a/b", sha, 2),
                                        .subject = subject,
                                        .annotations = {{"k", "v"}}});
  CHECK(manifest.bytes() ==
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/y",)"
        R"("config":)" +
            blob + R"(,"layers":[],"subject":)" + with(blob, "a/b", std::string(media_type::oci_manifest)) +
            R"(,"annotations":{"k":"v"}})");
  const auto read = Manifest::parse(manifest.bytes());
  REQUIRE(read.has_value());
  CHECK(read->subject() == subject);
  CHECK(read->descriptor().artifact_type == "application/y");
}

TEST_CASE("the media type comes from the body, else from whoever handed the bytes over") {
  const auto silent = R"({"schemaVersion":2,"config":)" + blob + R"(,"layers":null})";
  const auto docker = with(silent, "2,", R"(2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",)");
  CHECK(Manifest::parse(silent)->media_type() == media_type::oci_manifest);
  CHECK(Manifest::parse(silent, media_type::docker_manifest)->media_type() == media_type::docker_manifest);
  CHECK(Manifest::parse(docker, media_type::docker_manifest)->media_type() == media_type::docker_manifest);
  CHECK(Manifest::parse(docker, "")->media_type() == media_type::docker_manifest);
  CHECK(Manifest::parse(docker).error().code() == Errc::corrupt);
  CHECK(Manifest::parse(silent, media_type::oci_index).error().code() == Errc::corrupt);
  CHECK(Manifest::parse(silent, "").error().code() == Errc::corrupt);
}

TEST_CASE("hostile and damaged manifests are refused, and the message says what is wrong") {
  const auto good = R"({"schemaVersion":2,"config":)" + blob + R"(,"layers":[)" + blob + "]}";
  REQUIRE(Manifest::parse(good).has_value());
  std::string many = R"({"schemaVersion":2,"config":)" + blob + R"(,"layers":[)";
  for (int i = 0; i < 10'001; ++i) many += (i > 0 ? "," : "") + blob;
  many += "]}";
  struct Row {
    std::string text;
    Errc code;
    std::string says;
  };
  const Row rows[] = {
      {"", Errc::corrupt, "invalid JSON"},
      {"[]", Errc::corrupt, "no JSON object"},
      {"null", Errc::corrupt, "no JSON object"},
      {"{}", Errc::corrupt, "schemaVersion is missing"},
      {R"({"layers":[]})", Errc::corrupt, "schemaVersion is missing"},
      {good + "x", Errc::corrupt, "invalid JSON"},
      {with(good, "2", "1"), Errc::corrupt, "schemaVersion is not 2"},
      {with(good, "2", "2.0"), Errc::corrupt, "schemaVersion is not 2"},
      {with(good, "2", "\"2\""), Errc::corrupt, "schemaVersion is not 2"},
      {R"({"schemaVersion":2,"layers":[]})", Errc::corrupt, "config is missing"},
      {R"({"schemaVersion":2,"config":null,"layers":[]})", Errc::corrupt, "config is missing"},
      {R"({"schemaVersion":2,"manifests":[]})", Errc::corrupt, "it is an index"},
      {with(good, "\"layers\"", R"("manifests":[],"layers")"), Errc::corrupt, "it is an index"},
      {with(good, "\"layers\"", R"("fsLayers":[],"layers")"), Errc::corrupt, "schema 1"},
      {with(good, "\"layers\"", R"("config":)" + blob + R"(,"layers")"), Errc::corrupt, "\"config\" twice"},
      {with(good, "\"layers\"", R"("Layers":[],"layers")"), Errc::corrupt, "\"Layers\""},
      {with(good, "\"layers\"", R"("mediaType":"text/html","layers")"), Errc::corrupt, "\"text/html\""},
      {with(good, "\"layers\"", R"("annotations":{"a":1},"layers")"), Errc::corrupt, "annotation \"a\""},
      {with(good, "\"layers\"", R"("subject":{},"layers")"), Errc::corrupt, "subject: mediaType is missing"},
      {with(good, "\"layers\":[", R"("layers":[{},)"), Errc::corrupt, "layers[0]: mediaType is missing"},
      {with(good, "\"layers\":[", R"("layers":[null,)"), Errc::corrupt, "layers[0]"},
      {with(good, "\"layers\":[", R"("layers":7,"x":[)"), Errc::corrupt, "layers is no list"},
      {with(good, "\"size\":2", "\"size\":-2"), Errc::corrupt, "config: size"},
      {many, Errc::limit_exceeded, "layers holds more than 10000"},
      {good + std::string(portolan::max_manifest_size, ' '), Errc::limit_exceeded, "4194304"},
      {with(good, "2,", "2,\"x\":" + std::string(64, '[') + std::string(64, ']') + ","), Errc::limit_exceeded, "64"},
  };
  for (const auto& row : rows) {
    const auto shown = row.text.substr(0, 200);
    CAPTURE(shown);
    const auto manifest = Manifest::parse(row.text);
    REQUIRE_FALSE(manifest.has_value());
    CAPTURE(manifest.error().message());
    CHECK(manifest.error().code() == row.code);
    CHECK(manifest.error().message().find("reading a manifest: ") == 0);
    CHECK(manifest.error().message().find(row.says) != std::string::npos);
  }
}

TEST_CASE("an index is made and read, with all of its fields") {
  const auto made = Index::make({.artifact_type = "application/y",
                                 .manifests = {described(media_type::oci_manifest, sha, 2)},
                                 .subject = described("a/b", sha, 2),
                                 .annotations = {{"k", "v"}}});
  CHECK(made.bytes() ==
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","artifactType":"application/y",)"
        R"("manifests":[)" +
            with(blob, "a/b", std::string(media_type::oci_manifest)) + R"(],"subject":)" + blob +
            R"(,"annotations":{"k":"v"}})");
  const auto read = Index::parse(made.bytes());
  REQUIRE(read.has_value());
  CHECK(read->bytes() == made.bytes());
  CHECK(read->digest() == made.digest());
  CHECK(read->manifests() == made.manifests());
  CHECK(read->subject() == made.subject());
  CHECK(read->annotations() == made.annotations());
  CHECK(read->descriptor() == made.descriptor());
  CHECK(Index::parse(R"({"schemaVersion":2,"manifests":null})")->manifests().empty());
  CHECK(Index::parse(R"({"schemaVersion":2,"manifests":[]})", media_type::docker_list)->media_type() ==
        media_type::docker_list);
}

TEST_CASE("a manifest that is given as an index is refused") {
  for (const auto& text : {teapot().bytes(), R"({"schemaVersion":2,"manifests":[],"layers":[]})" + std::string(),
                           R"({"schemaVersion":2,"manifests":[],"config":null})" + std::string()}) {
    const auto index = Index::parse(text);
    REQUIRE_FALSE(index.has_value());
    CHECK(index.error().code() == Errc::corrupt);
    CHECK(index.error().message().find("it is a manifest") != std::string::npos);
  }
}

TEST_CASE("the successors are config and layers, or the manifests, and never the subject") {
  const auto manifest = Manifest::make({.config = described("c/c", sha, 2),
                                        .layers = {described("l/1", sha, 2), described("l/2", sha, 2)},
                                        .subject = described("s/s", sha, 2)});
  const auto types = [](const portolan::Result<std::vector<Descriptor>>& descriptors) {
    std::string all;
    for (const auto& d : descriptors.value()) all += d.media_type + " ";
    return all;
  };
  CHECK(types(portolan::successors(media_type::oci_manifest, manifest.bytes())) == "c/c l/1 l/2 ");
  CHECK(types(portolan::successors(media_type::docker_manifest, manifest.bytes())) == "c/c l/1 l/2 ");
  const auto index = Index::make({.manifests = {described("m/m", sha, 2)}, .subject = described("s/s", sha, 2)});
  CHECK(types(portolan::successors(media_type::oci_index, index.bytes())) == "m/m ");
  CHECK(types(portolan::successors("text/plain", "not JSON")).empty());
  CHECK(portolan::successors(media_type::oci_index, manifest.bytes()).error().code() == Errc::corrupt);
}
