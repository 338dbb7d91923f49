// SPDX-License-Identifier: Apache-2.0
#include "completion.h"

#include "commands.h"

namespace portolan::cli {
namespace {

// `push`, `show chart`: every command with each of its names, and what leads there.
template <class F>
void each_command(const CommandDescription& command, const std::string& path, const F& visit) {
  visit(path, command);
  for (const auto& subcommand : command.subcommands) {
    auto names = subcommand.aliases;
    names.insert(names.begin(), subcommand.name);
    for (const auto& name : names) each_command(subcommand, path.empty() ? name : path + " " + name, visit);
  }
}

std::string joined(const std::vector<std::string>& words, std::string_view separator = " ") {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

std::string quoted_for_shell(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out += "'";
}

// The words that a command takes where no option stands: its parts, or those that its argument may be.
std::vector<std::string> words_of(const CommandDescription& command) {
  std::vector<std::string> words;
  for (const auto& subcommand : command.subcommands) words.push_back(subcommand.name);
  for (const auto& argument : command.arguments) {
    words.insert(words.end(), argument.choices.begin(), argument.choices.end());
  }
  return words;
}

std::vector<std::string> options_of(const CommandDescription& command) {
  std::vector<std::string> options;
  for (const auto& option : command.options) options.insert(options.end(), option.names.begin(), option.names.end());
  return options;
}

std::string bash(const CommandDescription& program) {
  std::vector<std::string> paths;
  std::vector<std::string> free_values;
  std::string choices;
  std::string commands;
  each_command(program, "", [&](const std::string& path, const CommandDescription& command) {
    if (!path.empty()) paths.push_back(quoted_for_shell(path));
    commands += "        " + quoted_for_shell(path) + ") offered=" + quoted_for_shell(joined(words_of(command))) +
                " options=" + quoted_for_shell(joined(options_of(command))) + " ;;\n";
    for (const auto& option : command.options) {
      if (option.value.empty()) continue;
      for (const auto& name : option.names) {
        const auto pattern = quoted_for_shell(path + " " + name);
        if (option.choices.empty()) {
          free_values.push_back(pattern);
        } else {
          choices += "    " + pattern + ") offered=" + quoted_for_shell(joined(option.choices)) + " ;;\n";
        }
      }
    }
  });
  // Where nothing is offered, `-o default` lets the shell complete files.
  return "# bash completion for portolan\n"
         "_portolan() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local path='' word offered='' options=''\n"
         "  COMPREPLY=()\n"
         "  # bash takes the = of --output=json for a word of its own\n"
         "  if [ \"$current\" = '=' ]; then\n"
         "    current=\n"
         "  elif [ \"$previous\" = '=' ]; then\n"
         "    previous=${COMP_WORDS[COMP_CWORD-2]}\n"
         "  fi\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"${path:+$path }$word\" in\n"
         "      " +
         joined(paths, "|") +
         ") path=${path:+$path }$word ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$path $previous\" in\n" +
         choices + "    " + joined(free_values, "|") +
         ") return ;;\n"
         "    *)\n"
         "      case $path in\n" +
         commands +
         "      esac\n"
         "      case $current in -*) offered=$options ;; esac ;;\n"
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$offered\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _portolan portolan\n";
}

// The text as a part of a specification of zsh's _arguments.
std::string escaped_for_zsh(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(R"([]:\)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// What _arguments reads of an option: which others it excludes, its names, its description, its value.
std::string zsh_option(const OptionDescription& option) {
  const auto names = joined(option.names);
  auto rest = "[" + escaped_for_zsh(option.description) + "]";
  if (!option.choices.empty()) {
    rest += ":" + escaped_for_zsh(option.names.back()) + ":(" + joined(option.choices) + ")";
  } else if (!option.value.empty()) {
    rest += ":" + option.value + ":_files";
  }
  std::string text;
  for (const auto& name : option.names) {
    const bool joins = name.starts_with("--") && !option.value.empty();
    text += " \\\n        " +
            quoted_for_shell((option.names.size() > 1 ? "(" + names + ")" : "") + name + (joins ? "=" : "") + rest);
  }
  return text;
}

std::string zsh_words(const CommandDescription& command) {
  if (!command.subcommands.empty()) {
    std::string described;
    for (const auto& below : command.subcommands) {
      described +=
          (described.empty() ? "" : " ") + below.name + "\\:" + quoted_for_shell(escaped_for_zsh(below.description));
    }
    return quoted_for_shell("1:command:((" + described + "))");
  }
  const auto words = words_of(command);
  return quoted_for_shell(words.empty() ? "*:argument:_files" : "1:argument:(" + joined(words) + ")");
}

std::string zsh(const CommandDescription& program) {
  std::vector<std::string> paths;
  std::string commands;
  each_command(program, "", [&](const std::string& path, const CommandDescription& command) {
    if (!path.empty()) paths.push_back(quoted_for_shell(path));
    commands += "    " + quoted_for_shell(path) + ")\n      _arguments -s";
    for (const auto& option : command.options) commands += zsh_option(option);
    commands += " \\\n        " + zsh_words(command) + " ;;\n";
  });
  // Read from a folder of $fpath, the file is the function's body; read by `source`, it has to register itself.
  return "#compdef portolan\n"
         "_portolan() {\n"
         "  local chosen='' at=1 i\n"
         "  for (( i = 2; i < CURRENT; ++i )); do\n"
         "    case \"${chosen:+$chosen }${words[i]}\" in\n"
         "      (" +
         joined(paths, "|") +
         ") chosen=${chosen:+$chosen }${words[i]} at=$i ;;\n"
         "    esac\n"
         "  done\n"
         "  words=(\"${(@)words[at,-1]}\")\n"
         "  (( CURRENT -= at - 1 ))\n"
         "  case $chosen in\n" +
         commands +
         "  esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _portolan ]; then\n"
         "  _portolan \"$@\"\n"
         "else\n"
         "  compdef _portolan portolan\n"
         "fi\n";
}

// When fish offers what stands behind `show`: `show` is there, and no part of it yet.
std::string fish_condition(const CommandDescription& command, const std::string& path) {
  if (path.empty()) return "__fish_use_subcommand";
  std::string condition;
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find(' ', at), path.size());
    condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + path.substr(at, end - at));
    at = end + 1;
  }
  if (!command.subcommands.empty()) condition += "; and not __fish_seen_subcommand_from " + joined(words_of(command));
  return condition;
}

std::string fish(const CommandDescription& program) {
  std::string script = "# fish completion for portolan\n";
  each_command(program, "", [&](const std::string& path, const CommandDescription& command) {
    const auto head = "complete -c portolan -n " + quoted_for_shell(fish_condition(command, path));
    for (const auto& subcommand : command.subcommands) {
      script += head + " -f -a " + subcommand.name + " -d " + quoted_for_shell(subcommand.description) + "\n";
    }
    for (const auto& argument : command.arguments) {
      if (!argument.choices.empty()) script += head + " -f -a " + quoted_for_shell(joined(argument.choices)) + "\n";
    }
    for (const auto& option : command.options) {
      auto line = head;
      for (const auto& name : option.names) {
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.choices.empty()) {
        line += " -x -a " + quoted_for_shell(joined(option.choices));
      } else if (!option.value.empty()) {
        line += " -r";
      }
      script += line + " -d " + quoted_for_shell(option.description) + "\n";
    }
  });
  return script;
}

}  // namespace

std::string completion_script(std::string_view shell, const CommandDescription& program) {
  if (shell == "bash") return bash(program);
  if (shell == "zsh") return zsh(program);
  if (shell == "fish") return fish(program);
  return {};
}

int run(Session& session, const CompletionArguments& arguments) {
  session.io().out << completion_script(arguments.shell, describe_commands());
  return 0;
}

}  // namespace portolan::cli
