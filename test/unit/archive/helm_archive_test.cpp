// SPDX-License-Identifier: Apache-2.0
#include "archive/helm_archive.h"

#include <doctest/doctest.h>

#include <portolan/base/digest.h>

#include <utility>
#include <vector>

#include "deflate_support.h"
#include "generators.h"

using namespace portolan;
using namespace portolan::internal::archive;
using namespace portolan::test;

namespace {

constexpr Time modified{1'700'000'000, 0};
using Files = std::vector<std::pair<std::string, std::string>>;

std::string sha256(std::string_view bytes) { return std::string(digest_of(bytes).encoded()); }

std::string tar_of(const Files& files) {
  std::string out;
  TarWriter tar([&](std::string_view piece) -> Result<void> {
    out += piece;
    return {};
  });
  for (const auto& [name, body] : files) tar.add(name, modified, body).value();
  tar.finish().value();
  return out;
}

std::string archive_of(const Files& files) {
  HelmArchive archive;
  for (const auto& [name, body] : files) archive.add(name, modified, body).value();
  return archive.finish().value();
}

constexpr std::size_t header_size = 61;
constexpr std::size_t trailer_size = 8;

/// The chart "cut" of go-deflate 8.4, H-2.
Files cut_chart() {
  Xorshift draw(1);
  std::string big(63999, '\0');
  for (auto& c : big) c = static_cast<char>(33 + draw.next() % 64);
  return {{"cut/Chart.yaml", "apiVersion: v2\nname: cut\nversion: 0.1.0\n"},
          {"cut/big.txt", patched(std::move(big), 63738, 31038, 10)}};
}

}  // namespace

TEST_CASE("a small chart's archive is the file that Helm 4.2.4 writes") {
  const Files files{{"t/Chart.yaml", "apiVersion: v2\nname: t\nversion: 0.1.0\n"}};
  CHECK(sha256(tar_of(files)) == "c7ab0bf51b63c13368f56d75aa69d69b7c0e846793bf628dd701fa6a0938dcc5");
  const auto archive = archive_of(files);
  CHECK(hex(archive) ==
        "1f8b08140000000000ff2c00727228006148523063484d364c79393562335630645335695a5339364f5656364d576c6a616e647954516f"
        "3d48656c6d00"
        "2ad177ce482c2ad1ab4ccccd61a0113030303030333101d3060606e8b48181891983a189a99189b9b9810948dcd0d0c4d89c41c180560e"
        "4206a5c52589450c06"
        "14db85eeb92102120b32c3528b8a33f3f3ac14ca8cb8f2127353ad144ab8ca6062067a867a065c03edca51300a46c1281805d406800000"
        "00ffff"
        "2aabd7c500080000");
  CHECK(sha256(archive) == "60c085e5fb13c6b40d1a38af1e358f05027dd0e82bdcea8eef011b6c12fb959d");
}

TEST_CASE("the encoder is given the pieces that Helm gives it") {
  const auto files = cut_chart();
  const auto tar = tar_of(files);
  REQUIRE(sha256(tar) == "21d21c98cd9a5467f4b13f298899c79731759a68a450aa585aa195ea1417c391");
  const auto archive = archive_of(files);
  CHECK(archive.size() == 48478);
  CHECK(sha256(archive) == "22ca9675d6206d6d125cb4406b60556c3ad2dc7c7352d52a2ad21fe7d26eb61f");
  const auto raw = std::string_view(archive).substr(header_size, archive.size() - header_size - trailer_size);
  CHECK(sha256(raw) == "64b1d72b4399a3e82a0d1f1f1cec2f9da766baab3642c2ddf59853a29c3b82d7");
  CHECK((inflated(raw, tar.size()) == tar));

  const auto at_once = deflated(tar);
  CHECK(at_once.size() == 48407);
  CHECK(sha256(at_once) == "28b3a858cdade4cfede29a6f114c013a30425e94fc047946b2750c336c318ccb");
}

TEST_CASE("a chart with a child has the tar of Helm") {
  const Files files{
      {"demo/Chart.yaml",
       "apiVersion: v2\ndescription: 'Two lines '\nmaintainers:\n- name: Ann\nname: demo\nversion: 0.3.0\n"},
      {"demo/values.yaml", "replicas: 2\n"},
      {"demo/templates/cm.yaml", "kind: ConfigMap\n"},
      {"demo/.helmignore", "*.tmp\n"},
      {"demo/README.md", "# Demo\n"},
      {"demo/charts/kid/Chart.yaml", "apiVersion: v1\nname: kid\nversion: 1.0.0\n"}};
  const auto tar = tar_of(files);
  CHECK(tar.size() == 7168);
  CHECK(sha256(tar) == "6bf75118bc6801d6b47c4dd1faf8e08111dbd428512254248167b58516140e78");
}

TEST_CASE("a name that tar cannot hold makes no archive") {
  HelmArchive archive;
  CHECK(archive.add(std::string("a\0b", 3), modified, "").error().code() == Errc::invalid_chart);
}
