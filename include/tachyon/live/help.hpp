#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <tachyon/live/screen.hpp>

namespace tachyon::live {

namespace detail {

struct HelpLine {
  std::string_view keys;
  std::string_view text;
};

inline constexpr std::array help_lines{
    HelpLine{"", "Views"},
    HelpLine{"1 2 3 4 5  Tab", "functions, call tree, lines, tasks, threads; next"},
    HelpLine{"Enter  Space", "lines; open or close a branch; choose a thread"},
    HelpLine{"l  Esc", "lines of the selected function; back to the functions"},
    HelpLine{"e", "call tree: open the heaviest branch below"},
    HelpLine{"", "Moving"},
    HelpLine{"j k  PgUp PgDn", "move the selection (also Home, End, mouse, wheel)"},
    HelpLine{"arrows", "functions: change thread; others: move, open, close"},
    HelpLine{"t", "all threads / one thread at a time"},
    HelpLine{"", "What is shown"},
    HelpLine{"s S", "next / previous column to sort by"},
    HelpLine{"/  c", "filter by function or file; clear the filter"},
    HelpLine{"x", "trend colours on / off"},
    HelpLine{"", "Control"},
    HelpLine{"p", "freeze the display, sampling goes on"},
    HelpLine{"r", "reset all counters"},
    HelpLine{"+ -", "refresh more / less often (0.05 to 1 s)"},
    HelpLine{"w", "save what has been recorded so far"},
    HelpLine{"Ctrl-C", "stop sampling and keep the results; again to quit"},
    HelpLine{"q", "quit"},
};

}  // namespace detail

// Over whatever is there. Two columns of lines would not fit on 60 columns, so short screens lose
// the blank lines and then the last entries.
inline void draw_help(Screen& screen) {
  const int count = static_cast<int>(detail::help_lines.size());
  const int width = std::min(screen.columns() - 2, 78);
  const int height = std::min(screen.rows(), count + 4);
  const int left = (screen.columns() - width) / 2;
  const int top = (screen.rows() - height) / 2;
  for (int row = top; row < top + height; ++row) screen.fill(row, left, width, U' ');
  const bool unicode = screen.unicode();
  const Style rule{Ink::rule};
  screen.fill(top, left, width, unicode ? U'\u2500' : U'-', rule);
  screen.fill(top + height - 1, left, width, unicode ? U'\u2500' : U'-', rule);
  for (int row = top; row < top + height; ++row) {
    const bool first = row == top;
    const bool last = row == top + height - 1;
    const char32_t l = !unicode ? (first || last ? U'+' : U'|')
                       : first  ? U'\u256d'
                       : last   ? U'\u2570'
                                : U'\u2502';
    const char32_t r = !unicode ? (first || last ? U'+' : U'|')
                       : first  ? U'\u256e'
                       : last   ? U'\u256f'
                                : U'\u2502';
    screen.fill(row, left, 1, l, rule);
    screen.fill(row, left + width - 1, 1, r, rule);
  }
  screen.put(top, left + 2, " Help ", Ink::strong);
  int row = top + 1;
  for (const detail::HelpLine& line : detail::help_lines) {
    if (row >= top + height - 2) break;
    if (line.keys.empty()) {
      screen.put(row, left + 2, line.text, Ink::label);
    } else {
      screen.put(row, left + 4, line.keys, Ink::key, 15);
      screen.put(row, left + 20, line.text, Ink::text, width - 22);
    }
    ++row;
  }
  screen.field(top + height - 2, left + 1, width - 2, "any key closes this", {Ink::dim},
               Align::centre);
}

}  // namespace tachyon::live
