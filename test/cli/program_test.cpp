// SPDX-License-Identifier: Apache-2.0
// What holds for the program as a whole: interruption, time limits, a full pipe, what help and completion know.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "completion.h"
#include "help.h"
#include "stage.h"

using namespace portolan;
using namespace portolan::test;

namespace {

// Takes nothing, as a full disk or a closed pipe.
struct FullBuffer : std::streambuf {
  int_type overflow(int_type) override { return traits_type::eof(); }
};

template <class F>
void each_command(const cli::CommandDescription& command, const std::string& path, const F& visit) {
  visit(command, path);
  for (const auto& below : command.subcommands) each_command(below, path + " " + below.name, visit);
}

}  // namespace

TEST_CASE("an interrupted command leaves nothing and says that it can be run again") {
  const Stage stage;
  REQUIRE(stage.run({"push", "app", "oci-layout:store//charts"}).exit_code == 0);
  REQUIRE(stage.run({"package", "app"}).exit_code == 0);
  const auto before = stage.files();
  std::stop_source stop;
  stop.request_stop();
  const std::vector<std::vector<std::string>> rows = {
      {"package", "app", "library", "-d", "dist"},
      {"digest", "app-1.4.2.tgz"},
      {"push", "app", "library", "oci-layout:other"},
      {"push", "app", "oci-archive:other.tar"},
      {"pull", "oci-layout:store//charts/app", "-d", "pulled"},
      {"pull", "oci-layout:store//charts/app", "--untar", "-d", "pulled"},
      {"versions", "oci-layout:store//charts/app"},
      {"show", "all", "app"},
      {"show", "all", "oci-layout:store//charts/app"},
      {"resolve", "oci-layout:store//charts/app"},
      {"manifest", "oci-layout:store//charts/app:1.4.2"},
      {"tag", "oci-layout:store//charts/app:1.4.2", "stable"},
      {"copy", "oci-layout:store//charts/app:1.4.2", "oci-layout:other//app"},
      {"copy", "oci-layout:store//charts/app", "oci-archive:other.tar//app", "--all-versions"},
  };
  for (const auto& words : rows) {
    CAPTURE(words.front());
    const auto outcome = stage.run(words, {}, stop.get_token());
    CHECK(outcome.exit_code == 130);
    CHECK(outcome.out == "");
    CHECK(outcome.err.starts_with("portolan: "));
    CHECK(outcome.err.ends_with("It is safe to run the same command again.\n"));
    CHECK(stage.files() == before);
  }
}

TEST_CASE("a command that takes longer than its time limit ends, and leaves nothing") {
  const Stage stage;
  for (int i = 0; i < 2000; ++i) write_file("app/files/" + std::to_string(i), std::string(2000, 'x'));
  const auto before = stage.files();
  const auto outcome = stage.run({"push", "app", "oci-layout:store//charts", "--timeout", "1ms"});
  CHECK(outcome.exit_code == 7);
  CHECK(outcome.out == "");
  CHECK(outcome.err.ends_with("It is safe to run the same command again, with a longer --timeout.\n"));
  CHECK(stage.files() == before);
  CHECK(stage.run({"digest", "app", "--timeout", "1h30m500ms"}).exit_code == 0);
}

TEST_CASE("a result that cannot be written is no success") {
  const Stage stage;
  for (const auto& words :
       {std::vector<std::string>{"digest", "app"}, {"version"}, {"--help"}, {"completion", "zsh"}}) {
    CAPTURE(words.front());
    FullBuffer full;
    std::ostream out(&full);
    std::ostringstream err;
    cli::Io io{out, err};
    CHECK(cli::run_program(words, io, {}, {}, {}) == 9);
    CHECK(err.str() == "portolan: writing the result to standard output: it cannot be written\n");
  }
}

TEST_CASE("--debug tells what happens underneath, on stderr") {
  const Stage stage;
  const auto outcome = stage.run({"push", "app", "oci-layout:store//charts", "--debug"});
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.starts_with("Pushed: oci-layout:store//charts/app:1.4.2\n"));
  CHECK(outcome.err.find("portolan: debug: finished application/vnd.oci.image.manifest.v1+json  627 B  sha256:") !=
        std::string::npos);
  for (std::size_t at = 0; at < outcome.err.size(); at = outcome.err.find('\n', at) + 1) {
    CHECK(outcome.err.substr(at).starts_with("portolan: debug: "));
  }
}

