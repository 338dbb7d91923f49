// SPDX-License-Identifier: Apache-2.0
#include "transcript.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "files.h"
#include "stage.h"

namespace portolan::test {
namespace {

namespace fs = std::filesystem;

const fs::path golden = PORTOLAN_GOLDEN_DIR;

// Each line with the prefix; a last line without an end says so.
std::string prefixed(const std::string& text, const std::string& prefix) {
  std::string out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out += (line.empty() ? prefix : prefix + " " + line) + "\n";
  if (!text.empty() && text.back() != '\n') out += prefix + "(no line end)\n";
  return out;
}

std::string run_line(const Stage& stage, const std::string& line) {
  auto words = split_words(line);
  cli::Environment environment;
  while (!words.empty() && words.front().starts_with("SOURCE_DATE_EPOCH=")) {
    environment.source_date_epoch = words.front().substr(words.front().find('=') + 1);
    words.erase(words.begin());
  }
  REQUIRE_FALSE(words.empty());
  if (words.front() != "portolan") return prefixed(run_file_verb(words), "|");
  words.erase(words.begin());
  const auto outcome = stage.run(words, environment);
  auto text = prefixed(outcome.out, "|") + prefixed(outcome.err, "!");
  if (outcome.exit_code != 0) text += "= " + std::to_string(outcome.exit_code) + "\n";
  return text;
}

// Where the two part, for a person.
std::string difference(const std::string& expected, const std::string& found) {
  std::istringstream one(expected);
  std::istringstream other(found);
  std::string command;
  std::string a;
  std::string b;
  for (bool more = true; more;) {
    const bool got_a = static_cast<bool>(std::getline(one, a));
    const bool got_b = static_cast<bool>(std::getline(other, b));
    if (!got_a) a = "(the end)";
    if (!got_b) b = "(the end)";
    if (a != b) return command + "\n  expected: " + a + "\n  found:    " + b;
    if (a.starts_with("$ ")) command = a;
    more = got_a && got_b;
  }
  return "";
}

}  // namespace

void check_transcript(const std::string& name) {
  const auto file = golden / (name + ".txt");
  const auto expected = read_file(file);
  std::string found;
  {
    const Stage stage;
    std::istringstream in(expected);
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("|") || line.starts_with("!") || line.starts_with("=")) continue;
      found += line + "\n";
      if (line.starts_with("$ ")) found += run_line(stage, line.substr(2));
    }
  }
  if (std::getenv("PORTOLAN_UPDATE_GOLDEN") != nullptr) {
    write_file(file, found);
    return;
  }
  INFO(file.string() << ": " << difference(expected, found));
  const bool same = expected == found;
  CHECK(same);
}

std::vector<std::vector<std::string>> transcript_commands() {
  std::vector<std::vector<std::string>> commands;
  for (const auto& entry : fs::directory_iterator(golden)) {
    std::istringstream in(read_file(entry.path()));
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("$ ")) continue;
      auto words = split_words(line.substr(2));
      const auto program = std::find(words.begin(), words.end(), "portolan");
      if (program != words.end()) commands.emplace_back(program, words.end());
    }
  }
  return commands;
}

}  // namespace portolan::test
