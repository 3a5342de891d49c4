#pragma once

#include <string>
#include <string_view>

#include "help.hpp"

// The manual page, in man(7) macros, from the same rows as the help.
namespace tachyon::tool {

namespace detail {

// Text that roff takes as it stands: hyphens that can be copied, no accidental requests.
inline std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '\n':
        out += "\n";
        break;
      default:
        out += c;
    }
  }
  return out;
}

inline std::string manual_options(Command command) {
  std::string text;
  std::string_view group;
  for (const OptionInfo& info : option_table) {
    if (!info.text.commands.has(command)) continue;
    if (info.group != group) {
      group = info.group;
      text += concat(".PP\n.I \"", roff(group), "\"\n");
    }
    text += concat(".TP\n.B ", roff(spelling(info)), "\n", roff(explanation(info)), "\n");
  }
  return text;
}

// A line of the synopsis for each form; in `--help` they are indented below "usage:".
inline std::string synopsis(std::string_view forms) {
  std::string text;
  while (!forms.empty()) {
    const std::size_t end = std::min(forms.find('\n'), forms.size());
    std::string_view form = forms.substr(0, end);
    form.remove_prefix(form.find_first_not_of(' '));
    text += concat(".B ", roff(form), "\n");
    forms.remove_prefix(std::min(end + 1, forms.size()));
  }
  return text;
}

}  // namespace detail

inline std::string manual_page(std::string_view version) {
  using detail::roff;
  std::string text =
      concat(".TH TACHYON 1 \"\" \"tachyon ", roff(version),
             "\" \"User Commands\"\n.SH NAME\ntachyon \\- sampling profiler for Python\n"
             ".SH SYNOPSIS\n.nf\n");
  for (const CommandInfo& info : command_table) {
    text += detail::synopsis(usage_of(info.command));
  }
  text += concat(".fi\n.SH DESCRIPTION\n", roff(description), "\n.SH COMMANDS\n");
  for (const CommandInfo& info : command_table) {
    text += concat(".TP\n.B ", roff(info.name), "\n", roff(info.summary), "\n");
  }
  for (const CommandInfo& info : command_table) {
    text += concat(".SH OPTIONS OF ", info.name, "\n", detail::manual_options(info.command));
  }
  text +=
      ".SH OUTPUT FILES\n"
      "Without a path of its own and without\n.B \\-o\n"
      "a format writes FORMAT_PID with its own extension into the current folder, pstats prints a "
      "table.\n"
      "Files appear whole or not at all; recordings grow while they are made and replay up to the "
      "last second after a crash. A disk that is full for a moment is told at once and costs a "
      "recording what was seen meanwhile. What one run is recording into is refused to others. "
      "An output that cannot be written in the end goes to a file in "
      "TMPDIR, which is named.\n"
      ".SH EXIT STATUS\n"
      ".TP\n.B 0\nthe report was written\n"
      ".TP\n.B 1\nthe run failed; the message says why\n"
      ".TP\n.B 2\nthe command line was wrong; nothing was touched\n"
      ".PP\n.B tachyon run\nends with the code of the program, or 128 and the number of the signal "
      "that ended it.\n"
      ".SH SIGNALS\n"
      "Ctrl\\-C and SIGTERM end the profiling and the report is written. With\n.B "
      "\\-\\-binary\nSIGUSR1 "
      "writes what has been recorded so far as a finished recording beside it (web.bin: "
      "web.snapshot1.bin) and goes on; with\n.B \\-\\-keep\nor\n.B \\-\\-max\\-size\n"
      "that is the last TIME or SIZE.\n"
      ".SH ENVIRONMENT\n"
      ".TP\n.B NO_COLOR, FORCE_COLOR\nno colour, or colour everywhere, unless\n.B \\-\\-color\n"
      "says otherwise\n.TP\n.B TMPDIR\nwhere outputs are saved that cannot be written in their "
      "place\n.TP\n.B BROWSER\nwhat\n.B \\-\\-browser\nopens pages with\n"
      ".SH EXAMPLES\n";
  const auto example = [&](const Example& e) {
    text += concat(".TP\n.B ", roff(e.line), "\n", roff(e.what), "\n");
  };
  for (const CommandInfo& info : command_table) {
    for (const Example& e : examples_of(info.command)) example(e);
  }
  return text;
}

}  // namespace tachyon::tool
