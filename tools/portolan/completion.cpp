// SPDX-License-Identifier: Apache-2.0
#include "completion.h"

#include "commands.h"

namespace portolan::cli {
namespace {

// `push`, `show chart`: every command that can be run, and what leads there.
template <class F>
void each_command(const CommandDescription& command, const std::string& path, const F& visit) {
  visit(path, command);
  for (const auto& subcommand : command.subcommands) {
    each_command(subcommand, path.empty() ? subcommand.name : path + " " + subcommand.name, visit);
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) (text += text.empty() ? "" : " ") += word;
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

std::vector<std::string> words_after(const CommandDescription& command) {
  std::vector<std::string> words;
  for (const auto& subcommand : command.subcommands) words.push_back(subcommand.name);
  for (const auto& option : command.options) words.insert(words.end(), option.names.begin(), option.names.end());
  return words;
}

std::string bash(const CommandDescription& program) {
  std::string cases;
  std::string choices;
  each_command(program, "", [&](const std::string& path, const CommandDescription& command) {
    cases += "    " + quoted_for_shell(path) + ") words=" + quoted_for_shell(joined(words_after(command))) + " ;;\n";
    for (const auto& option : command.options) {
      if (option.choices.empty()) continue;
      for (const auto& name : option.names) {
        choices += "    " + quoted_for_shell(path + " " + name) +
                   ") words=" + quoted_for_shell(joined(option.choices)) + " ;;\n";
      }
    }
  });
  return "# bash completion for portolan\n"
         "_portolan() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path= word words=\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case $word in -*) ;; *) path=${path:+$path }$word; [ \"${path%% *}\" = show ] && "
         "[ \"$path\" = show ] && continue; break ;; esac\n"
         "  done\n"
         "  case \"$path $previous\" in\n" +
         choices +
         "  esac\n"
         "  if [ -z \"$words\" ]; then\n"
         "    case $path in\n" +
         cases +
         "    esac\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _portolan portolan\n";
}

std::string zsh(const CommandDescription& program) {
  return "#compdef portolan\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash(program);
}

std::string fish(const CommandDescription& program) {
  std::string script = "# fish completion for portolan\n";
  each_command(program, "", [&](const std::string& path, const CommandDescription& command) {
    std::string condition = "__fish_use_subcommand";
    if (!path.empty()) {
      condition.clear();
      for (std::size_t at = 0; at < path.size();) {
        const auto end = std::min(path.find(' ', at), path.size());
        condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + path.substr(at, end - at));
        at = end + 1;
      }
    }
    const auto head = "complete -c portolan -n " + quoted_for_shell(condition);
    for (const auto& subcommand : command.subcommands) {
      script += head + " -a " + subcommand.name + " -d " + quoted_for_shell(subcommand.description) + "\n";
    }
    for (const auto& option : command.options) {
      auto line = head;
      for (const auto& name : option.names) {
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.choices.empty()) {
        line += " -x -a " + quoted_for_shell(joined(option.choices));
      } else if (option.takes_value) {
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
