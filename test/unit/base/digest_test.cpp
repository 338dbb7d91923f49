// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/base/digest.h>

using portolan::Digest;

namespace {
const std::string empty_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
}

TEST_CASE("a digest takes exactly the registered forms and the grammar of others") {
  struct Row {
    std::string text;
    bool valid;
    Digest::Algorithm algorithm;
  };
  const Row rows[] = {
      {"sha256:" + empty_sha256, true, Digest::Algorithm::sha256},
      {"sha512:" + empty_sha256 + empty_sha256, true, Digest::Algorithm::sha512},
      {"blake3:abc", true, Digest::Algorithm::other},
      {"a+b.c_d-e:Zz0=_-", true, Digest::Algorithm::other},
      {"sha256:" + empty_sha256.substr(1), false, {}},
      {"sha256:" + empty_sha256 + "0", false, {}},
      {"sha256:E3" + empty_sha256.substr(2), false, {}},
      {"sha512:" + empty_sha256, false, {}},
      {"", false, {}},
      {":", false, {}},
      {"sha256", false, {}},
      {"sha256:", false, {}},
      {"+a:b", false, {}},
      {"a+:b", false, {}},
      {"a++b:c", false, {}},
      {"A:b", false, {}},
      {"a:b/c", false, {}},
      {"a:../b", false, {}},
      {"a:" + std::string(600, 'b'), false, {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto digest = Digest::parse(row.text);
    REQUIRE(digest.has_value() == row.valid);
    if (!row.valid) {
      CHECK(digest.error().code() == portolan::Errc::invalid_reference);
      continue;
    }
    CHECK(digest->algorithm() == row.algorithm);
    CHECK(digest->string() == row.text);
    CHECK(std::string(digest->algorithm_name()) + ":" + std::string(digest->encoded()) == row.text);
  }
}

TEST_CASE("content has the digests that sha256sum and sha512sum print") {
  CHECK(portolan::digest_of("").encoded() == empty_sha256);
  CHECK(portolan::digest_of("{}").string() ==
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  CHECK(portolan::digest_of("{}", Digest::Algorithm::sha512).string() ==
        "sha512:27c74670adb75075fad058d5ceaf7b20c4e7786c83bae8a32f626f9782af34c9"
        "a33c2046ef60fd2a7878d378e29fec851806bbd9a67878f3a9f1cda4830763fd");
  portolan::Hasher pieces;
  pieces.update("{");
  pieces.update("}");
  CHECK(pieces.finish() == portolan::digest_of("{}"));
}
