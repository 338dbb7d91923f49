// SPDX-License-Identifier: Apache-2.0
#include "transcript.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
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

enum class Traces { none, whole_files };
using Inspect = std::function<void(const Stage& stage, const std::vector<std::string>& words, Traces traces)>;

// `inspect` sees the words of a command before it runs.
std::string run_line(const Stage& stage, const std::string& line, const Inspect& inspect) {
  auto words = split_words(line);
  cli::Environment environment;
  while (!words.empty() && words.front().starts_with("SOURCE_DATE_EPOCH=")) {
    environment.source_date_epoch = words.front().substr(words.front().find('=') + 1);
    words.erase(words.begin());
  }
  REQUIRE_FALSE(words.empty());
  const bool prepares = words.front() == "prepare";
  const auto traces = words.front() == "begun" ? Traces::whole_files : Traces::none;
  if (prepares || traces == Traces::whole_files) words.erase(words.begin());
  if (words.front() != "portolan") return prefixed(run_file_verb(words), "|");
  words.erase(words.begin());
  if (prepares) {
    const auto outcome = stage.run(words, environment);
    REQUIRE_MESSAGE(outcome.exit_code == 0, line << ": " << outcome.err);
    return "";
  }
  if (inspect) inspect(stage, words, traces);
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

void check(const std::string& name, const Inspect& inspect) {
  const auto file = golden / (name + ".txt");
  const auto expected = read_file(file);
  std::string found;
  {
    const Stage stage;
    std::istringstream in(expected);
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("|") || line.starts_with("!") || line.starts_with("=")) continue;
      found += line + "\n";
      if (line.starts_with("$ ")) found += run_line(stage, line.substr(2), inspect);
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

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

std::string changed_files(const std::map<std::string, std::string>& before,
                          const std::map<std::string, std::string>& after) {
  std::string names;
  for (const auto& [name, content] : after) {
    const auto old = before.find(name);
    if (old == before.end()) names += " +" + name;
    if (old != before.end() && old->second != content) names += " *" + name;
  }
  for (const auto& [name, content] : before) {
    if (!after.contains(name)) names += " -" + name;
  }
  return names;
}

void check_traces(const std::string& changes, Traces traces) {
  switch (traces) {
    case Traces::none: CHECK(changes == ""); break;
    case Traces::whole_files:
      CHECK(changes.find(" *") == std::string::npos);
      CHECK(changes.find(" -") == std::string::npos);
      CHECK(changes.find(".tmp") == std::string::npos);
      break;
  }
}

void check_refusal(const Stage& stage, std::vector<std::string> words, Traces traces) {
  std::string line = "portolan";
  for (const auto& word : words) line += " " + word;
  INFO(line);
  const auto before = stage.files();
  const auto text = stage.run(words);
  CHECK(text.exit_code != 0);
  CHECK(text.out == "");
  CHECK(text.err.starts_with("portolan: "));
  CHECK(text.err.ends_with("\n"));
  CHECK(count(text.err, "portolan: ") == 1);
  words.insert(words.end(), {"-o", "json"});
  const auto json = stage.run(words);
  CHECK(json.exit_code == text.exit_code);
  CHECK(json.err == text.err);
  CHECK(json.out.starts_with("{\"schema\":\"portolan."));
  CHECK(json.out.ends_with("}\n"));
  CHECK(count(json.out, "\n") == 1);
  CHECK(count(json.out, "\"exit_code\":" + std::to_string(text.exit_code)) == 1);
  check_traces(changed_files(before, stage.files()), traces);
}

}  // namespace

void check_transcript(const std::string& name) { check(name, {}); }
void check_refusals(const std::string& name) { check(name, check_refusal); }

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