TEST_CASE("warnings about a chart go to stderr, unless it shall be quiet") {
  const Stage stage;
  std::filesystem::create_symlink("values.yaml", "app/link.yaml");
  const auto loud = stage.run({"digest", "app"});
  const auto quiet = stage.run({"digest", "app", "-q"});
  CHECK(loud.exit_code == 0);
  CHECK(loud.out == quiet.out);
  CHECK(loud.err.starts_with("portolan: warning: "));
  CHECK(quiet.err == "");
}

TEST_CASE("help fits 80 columns, and names each option and its choices") {
  each_command(cli::describe_commands(), "portolan",
               [](const cli::CommandDescription& command, const std::string& path) {
                 CAPTURE(path);
                 const auto text = cli::help_text(command, path);
                 std::istringstream in(text);
                 for (std::string line; std::getline(in, line);) {
                   CAPTURE(line);
                   CHECK(line.size() <= 80);
                   CHECK_FALSE(line.ends_with(' '));
                 }
                 CHECK(command.usage.size() > 0);
                 for (const auto& option : command.options) {
                   CHECK(option.description.size() > 0);
                   for (const auto& name : option.names) CHECK(text.find(name) != std::string::npos);
                   for (const auto& choice : option.choices) CHECK(text.find(choice) != std::string::npos);
                 }
               });
}

TEST_CASE("each shell's script knows every command and option") {
  const auto program = cli::describe_commands();
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto script = cli::completion_script(shell, program);
    each_command(program, "", [&](const cli::CommandDescription& command, const std::string&) {
      CAPTURE(command.name);
      CHECK(script.find(command.name) != std::string::npos);
      for (const auto& option : command.options) {
        const auto name = option.names.back();
        CAPTURE(name);
        const auto word = std::string_view(shell) == "fish" ? "-l " + name.substr(2) : name;
        CHECK(script.find(word) != std::string::npos);
      }
    });
  }
  CHECK(cli::completion_script("tcsh", program) == "");
}

TEST_CASE("the manual page tells of every command and every option of it") {
  const auto page = read_file(PORTOLAN_MANUAL_PAGE);
  const auto has = [](const std::string& text, const cli::OptionDescription& option) {
    return std::all_of(option.names.begin(), option.names.end(), [&](const std::string& name) {
      // mdoc writes the first dash itself.
      return text.find("Fl " + name.substr(1) + " ") != std::string::npos ||
             text.find("Fl " + name.substr(1) + "\n") != std::string::npos;
    });
  };
  const auto section = [&](const std::string& head) {
    const auto begin = page.find(head);
    if (begin == std::string::npos) return std::string();
    const auto end = std::min(page.find("\n.Sh ", begin), page.find("\n.Ss ", page.find("\n.Bl ", begin)));
    return page.substr(begin, end - begin) + "\n";
  };
  const auto program = cli::describe_commands();
  const auto common = section(".Sh OPTIONS OF EVERY COMMAND");
  for (const auto& option : program.options) {
    CAPTURE(option.names.back());
    CHECK(has(option.common ? common : section(".Sh SYNOPSIS"), option));
  }
  for (const auto& command : program.subcommands) {
    const auto text = section("\n.Ss " + command.name);
    CAPTURE(command.name);
    CHECK(text != "");
    for (const auto& alias : command.aliases) CHECK(text.find("\n.Cm " + alias + "\n") != std::string::npos);
    for (const auto& below : command.subcommands) CHECK(text.find(" " + below.name + " ") != std::string::npos);
    const auto& described = command.subcommands.empty() ? command : command.subcommands.front();
    for (const auto& option : described.options) {
      CAPTURE(option.names.back());
      CHECK((option.common || has(text, option)));
      for (const auto& choice : option.choices) CHECK(page.find(" " + choice) != std::string::npos);
    }
  }
}
