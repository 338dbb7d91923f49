// SPDX-License-Identifier: Apache-2.0
#include "files.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include <portolan/portolan.h>

#include "stage.h"

namespace portolan::test {
namespace {

namespace fs = std::filesystem;

std::string list(const fs::path& folder) {
  if (!fs::exists(folder)) return "(nothing)\n";
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_directory()) names.push_back(entry.path().lexically_relative(folder).string());
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (const auto& name : names) text += name + "\n";
  return text.empty() ? "(empty)\n" : text;
}

void flip(const fs::path& file) {
  auto content = read_file(file);
  REQUIRE_FALSE(content.empty());
  content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 0x20);
  write_file(file, content);
}

void attach(const std::string& text) {
  Client client;
  const auto reference = Reference::parse(text).value();
  auto store = client.open({}, reference).value();
  const auto subject = store->resolve({}, reference.selector()).value();
  const std::string empty = "{}";
  const Descriptor config{.media_type = std::string(media_type::empty), .digest = digest_of(empty), .size = 2};
  REQUIRE(store->push_blob({}, config, MemoryBlob(empty)));
  const auto manifest = Manifest::make({.media_type = std::string(media_type::oci_manifest),
                                        .artifact_type = "application/vnd.example.signature",
                                        .config = config,
                                        .layers = {config},
                                        .subject = subject});
  REQUIRE(store->push_manifest({}, manifest.descriptor(), manifest.bytes(), {}, IfExists::same));
  REQUIRE(client.commit({}));
}

std::string unescaped(std::string text) {
  for (auto at = text.find("\\n"); at != std::string::npos; at = text.find("\\n", at)) text.replace(at, 2, "\n");
  return text;
}

}  // namespace

std::string run_file_verb(const std::vector<std::string>& words) {
  const auto& verb = words.at(0);
  if (verb == "write") {
    write_file(words.at(1), unescaped(words.at(2)));
  } else if (verb == "cat") {
    return read_file(words.at(1));
  } else if (verb == "ls") {
    return list(words.at(1));
  } else if (verb == "cp") {
    fs::copy(words.at(1), words.at(2), fs::copy_options::recursive);
  } else if (verb == "rm") {
    for (std::size_t i = 1; i < words.size(); ++i) REQUIRE(fs::remove_all(words[i]) > 0);
  } else if (verb == "flip") {
    for (std::size_t i = 1; i < words.size(); ++i) flip(words[i]);
  } else if (verb == "same") {
    return read_file(words.at(1)) == read_file(words.at(2)) ? "same\n" : "different\n";
  } else if (verb == "attach") {
    attach(words.at(1));
  } else {
    FAIL("unknown verb " << verb);
  }
  return "";
}

}  // namespace portolan::test
