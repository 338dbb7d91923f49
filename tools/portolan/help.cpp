// SPDX-License-Identifier: Apache-2.0
#include "help.h"

#include <algorithm>

namespace portolan::cli {
namespace {

constexpr std::size_t width = 80;
constexpr std::size_t widest_term = 30;  // a longer one stands on a line of its own

struct Row {
  std::string term;
  std::string text;
};

// The text from a column on, broken between words.
std::string wrapped(std::string_view text, std::size_t column) {
  std::string out;
  std::size_t at = column;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (at > column && at + 1 + word.size() > width) {
      out += "\n" + std::string(column, ' ');
      at = column;
    }
    if (at > column) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
  }
  return out;
}

std::string table(std::string_view title, const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  std::size_t column = 0;
  for (const auto& row : rows) {
    if (row.term.size() <= widest_term) column = std::max(column, row.term.size());
  }
  column += 4;
  auto out = "\n" + std::string(title) + ":\n";
  for (const auto& row : rows) {
    out += "  " + row.term;
    out += row.term.size() <= widest_term ? std::string(column - row.term.size() - 2, ' ')
                                          : "\n" + std::string(column, ' ');
    out += wrapped(row.text, column) + "\n";
  }
  return out;
}

std::string term_of(const OptionDescription& option) {
  std::string term;
  for (const auto& name : option.names) term += (term.empty() ? "" : ", ") + name;
  if (option.names.size() == 1 && term.starts_with("--")) term = "    " + term;
  return option.value.empty() ? term : term + " " + option.value;
}

std::string lines(std::string_view title, std::string_view text) {
  return "\n" + std::string(title) + ":\n" + std::string(text);
}

// What every command shares, told once.
std::string whole_program() {
  return lines("References",
               "  oci://HOST[:PORT]/PATH[:TAG][@DIGEST]    a repository on a registry\n"
               "  oci-layout:DIR[//PATH][:TAG][@DIGEST]    an OCI image layout directory\n"
               "  oci-archive:FILE[//PATH][:TAG][@DIGEST]  the same in a tar file\n"
               "  FILE.tgz, DIR                            a packaged chart, an unpacked chart\n") +
         lines("Exit codes",
               "  0 done or nothing to do   5 not found\n"
               "  1 some items failed       6 not verified, damaged\n"
               "  2 conflict                7 out of time, or asked too often\n"
               "  3 bad usage or chart      8 network; or all items failed\n"
               "  4 not allowed             9 local files; 130 interrupted\n") +
         "\n'portolan COMMAND --help' tells more of a command, portolan(1) tells all.\n";
}

}  // namespace

std::string help_text(const CommandDescription& command, std::string_view path) {
  auto out = wrapped(command.description, 0) + "\n\n";
  for (std::size_t i = 0; i < command.usage.size(); ++i) {
    out += (i == 0 ? "Usage: " : "       ") + std::string(path) + " " + command.usage[i] + "\n";
  }
  std::vector<Row> arguments;
  for (const auto& argument : command.arguments) arguments.push_back({argument.name, argument.description});
  std::vector<Row> commands;
  for (const auto& below : command.subcommands) commands.push_back({below.name, below.description});
  std::vector<Row> own;
  std::vector<Row> common;
  for (const auto& option : command.options) {
    (option.common ? common : own).push_back({term_of(option), option.description});
  }
  const bool program = path.find(' ') == std::string_view::npos;
  out += table("Arguments", arguments) + table(path.ends_with(" show") ? "Parts" : "Commands", commands) +
         table("Options", own) + table("Options of every command", common);
  if (!command.examples.empty()) {
    out += "\nExamples:\n";
    for (const auto& example : command.examples) out += "  " + example + "\n";
  }
  return program ? out + whole_program() : out;
}

}  // namespace portolan::cli
