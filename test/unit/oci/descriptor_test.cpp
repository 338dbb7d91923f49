// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "oci/codec.h"

using portolan::Descriptor;
using portolan::Errc;
namespace json = portolan::internal::json;
namespace codec = portolan::internal::oci;

namespace {

const std::string sha = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";  // of "{}"
const std::string start = R"({"mediaType":"application/x","digest":")" + sha + R"(","size":2)";

portolan::Result<Descriptor> read(const std::string& text) {
  const auto value = json::parse(text);
  REQUIRE(value.has_value());
  return codec::read_descriptor(*value);
}

std::string write(const Descriptor& descriptor) {
  json::Writer writer;
  codec::write_descriptor(writer, descriptor);
  return std::move(writer).text();
}

}  // namespace

TEST_CASE("a descriptor with every field is read, and written in Go's order") {
  const auto text =
      start +
      R"(,"urls":["https://example.test/a"],"annotations":{"a":"1","b":""},"data":"e30=","platform":{"architecture":"arm",)"
      R"("os":"linux","os.version":"1","os.features":["x"],"variant":"v7"},"artifactType":"application/y"})";
  const auto descriptor = read(text);
  REQUIRE(descriptor.has_value());
  CHECK(descriptor->media_type == "application/x");
  CHECK(descriptor->digest.string() == sha);
  CHECK(descriptor->size == 2);
  CHECK(descriptor->urls == std::vector<std::string>{"https://example.test/a"});
  CHECK(descriptor->annotations == portolan::Annotations{{"a", "1"}, {"b", ""}});
  CHECK(descriptor->data == "{}");
  CHECK(descriptor->artifact_type == "application/y");
  REQUIRE(descriptor->platform.has_value());
  CHECK(*descriptor->platform == portolan::Platform{"arm", "linux", "1", {"x"}, "v7"});
  CHECK(write(*descriptor) == text);
}

TEST_CASE("a bare descriptor is written with its three fields alone") {
  CHECK(write(portolan::describe("application/x", "{}")) == start + "}");
}

TEST_CASE("null is an absent field, and an unknown field is no error") {
  const auto descriptor = read(start + R"(,"urls":null,"annotations":null,"data":null,"platform":null,)" +
                               R"("artifactType":null,"new":{"size":-1}})");
  REQUIRE(descriptor.has_value());
  CHECK(*descriptor == portolan::describe("application/x", "{}"));
}

TEST_CASE("empty data is no data, as to Go") {
  const auto sized = [](const std::string& size) {
    return R"({"mediaType":"a/b","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",)"
           R"("data":"","size":)" +
           size + "}";
  };
  REQUIRE(read(sized("0")).has_value());
  CHECK_FALSE(read(sized("0"))->data.has_value());
  CHECK_FALSE(read(sized("1"))->data.has_value());
}

TEST_CASE("data that is other content than the descriptor's is left out") {
  for (const auto* data : {"e30gIA==", "e10="}) {
    CAPTURE(data);
    const auto descriptor = read(start + R"(,"data":")" + data + R"("})");
    REQUIRE(descriptor.has_value());
    CHECK(*descriptor == portolan::describe("application/x", "{}"));
  }
}

TEST_CASE("content under a digest that nobody here can compute is described, and its inlined data left out") {
  const auto descriptor = read(R"({"mediaType":"a/b","digest":"blake9:abc","size":2,"data":"e30="})");
  REQUIRE(descriptor.has_value());
  CHECK(descriptor->digest.string() == "blake9:abc");
  CHECK_FALSE(descriptor->data.has_value());
}

TEST_CASE("a descriptor that breaks its format is corrupt, and the message names the field") {
  struct Row {
    std::string text;
    std::string says;
  };
  const auto sized = [](const std::string& size) {
    return R"({"mediaType":"a/b","digest":")" + sha + R"(","size":)" + size + "}";
  };
  const Row rows[] = {
      {"[]", "object"},
      {"null", "object"},
      {R"({"digest":")" + sha + R"(","size":2})", "mediaType is missing"},
      {R"({"mediaType":"","digest":")" + sha + R"(","size":2})", "mediaType is missing"},
      {R"({"mediaType":7,"digest":")" + sha + R"(","size":2})", "mediaType"},
      {R"({"mediaType":"a/b","size":2})", "digest is missing"},
      {R"({"mediaType":"a/b","digest":"sha256:44","size":2})", "invalid digest"},
      {R"({"mediaType":"a/b","digest":"../../etc:x","size":2})", "invalid digest"},
      {R"({"mediaType":"a/b","digest":")" + sha + R"("})", "size is missing"},
      {sized("-1"), "size"},
      {sized("-0.0"), "size"},
      {sized("2.0"), "size"},
      {sized("2e0"), "size"},
      {sized("\"2\""), "size"},
      {sized("9223372036854775808"), "size"},
      {sized("18446744073709551615"), "size"},
      {sized("true"), "size"},
      {start + R"(,"urls":"x"})", "urls"},
      {start + R"(,"urls":[1]})", "urls"},
      {start + R"(,"annotations":[]})", "annotations"},
      {start + R"(,"annotations":{"a":1}})", "annotation \"a\""},
      {start + R"(,"annotations":{"a":null}})", "annotation \"a\""},
      {start + R"(,"data":"e30"})", "base64"},
      {start + R"(,"data":7})", "base64"},
      {start + R"(,"platform":"linux"})", "platform"},
      {start + R"(,"platform":{"os":1}})", "platform: os"},
      {start + R"(,"platform":{"os.features":["a",1]}})", "platform: os.features"},
      {start + R"(,"artifactType":{}})", "artifactType"},
      {start + R"(,"Size":3})", "\"Size\""},
      {start + R"(,"DATA":"e30="})", "\"DATA\""},
      {start + ",\"url\xc5\xbf\":[]}", "\"urls\""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto descriptor = read(row.text);
    REQUIRE_FALSE(descriptor.has_value());
    CAPTURE(descriptor.error().message());
    CHECK(descriptor.error().code() == Errc::corrupt);
    CHECK(descriptor.error().message().find(row.says) != std::string::npos);
  }
}
