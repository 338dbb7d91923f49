// SPDX-License-Identifier: Apache-2.0
// Reads and writes YAML beside Go's packages, over documents that are kept and documents made at random.
//
// PORTOLAN_YAML_PEER: the folder of go/main.go. PORTOLAN_YAML_CORPUS: folders of documents, separated by ':'.
// PORTOLAN_SEED, PORTOLAN_CASES: the generator's seed, and how many cases to make. PORTOLAN_VERBOSE: also show errors
// that are worded differently.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>

#include "generate.h"
#include "judge.h"
#include "peer.h"
#include "skip.h"
#include "temporary_directory.h"

namespace {

using namespace portolan::test;

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::uint64_t number(const char* name, std::uint64_t otherwise) {
  const auto text = setting(name);
  return text.empty() ? otherwise : std::strtoull(text.c_str(), nullptr, 10);
}

// Built once, at the first case.
struct Setup {
  TemporaryDirectory folder{};
  std::string why_not{};
  std::unique_ptr<Peer> peer{};
  std::uint64_t seed = number("PORTOLAN_SEED", std::random_device{}());
  std::uint64_t cases = number("PORTOLAN_CASES", 20'000);

  Setup() {
    const auto program = build_peer(setting("PORTOLAN_YAML_PEER"), folder.path(), why_not);
    if (!program.empty()) peer = std::make_unique<Peer>(program);
  }
};

Setup& setup() {
  static Setup once;
  return once;
}

std::vector<std::string> corpus() {
  std::vector<std::string> documents;
  const auto folders = setting("PORTOLAN_YAML_CORPUS");
  for (std::size_t at = 0; at <= folders.size();) {
    const auto end = std::min(folders.find(':', at), folders.size());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folders.substr(at, end - at))) {
      if (!entry.is_regular_file() || entry.file_size() > 100'000) continue;
      std::ifstream stream(entry.path(), std::ios::binary);
      documents.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }
    at = end + 1;
  }
  return documents;
}

void report(const Judge& judge) {
  MESSAGE("seed " << setup().seed << ": " << judge.summary());
  if (!setting("PORTOLAN_VERBOSE").empty()) {
    for (const auto& words : judge.other_words()) MESSAGE(words);
  }
  for (const auto& complaint : judge.complaints()) FAIL_CHECK(complaint);
}

}  // namespace

TEST_CASE("the documents that are kept are read as Go reads them") {
  if (!setup().peer) SKIP(setup().why_not);
  Judge judge(*setup().peer);
  const auto documents = corpus();
  CHECK_FALSE(documents.empty());
  for (const auto& document : documents) judge.document(document);
  report(judge);
}

TEST_CASE("scalars mean what they mean to Go") {
  if (!setup().peer) SKIP(setup().why_not);
  Judge judge(*setup().peer);
  Generator generator(setup().seed);
  for (std::uint64_t i = 0; i < setup().cases / 5; ++i) {
    const auto scalar = generator.scalar();
    judge.document("k: " + scalar + "\n");
    judge.document(scalar + ": v\n");
    judge.document("[" + scalar + "]\n");
  }
  report(judge);
}

TEST_CASE("documents made from a grammar are read as Go reads them") {
  if (!setup().peer) SKIP(setup().why_not);
  Judge judge(*setup().peer);
  Generator generator(setup().seed + 1);
  for (std::uint64_t i = 0; i < setup().cases / 4; ++i) judge.document(generator.document());
  report(judge);
}

TEST_CASE("documents with changes at random are read as Go reads them") {
  if (!setup().peer) SKIP(setup().why_not);
  Judge judge(*setup().peer, Documents::any_text);
  Generator generator(setup().seed + 2);
  auto documents = corpus();
  for (int i = 0; i < 200; ++i) documents.push_back(generator.document());
  for (std::uint64_t i = 0; i < setup().cases / 4; ++i) {
    judge.document(generator.changed(documents[i % documents.size()], documents));
  }
  report(judge);
}

TEST_CASE("any mix of YAML's characters is read as Go reads it") {
  if (!setup().peer) SKIP(setup().why_not);
  Judge judge(*setup().peer, Documents::any_text);
  Generator generator(setup().seed + 3);
  for (std::uint64_t i = 0; i < setup().cases / 4; ++i) judge.document(generator.soup());
  report(judge);
}

TEST_CASE("values are written as Go writes them") {
  if (!setup().peer) SKIP(setup().why_not);
  Judge judge(*setup().peer);
  Generator generator(setup().seed + 4);
  for (std::uint64_t i = 0; i < setup().cases / 4; ++i) {
    judge.value({portolan::internal::yaml::Mapping{{"k", {generator.text()}}}});
    judge.value(generator.value());
  }
  report(judge);
}
