// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "arguments.h"
#include "transcript.h"

using namespace portolan;
using namespace portolan::test;

TEST_CASE("package writes reproducible archives and tells their digests") { check_transcript("package"); }
TEST_CASE("digest tells what a package and a push will have") { check_transcript("digest"); }
TEST_CASE("push stores charts, and refuses other content under the same version") { check_transcript("push"); }
TEST_CASE("pull fetches the version that is meant, as an archive or unpacked") { check_transcript("pull"); }
TEST_CASE("versions lists what is there, newest first") { check_transcript("versions"); }
TEST_CASE("show prints the parts of a chart in Helm's form") { check_transcript("show"); }
TEST_CASE("resolve, manifest and tag work on manifests by reference") { check_transcript("manifests"); }

TEST_CASE("what refers to a manifest is attached and shown, and repositories are listed") {
  check_transcript("referrers");
}
TEST_CASE("layouts are looked through and cleaned") { check_transcript("layout"); }
TEST_CASE("copy keeps digests between layouts and archives") { check_transcript("copy"); }
TEST_CASE("help tells every command within 80 columns") { check_transcript("help"); }
TEST_CASE("words that make no sense are refused with one sentence") { check_transcript("usage"); }

TEST_CASE("bad input is refused with one sentence, and leaves nothing behind") { check_refusals("refusals"); }

namespace {

// The options that the transcripts use of the command with those names, beside `--help`.
void check_options(const cli::CommandDescription& command, const std::vector<std::string>& names,
                   const std::vector<std::vector<std::string>>& sessions) {
  for (const auto& option : command.options) {
    if (option.common) continue;
    const bool used = std::any_of(sessions.begin(), sessions.end(), [&](const std::vector<std::string>& words) {
      const bool same = words.size() > names.size() && std::equal(names.begin(), names.end(), words.begin() + 1);
      return same && std::any_of(words.begin(), words.end(), [&](const std::string& word) {
               return std::find(option.names.begin(), option.names.end(), word.substr(0, word.find('='))) !=
                      option.names.end();
             });
    });
    INFO(command.name << " " << option.names.back());
    CHECK(used);
  }
}

}  // namespace

TEST_CASE("every command and every option of it stands in a golden session") {
  const auto sessions = transcript_commands();
  const auto program = cli::describe_commands();
  REQUIRE(program.subcommands.size() > 10);
  check_options(program, {}, sessions);
  for (const auto& command : program.subcommands) {
    const bool used = std::any_of(sessions.begin(), sessions.end(), [&](const std::vector<std::string>& words) {
      return words.size() > 1 && words[1] == command.name;
    });
    INFO(command.name);
    CHECK(used);
    check_options(command, {command.name}, sessions);
    // The parts of show share their options.
    if (!command.subcommands.empty()) check_options(command.subcommands.front(), {command.name}, sessions);
  }
  for (const auto& option : program.options) {
    if (!option.common || option.names.back() == "--debug") continue;  // what it says is no golden text
    INFO(option.names.back());
    CHECK(std::any_of(sessions.begin(), sessions.end(), [&](const std::vector<std::string>& words) {
      return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
        return std::find(option.names.begin(), option.names.end(), word) != option.names.end();
      });
    }));
  }
}
