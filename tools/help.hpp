#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parse.hpp"

// Everything that is said about the options is made from their rows (options.hpp): `--help`, the
// manual page and the completions of three shells. None of it can go stale, so none of it is in
// git; `tachyon --man` and `tachyon --completions SHELL` print it,
// and installing means redirecting that.
namespace tachyon::tool {

struct Example {
  std::string_view line{};
  std::string_view what{};
};

inline constexpr std::string_view description =
    "Sampling profiler for Python 3.11 and later: looks at a running interpreter from outside, "
    "many times a second, and writes nothing into it.";

inline constexpr std::array<Example, 6> first_steps{{
    {"tachyon run script.py", "profile a script, table when it ends"},
    {"tachyon run --flamegraph -m pytest tests", "the same as an interactive page"},
    {"tachyon attach 1234 -d 10", "ten seconds of a running process"},
    {"tachyon attach --live 1234", "watch it in the terminal"},
    {"tachyon dump 1234", "what is it doing right now?"},
    {"tachyon doctor 1234", "why can I not see it?"},
}};

namespace examples {

inline constexpr std::array<Example, 6> run{{
    {"tachyon run -r 10khz script.py --its-own option", "options of tachyon before the target"},
    {"tachyon run --flamegraph=a.html --binary=a.bin -m app", "two outputs of one run"},
    {"tachyon run -c 'import json; json.loads(\"[]\")'", "program text"},
    {"tachyon run -a --subprocesses -- gunicorn -w 4 app:app", "a command and its Python children"},
    {"tachyon run --mode cpu --sort cumtime script.py", "only time on a CPU"},
    {"tachyon run --live script.py", "watch it in the terminal"},
}};
inline constexpr std::array<Example, 6> attach{{
    {"tachyon attach 1234", "until it ends or Ctrl-C, then a table"},
    {"tachyon attach -d 10 --flamegraph 1234", "flamegraph_1234.html after ten seconds"},
    {"tachyon attach -a --gecko -d 5 1234", "all threads on a timeline"},
    {"tachyon attach --name gunicorn -d 30 --merge", "every process of that name in one table"},
    {"tachyon attach --binary --keep 10m 1234", "flight recorder: the last ten minutes"},
    {"tachyon attach --collapsed=- -d 5 1234 | sort", "to a pipe"},
}};
inline constexpr std::array<Example, 6> dump{{
    {"tachyon dump 1234", "stack of the main thread"},
    {"tachyon dump -a --locals 1234", "every thread with its local variables"},
    {"tachyon dump --async-aware 1234", "every asyncio task"},
    {"tachyon dump --async-aware --tree 1234", "who waits for whom"},
    {"tachyon dump -a --json -o stacks.json 1234", "for scripts"},
    {"tachyon dump --core core.1234 --exe /usr/bin/python3", "after a crash"},
}};
inline constexpr std::array<Example, 4> replay{{
    {"tachyon replay binary_1234.bin", "table"},
    {"tachyon replay --flamegraph --from 10s --to 20s a.bin", "part of a recording"},
    {"tachyon replay --diff-flamegraph before.bin after.bin", "what changed"},
    {"tachyon replay --binary=b.bin --binary-format cpython a.bin", "for Python's own profiler"},
}};
inline constexpr std::array<Example, 2> doctor{{
    {"tachyon doctor", "this machine and this user"},
    {"tachyon doctor 1234", "and this process"},
}};

}  // namespace examples

constexpr std::span<const Example> examples_of(Command command) noexcept {
  switch (command) {
    case Command::run:
      return examples::run;
    case Command::attach:
      return examples::attach;
    case Command::dump:
      return examples::dump;
    case Command::replay:
      return examples::replay;
    case Command::doctor:
      break;
  }
  return examples::doctor;
}

namespace detail {

inline constexpr std::size_t help_width = 100;

// Words folded at `width`; every line but the first starts with `indent` blanks.
inline std::string folded(std::string_view text, std::size_t column, std::size_t indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (column + word.size() > help_width && column > indent) {
      while (!out.empty() && out.back() == ' ') out.pop_back();
      out += concat("\n", std::string(indent, ' '));
      column = indent;
    }
    out += word;
    column += word.size();
    text.remove_prefix(end);
    if (!text.empty()) {
      out += ' ';
      ++column;
      text.remove_prefix(1);
    }
  }
  return out;
}

inline std::string row(std::string_view left, std::string_view right, std::size_t tab) {
  std::string out = concat("  ", left);
  if (out.size() + 2 > tab) {
    out += concat("\n", std::string(tab, ' '));
  } else {
    out.resize(tab, ' ');
  }
  return out + folded(right, tab, tab) + "\n";
}

// "-r RATE, --sampling-rate RATE" as argparse has it, shorter: "-r, --sampling-rate RATE".
inline std::string spelling(const OptionInfo& info) {
  std::string out;
  if (info.text.letter != 0) out += concat("-", info.text.letter, ", ");
  out += dashed(info.text.name);
  if (info.arity == Arity::one) out += concat(" ", Parser::placeholder(info));
  if (info.arity == Arity::perhaps) out += concat("[=", info.text.value, "]");
  return out;
}

inline std::string explanation(const OptionInfo& info) {
  std::string text{info.text.help};
  if (const std::string_view standard = info.standard(); !standard.empty()) {
    text += concat(" (default: ", standard, ")");
  }
  if (!info.text.alias.empty()) text += concat(" [also ", dashed(info.text.alias), "]");
  return text;
}

}  // namespace detail

inline std::string usage_of(Command command) {
  const CommandInfo& info = info_of(command);
  std::string text = concat("tachyon ", info.name, " [options] ");
  if (command == Command::run) {
    const std::string start = text;
    for (const std::string_view form : {"SCRIPT [ARGUMENT...]", "-m MODULE [ARGUMENT...]",
                                        "-c CODE [ARGUMENT...]", "-- COMMAND [ARGUMENT...]"}) {
      if (text != start) text += concat("\n       ", start);
      text += form;
    }
    return text;
  }
  return text + std::string{info.words};
}

inline std::string help_overview(std::string_view version) {
  std::string text = "usage: tachyon COMMAND [options] ...\n\n";
  text += detail::folded(description, 0, 0) + "\n\ncommands:\n";
  for (const CommandInfo& info : command_table) {
    text += detail::row(info.name, info.summary, 12);
  }
  text += "\nfirst steps:\n";
  for (const Example& example : first_steps) text += detail::row(example.line, example.what, 48);
  text += "\nother options:\n";
  text += detail::row("--version", concat("print the version (this is ", version, ")"), 26);
  text += detail::row("--man", "print the manual page: tachyon --man | man -l -", 26);
  text += detail::row("--completions SHELL", "print completions for bash, zsh or fish", 26);
  return text + "\ntachyon COMMAND --help lists the options of a command.\n";
}

inline std::string help_of(Command command) {
  std::string text =
      concat("usage: ", usage_of(command), concat("\n\n", info_of(command).summary, "\n"));
  std::string_view group;
  for (const OptionInfo& info : option_table) {
    if (!info.text.commands.has(command)) continue;
    if (info.group != group) text += concat("\n", group = info.group, ":\n");
    text += detail::row(detail::spelling(info), detail::explanation(info), 34);
  }
  text += "\nexamples:\n";
  for (const Example& example : examples_of(command)) {
    text += detail::row(example.line, example.what, 62);
  }
  return text + "\nLong options may be shortened as long as they stay unique.\n";
}

}  // namespace tachyon::tool
