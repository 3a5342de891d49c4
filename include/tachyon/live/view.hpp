#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <tachyon/live/header.hpp>
#include <tachyon/live/help.hpp>
#include <tachyon/live/keys.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/panel.hpp>
#include <tachyon/live/rows.hpp>
#include <tachyon/live/screen.hpp>
#include <tachyon/live/tables.hpp>
#include <tachyon/live/ui.hpp>

// A whole screen from model, choices and size. Nothing here talks to a terminal or looks at a
// clock. `draw` leaves in the Ui where each thing was drawn, for the next key or click.
//
//   title
//   PID | Thread | Uptime | ...
//   Samples, Efficiency, Threads, Functions, Top 3     as far as there is height
//   (finished banner)
//   views
//   headings, rows
//   (opcodes)
//   legend
//   keys, prompt or notice
namespace tachyon::live {

inline constexpr Size smallest_screen{12, 60};

// Which row each region is in; -1 = not shown.
struct Regions {
  int title = 0;
  int info = 1;
  int samples = 2;
  int efficiency = -1;
  int threads = -1;
  int functions = -1;
  int top = -1;
  int banner = -1;
  int tabs = -1;
  int line_title = -1;
  TableArea table{};
  int panel = -1;
  int panel_rows = 0;
  int legend = -1;
  int status = -1;
};

// Rows go to the table first. What is nice to have gets one where the table keeps five.
inline Regions regions_for(int rows, bool finished, bool opcodes, bool lines) {
  constexpr int least = 5;
  Regions r;
  int spare = rows - 7 - (finished ? 1 : 0) - (lines ? 1 : 0);  // rows of the table if that is all
  const auto take = [&spare](int wanted) {
    const bool fits = spare - wanted >= least;
    if (fits) spare -= wanted;
    return fits;
  };
  const bool threads = spare >= least && take(1);
  const bool efficiency = take(1);
  const bool functions = take(1);
  const bool top = take(1);
  const bool padding = finished && take(2);
  if (opcodes && spare >= 2 * least) {
    r.panel_rows = std::min(12, spare - least);
    spare -= r.panel_rows;
  }
  int at = 3;
  if (efficiency) r.efficiency = at++;
  if (threads) r.threads = at++;
  if (functions) r.functions = at++;
  if (top) r.top = at++;
  if (finished) {
    r.banner = at + (padding ? 1 : 0);
    at = r.banner + (padding ? 2 : 1);
  }
  r.tabs = at++;
  if (lines) r.line_title = at++;
  r.table.header = at++;
  r.table.first = at;
  r.table.rows = std::max(spare, 0);
  at += r.table.rows;
  if (r.panel_rows != 0) r.panel = at;
  r.legend = rows - 2;
  r.status = rows - 1;
  return r;
}

namespace detail {

inline void draw_too_small(Screen& screen) {
  const std::string need = "needs " + std::to_string(smallest_screen.columns) + "x" +
                           std::to_string(smallest_screen.rows) + ", this is " +
                           std::to_string(screen.columns()) + "x" + std::to_string(screen.rows());
  const int row = std::max(screen.rows() / 2 - 1, 0);
  screen.field(row, 0, screen.columns(), "terminal too small", {Ink::warn}, Align::centre);
  screen.field(row + 1, 0, screen.columns(), need, {Ink::text}, Align::centre);
  screen.field(row + 2, 0, screen.columns(), "q quits", {Ink::dim}, Align::centre);
}

inline void draw_tabs(Screen& screen, int row, Ui& ui) {
  screen.fill(row, 0, screen.columns(), screen.unicode() ? U'\u2500' : U'-', {Ink::rule});
  ui.tabs.clear();
  ui.tabs_row = row;
  int at = 1;
  for (std::size_t i = 0; i < view_count; ++i) {
    const View view = static_cast<View>(i);
    const bool active = view == ui.view;
    const int from = at;
    at = screen.put(row, at, " " + std::to_string(i + 1) + ' ', active ? Ink::strong : Ink::key);
    at = screen.put(row, at, name_of(view), active ? Ink::strong : Ink::dim);
    at = screen.put(row, at, " ");
    if (active) screen.select(row, from, at - from);
    ui.tabs.push_back({from, at, view});
    ++at;
  }
  if (!ui.filter.empty()) {
    const std::string text = " filter: " + ui.filter.text() + ' ';
    const int room = std::min(width_of(text), screen.columns() - at - 1);
    if (room >= 12) screen.put(row, screen.columns() - room - 1, text, Ink::match, room);
  }
}

// What the figures mean, as much of it as fits.
inline void draw_legend(Screen& screen, int row, const Model& model, const Ui& ui) {
  using Parts = std::array<std::string_view, 3>;
  const auto parts = [&]() -> Parts {
    switch (ui.view) {
      case View::functions:
        return {"nsamples: direct/on stack", "% tottime: direct", "cum: callees included"};
      case View::tree:
        return {"nsamples: ending here/passing here", "% tottime: ending here",
                "cum: all below included"};
      case View::lines:
        return {"nsamples: on the line/with its calls", "colour: heat", ""};
      case View::tasks:
        return {"nsamples: innermost task/awaiting too", "", ""};
      case View::threads:
        return {"%: of all samples", "others: of the thread's own", ""};
    }
    return {};
  }();
  const std::string_view separator = screen.unicode() ? " \u2502 " : " | ";
  Pen pen{screen, row, 1};
  for (const std::string_view part : parts) {
    if (part.empty() || pen.room() < width_of(part) + 4) continue;
    if (pen.column() > 1) pen.put(separator, Ink::rule);
    pen.put(part, Ink::dim);
  }
  if (ui.view == View::functions && ui.trends && model.running() && pen.room() > 20) {
    pen.put(separator, Ink::rule).put("trend: ", Ink::dim);
    pen.put("up", Ink::up).put(" ").put("down", Ink::down);
  }
}

inline void draw_hints(Screen& screen, int row, const Model& model, const Ui& ui) {
  constexpr std::array<std::string_view, sort_count> sorts{"nsamples", "%", "tottime", "cum%",
                                                           "cumtime"};
  Pen pen{screen, row, 1};
  const auto hint = [&](std::string_view key, std::string_view text) {
    const int gap = pen.column() > 1 ? 2 : 0;
    if (pen.room() < gap + width_of(key) + 1 + width_of(text)) return;
    pen.skip(gap).put(key, Ink::key).put(" ").put(text, Ink::text);
  };
  if (!model.running()) pen.put("Finished", Ink::good);
  hint("q", "quit");
  hint("h", "help");
  const std::optional<Sort> order = ui.order();
  if (order) hint("s", "sort:" + std::string{sorts[static_cast<std::size_t>(*order)]});
  hint("t", model.scope().kind == Scope::Kind::all ? "threads" : "all threads");
  hint("/", "filter");
  if (!ui.filter.empty()) hint("c", "clear");
  if (model.running()) hint("p", ui.paused ? "resume" : "pause");
  hint("Tab", "view");
  hint("Enter", ui.view == View::tree ? "open" : ui.view == View::threads ? "choose" : "lines");
  if (model.running()) hint("r", "reset");
  hint("w", "save");
  std::string interval;
  append_fixed(interval, seconds_of(ui.interval), 2);
  interval += 's';
  hint("+/-", interval);
  hint("x", ui.trends ? "trends off" : "trends on");
}

inline void draw_prompt(Screen& screen, int row, const Prompt& prompt) {
  const bool filter = prompt.purpose == Prompt::Purpose::filter;
  const int at = screen.put(row, 1, filter ? "Filter: " : "Save to: ", Ink::key);
  // The end of what is typed stays in sight.
  std::string_view text = prompt.text;
  const int room = screen.columns() - at - 1;
  while (width_of(text) >= room && !text.empty()) {
    const Utf8 next = decode_utf8(text);
    text.remove_prefix(next.length == 0 ? 1 : next.length);
  }
  const int end = screen.put(row, at, text, Ink::strong, room);
  screen.put(row, end, screen.unicode() ? "\u2588" : "_", Ink::key);
  const std::string_view hint =
      filter ? "  Enter applies, Esc cancels" : "  Enter saves, Esc cancels";
  if (screen.columns() - end - 1 > width_of(hint)) screen.put(row, end + 1, hint, Ink::dim);
}

inline void draw_status(Screen& screen, int row, const Model& model, const Ui& ui) {
  if (ui.prompt) return draw_prompt(screen, row, *ui.prompt);
  if (ui.notice) {
    screen.put(row, 1, ui.notice->text, ui.notice->good ? Ink::good : Ink::bad,
               screen.columns() - 2);
    return;
  }
  draw_hints(screen, row, model, ui);
}

// Scrolls so that the selection is in sight, and remembers what is.
inline void place_rows(Ui& ui, const std::vector<RowId>& rows, int height) {
  const int count = static_cast<int>(rows.size());
  ui.page = std::max(height, 1);
  const int selected = index_of(rows, ui.selection());
  int& first = ui.first();
  first = std::clamp(first, selected - ui.page + 1, selected);
  first = std::clamp(first, 0, std::max(count - ui.page, 0));
  const auto from = rows.begin() + std::min(first, count);
  ui.visible.assign(from, rows.begin() + std::min(first + std::max(height, 0), count));
}

inline void mark_selection(Screen& screen, const TableArea& area, const Ui& ui,
                           const std::vector<RowId>& rows) {
  if (ui.visible.empty()) return;
  const RowId selected = rows[static_cast<std::size_t>(index_of(rows, ui.selection()))];
  for (std::size_t i = 0; i < ui.visible.size(); ++i) {
    if (ui.visible[i] != selected) continue;
    screen.select(area.first + static_cast<int>(i), 0, screen.columns());
  }
}

}  // namespace detail

inline Screen draw(const Model& model, Ui& ui, Size size, const Surroundings& around,
                   bool unicode) {
  Screen screen{size, unicode};
  ui.visible.clear();
  if (size.rows < smallest_screen.rows || size.columns < smallest_screen.columns) {
    detail::draw_too_small(screen);
    return screen;
  }
  const bool lines = ui.view == View::lines && ui.function.has_value();
  const bool opcodes = model.run().options.opcodes && ui.view == View::functions;
  const Regions r = regions_for(size.rows, !model.running(), opcodes, lines);
  const std::vector<RowId> rows = rows_of(model, ui);
  detail::place_rows(ui, rows, r.table.rows);
  ui.table_row = r.table.first;

  draw_title(screen, r.title, model, ui);
  draw_info(screen, r.info, model, ui, around);
  draw_samples(screen, r.samples, model);
  if (r.efficiency >= 0) draw_efficiency(screen, r.efficiency, model);
  if (r.threads >= 0) draw_thread_states(screen, r.threads, model);
  if (r.functions >= 0) {
    draw_function_counts(screen, r.functions, model, function_count(model, ui));
  }
  if (r.top >= 0) draw_top(screen, r.top, model);
  if (r.banner >= 0) draw_banner(screen, r.banner, model);
  detail::draw_tabs(screen, r.tabs, ui);
  if (lines) detail::draw_lines_title(screen, r.line_title, model, *ui.function);
  draw_table(screen, r.table, model, ui);
  detail::mark_selection(screen, r.table, ui, rows);
  if (r.panel >= 0) {
    std::optional<FunctionId> function;
    if (!rows.empty()) {
      function = FunctionId{rows[static_cast<std::size_t>(detail::index_of(rows, ui.selection()))]};
    }
    draw_opcode_panel(screen, r.panel, r.panel_rows, model, function);
  }
  detail::draw_legend(screen, r.legend, model, ui);
  detail::draw_status(screen, r.status, model, ui);
  if (ui.help) draw_help(screen);
  return screen;
}

}  // namespace tachyon::live
