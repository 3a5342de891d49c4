#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "help.hpp"

// Completions for three shells from the rows of options.hpp. Each is a table of what the parser
// knows, written in the shell's own terms; nothing is asked of tachyon while somebody types.
namespace tachyon::tool {

namespace detail {

inline bool takes_file(const OptionInfo& info) {
  const std::string_view value = info.text.value;
  return value == "FILE" || value == "PATH" || value == "BASELINE" || value == "DIR";
}

inline std::string shell_words(const OptionInfo& info) {
  std::string text;
  for (const std::string_view word : info.words()) text += concat(text.empty() ? "" : " ", word);
  return text;
}

inline std::string command_names() {
  std::string text;
  for (const CommandInfo& info : command_table) text += concat(text.empty() ? "" : " ", info.name);
  return text;
}

// What follows the command itself: processes, files, or a program.
inline std::string_view bash_operand(Command command) {
  switch (command) {
    case Command::run:
      return "compgen -f -- \"$word\"; compgen -c -- \"$word\"";
    case Command::replay:
      return "compgen -f -- \"$word\"";
    case Command::attach:
    case Command::dump:
    case Command::doctor:
      break;
  }
  return "compgen -W \"$(pgrep -i python)\" -- \"$word\"";
}

inline std::string bash_completions() {
  std::string text = R"(# bash completion for tachyon; printed by tachyon --completions bash
_tachyon() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local command=${COMP_WORDS[1]} found=
  if [[ $word == '=' ]]; then word=; fi
  if [[ $before == '=' ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "@COMMANDS --help --version --man --completions" -- "$word"))
    return
  fi
  case $before in
)";
  text.replace(text.find("@COMMANDS"), 9, command_names());
  for (const OptionInfo& info : option_table) {
    if (info.arity == Arity::none) continue;
    std::string names = dashed(info.text.name);
    if (!info.text.alias.empty()) names += concat("|", dashed(info.text.alias));
    if (info.text.letter != 0) names += concat("|-", info.text.letter);
    if (const std::string words = shell_words(info); !words.empty()) {
      text += concat("    ", names, ") COMPREPLY=($(compgen -W \"", words,
                     "\" -- \"$word\")); return ;;\n");
    } else if (info.arity == Arity::one) {
      text += concat("    ", names, ") ") +
              (takes_file(info) ? "COMPREPLY=($(compgen -f -- \"$word\")); " : "") + "return ;;\n";
    }
  }
  text += "  esac\n  case $command in\n";
  for (const CommandInfo& command : command_table) {
    text += concat("    ", command.name, ")\n      if [[ $word == -* ]]; then found=\"");
    bool first = true;
    for (const OptionInfo& info : option_table) {
      if (!info.text.commands.has(command.command)) continue;
      text += concat(first ? "" : " ", dashed(info.text.name));
      first = false;
    }
    text += concat("\"\n      else COMPREPLY=($(", bash_operand(command.command),
                   ")); return; fi ;;\n");
  }
  return text +
         "  esac\n  COMPREPLY=($(compgen -W \"$found\" -- \"$word\"))\n}\n"
         "complete -o filenames -o bashdefault -F _tachyon tachyon\n";
}

// For zsh's _arguments: quotes, brackets and colons have a meaning there.
inline std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

inline std::string zsh_completions() {
  std::string text =
      "#compdef tachyon\n# printed by tachyon --completions zsh\n"
      "_tachyon_pids() {\n  local -a pids\n"
      "  pids=(${(f)\"$(ps -eo pid=,args= | sed -n 's/^ *\\([0-9]*\\) "
      "\\(.*python.*\\)/\\1:\\2/p')\"})\n"
      "  _describe process pids\n}\n"
      "_tachyon() {\n  local -a commands\n  commands=(\n";
  for (const CommandInfo& info : command_table) {
    text += concat("    '", info.name, ":", zsh_text(info.summary), "'\n");
  }
  text +=
      "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n"
      "  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $command in\n";
  for (const CommandInfo& command : command_table) {
    text += concat("    ", command.name, ")\n      _arguments -S \\\n");
    for (const OptionInfo& info : option_table) {
      if (!info.text.commands.has(command.command)) continue;
      const auto line = [&](const std::string& name, bool equals) {
        text += "        '";
        if (info.repeats) text += "*";
        text += name;
        if (info.arity == Arity::perhaps) text += "=-";
        if (info.arity == Arity::one) text += equals ? "=" : "+";
        text += concat("[", zsh_text(info.text.help), "]");
        if (info.arity != Arity::none) {
          const std::string words = shell_words(info);
          text += info.arity == Arity::perhaps ? "::" : ":";
          text += zsh_text(info.text.value.empty() ? info.text.name : info.text.value) + ":";
          if (!words.empty())
            text += concat("(", words, ")");
          else if (takes_file(info))
            text += "_files";
        }
        text += "' \\\n";
      };
      line(dashed(info.text.name), true);
      if (info.text.letter != 0) line(concat("-", info.text.letter), false);
    }
    switch (command.command) {
      case Command::run:
        text += "        '1:target:_files' '*::argument:_normal'\n";
        break;
      case Command::replay:
        text += "        '1:recording:_files'\n";
        break;
      default:
        text += "        '*:process:_tachyon_pids'\n";
    }
    text += "      ;;\n";
  }
  return text + "  esac\n}\n_tachyon \"$@\"\n";
}

inline std::string fish_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

inline std::string fish_completions() {
  std::string text =
      "# fish completion for tachyon; printed by tachyon --completions fish\n"
      "complete -c tachyon -f\n";
  for (const CommandInfo& info : command_table) {
    text += concat("complete -c tachyon -n __fish_use_subcommand -a ", info.name, " -d '",
                   fish_text(info.summary), "'\n");
  }
  for (const OptionInfo& info : option_table) {
    text += "complete -c tachyon -n '__fish_seen_subcommand_from";
    for (const CommandInfo& command : command_table) {
      if (info.text.commands.has(command.command)) text += concat(" ", command.name);
    }
    text += concat("' -l ", info.text.name);
    if (info.text.letter != 0) text += concat(" -s ", info.text.letter);
    if (info.arity == Arity::one) {
      text += " -x";
      if (const std::string words = shell_words(info); !words.empty())
        text += concat(" -a '", words, "'");
      if (takes_file(info)) text += " -a '(__fish_complete_path)'";
    }
    text += concat(" -d '", fish_text(info.text.help), "'\n");
  }
  return text +
         "complete -c tachyon -n '__fish_seen_subcommand_from attach dump doctor' -a "
         "'(__fish_complete_pids)'\n"
         "complete -c tachyon -n '__fish_seen_subcommand_from run replay' -F\n";
}

}  // namespace detail

inline std::optional<std::string> completions_for(std::string_view shell) {
  if (shell == "bash") return detail::bash_completions();
  if (shell == "zsh") return detail::zsh_completions();
  if (shell == "fish") return detail::fish_completions();
  return std::nullopt;
}

}  // namespace tachyon::tool
