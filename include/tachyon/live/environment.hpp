#pragma once

#include <cstdint>
#include <string_view>

#include <unistd.h>

#include <tachyon/live/palette.hpp>

// Whether there is a terminal that the live display can use, and what it can show: questions for
// the environment, answered before anything is touched.
namespace tachyon::live {

enum class TerminalFault : std::uint8_t { none, input, output, type, system };

// One line, without the program's name.
constexpr const char* describe(TerminalFault fault) noexcept {
  switch (fault) {
    case TerminalFault::none:
      return "the terminal is fine";
    case TerminalFault::input:
      return "--live needs a terminal to read keys from, but standard input is none";
    case TerminalFault::output:
      return "--live needs a terminal to draw on, but standard output is none; "
             "leave --live out to get a report instead";
    case TerminalFault::type:
      return "--live cannot draw on this terminal: TERM is not set or is \"dumb\"";
    case TerminalFault::system:
      return "--live could not take over the terminal";
  }
  return "";
}

// What the environment says. Values may be null, as getenv gives them.
struct Environment {
  const char* term = nullptr;
  const char* colorterm = nullptr;
  const char* no_color = nullptr;
  const char* lc_all = nullptr;
  const char* lc_ctype = nullptr;
  const char* lang = nullptr;
};

inline bool knows_terminal(const Environment& environment) noexcept {
  const std::string_view term = environment.term ? environment.term : "";
  return !term.empty() && term != "dumb" && term != "unknown";
}

inline Colours colours_of(const Environment& environment) noexcept {
  const std::string_view term = environment.term ? environment.term : "";
  if (environment.no_color && *environment.no_color) return Colours::none;
  if (term.starts_with("vt1") || term.starts_with("vt2") || term.ends_with("-m")) {
    return Colours::none;
  }
  const bool many = (environment.colorterm && *environment.colorterm) ||
                    term.find("256color") != std::string_view::npos ||
                    term.find("direct") != std::string_view::npos;
  return many ? Colours::many : Colours::sixteen;
}

// The character set of the locale, by the names that people give it.
inline bool unicode_of(const Environment& environment) noexcept {
  const auto set = [](const char* value) { return value && *value; };
  const char* locale = set(environment.lc_all)     ? environment.lc_all
                       : set(environment.lc_ctype) ? environment.lc_ctype
                       : set(environment.lang)     ? environment.lang
                                                   : "";
  const std::string_view name = locale;
  for (const std::string_view utf8 : {"UTF-8", "utf-8", "UTF8", "utf8", "Utf-8"}) {
    if (name.find(utf8) != std::string_view::npos) return true;
  }
  return false;
}

inline TerminalFault check_terminal(const Environment& environment, int input = STDIN_FILENO,
                                    int output = STDOUT_FILENO) noexcept {
  if (::isatty(output) != 1) return TerminalFault::output;
  if (::isatty(input) != 1) return TerminalFault::input;
  return knows_terminal(environment) ? TerminalFault::none : TerminalFault::type;
}

}  // namespace tachyon::live
