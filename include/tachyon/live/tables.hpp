#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <tachyon/live/columns.hpp>
#include <tachyon/live/format.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/parts.hpp>
#include <tachyon/live/rows.hpp>
#include <tachyon/live/screen.hpp>
#include <tachyon/live/ui.hpp>

// The middle of the screen: the five views. Each draws its header row and then the rows it is
// given; which rows these are, and which is selected, has been found out before.
namespace tachyon::live {

struct TableArea {
  int header = 0;  // row of the headings
  int first = 0;   // first row of the table
  int rows = 0;
};

namespace detail {

inline bool sorted_by_total(const Ui& ui) noexcept {
  return ui.sort == Sort::total_share || ui.sort == Sort::total_time;
}

inline void draw_name_headings(Screen& screen, int row, int column, int width,
                               std::string_view name, std::string_view rest) {
  draw_heading(screen, row, column, width, name, false, Align::left);
  const int at = column + width + column_gap;
  draw_heading(screen, row, at, std::max(screen.columns() - at, 0), rest, false, Align::left);
}

inline void draw_functions(Screen& screen, const TableArea& area, const Model& model, Ui& ui) {
  const Columns c = columns_for(screen.columns());
  const int wide = name_width(screen.columns(), c.rest);
  draw_figure_headings(screen, area.header, c, ui);
  draw_name_headings(screen, area.header, c.rest, wide, "function", "file:line");
  for (std::size_t i = 0; i < ui.visible.size(); ++i) {
    const int row = area.first + static_cast<int>(i);
    const FunctionId id{ui.visible[i]};
    const Function& function = model.frames()[id];
    const Figures& before = model.previous(id);
    draw_figures(screen, row, c, model.figures().function(id), model.figures().total(),
                 ui.trends && model.running() ? &before : nullptr, model.previous_total());
    draw_history(screen, row, c.history, c.history_width, model, model.figures().history(id),
                 sorted_by_total(ui), {Ink::spark});
    screen.put(row, c.rest, model.frames()[function.name], Ink::function, wide);
    const int place = c.rest + wide + column_gap;
    draw_place(screen, row, place, screen.columns() - place,
               short_file(model.run(), model.frames()[function.file]), function.first_line,
               {Ink::file});
  }
}

inline void draw_tree(Screen& screen, const TableArea& area, const Model& model, Ui& ui) {
  const Columns c = columns_for(screen.columns());
  draw_figure_headings(screen, area.header, c, ui);
  const int room = screen.columns() - c.rest;
  const int wide = std::max(room * 3 / 5, 20);
  draw_name_headings(screen, area.header, c.rest, wide, "call tree", "file:line");
  const std::vector<Path>& paths = model.shapes().paths();
  for (std::size_t i = 0; i < ui.visible.size(); ++i) {
    const int row = area.first + static_cast<int>(i);
    const Path& path = paths[ui.visible[i]];
    const Figures& figures = model.figures().path(ui.visible[i]);
    draw_figures(screen, row, c, figures, model.figures().total(), nullptr, {});
    const double share = ratio_of(figures.total.samples, model.figures().total().samples);
    if (c.history >= 0) {
      draw_bar(screen, row, c.history, c.history_width, share, Ink::bar);
    }
    // Deep trees keep their names on the screen: beyond half of the column the depth is a number.
    const auto depth = static_cast<int>(path.depth) - 1;
    int at = c.rest;
    if (depth * 2 <= wide / 2) {
      at += depth * 2;
    } else {
      const std::string number = std::to_string(depth);
      at = screen.put(row, at + std::max(wide / 2 - width_of(number) - 1, 0), number, Ink::dim) + 1;
    }
    const bool leaf = tree_children(model, ui.tree_sort, ui.visible[i]).empty();
    const bool open = ui.is_expanded(ui.visible[i]);
    const std::string_view mark = leaf               ? "  "
                                  : screen.unicode() ? (open ? "\u25be " : "\u25b8 ")
                                                     : (open ? "- " : "+ ");
    at = screen.put(row, at, mark, Ink::rule);
    const Function& function = model.frames()[path.function];
    const std::string_view name = model.frames()[function.name];
    const bool hit = !ui.filter.empty() && ui.filter.accepts(model.frames(), path.function);
    screen.put(row, at, name, hit ? Ink::match : Ink::function, c.rest + wide - at);
    const int place = c.rest + wide + column_gap;
    draw_place(screen, row, place, screen.columns() - place,
               short_file(model.run(), model.frames()[function.file]), function.first_line,
               {Ink::file});
  }
}

// What of a function's source has to be known to draw some of its lines.
class SourceLines {
 public:
  explicit SourceLines(std::string_view text) : rest_{text} {}
  // Asked for in rising order.
  std::string_view at(std::int32_t number) {
    while (line_ < number && !rest_.empty()) {
      rest_.remove_prefix(std::min(std::min(rest_.find('\n'), rest_.size()) + 1, rest_.size()));
      ++line_;
    }
    if (line_ != number) return {};
    const std::string_view line = rest_.substr(0, std::min(rest_.find('\n'), rest_.size()));
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
  }

 private:
  std::string_view rest_;
  std::int32_t line_ = 1;
};

struct LineFigures {
  std::int32_t line = 0;
  Figures figures{};
};

inline std::vector<LineFigures> lines_of(const Model& model, FunctionId function) {
  std::vector<LineFigures> out;
  for (std::uint32_t i = 0; i < model.shapes().line_count(); ++i) {
    const Line& line = model.shapes().line(i);
    if (line.function != function || model.figures().line(i).total.samples == 0) continue;
    out.push_back({line.line, model.figures().line(i)});
  }
  std::sort(out.begin(), out.end(),
            [](const LineFigures& a, const LineFigures& b) { return a.line < b.line; });
  return out;
}

inline void draw_lines_title(Screen& screen, int row, const Model& model, FunctionId id) {
  const Function& function = model.frames()[id];
  const Figures& figures = model.figures().function(id);
  const Totals& whole = model.figures().total();
  const int spark = screen.columns() >= 100 ? 30 : 0;
  Pen pen{screen, row, 1};
  pen.put(model.frames()[function.name], Ink::function).put("  ");
  pen.put(percent(percent_of(figures.self.samples, whole.samples)), Ink::strong).put(" direct, ");
  pen.put(percent(percent_of(figures.total.samples, whole.samples)), Ink::strong).put(" in all  ");
  const int room = screen.columns() - pen.column() - (spark ? spark + 2 : 0);
  draw_place(screen, row, pen.column(), room,
             short_file(model.run(), model.frames()[function.file]), function.first_line,
             {Ink::file});
  if (spark != 0) {
    draw_history(screen, row, screen.columns() - spark - 1, spark, model,
                 model.figures().history(id), true, {Ink::spark});
  }
}

inline void draw_lines(Screen& screen, const TableArea& area, const Model& model, Ui& ui) {
  const Columns c = columns_for(std::min(screen.columns(), 159));  // the width is for the source
  draw_figure_headings(screen, area.header, c, ui);
  draw_name_headings(screen, area.header, c.rest, 6, "  line", "source");
  if (!ui.function) return;
  const Function& function = model.frames()[*ui.function];
  const std::string_view text = model.source_of(model.frames()[function.file]);
  SourceLines source{text};
  const std::vector<LineFigures> figures = lines_of(model, *ui.function);
  std::uint64_t most = 1;
  for (const LineFigures& each : figures) most = std::max(most, each.figures.total.samples);
  for (std::size_t i = 0; i < ui.visible.size(); ++i) {
    const int row = area.first + static_cast<int>(i);
    const auto number = static_cast<std::int32_t>(ui.visible[i]);
    const auto found = std::lower_bound(
        figures.begin(), figures.end(), number,
        [](const LineFigures& each, std::int32_t line) { return each.line < line; });
    const bool hot = found != figures.end() && found->line == number;
    const double share = hot ? ratio_of(found->figures.total.samples, most) : 0;
    if (hot) {
      draw_figures(screen, row, c, found->figures, model.figures().total(), nullptr, {});
      screen.tint(row, 0, c.rest, heat_of(share));
    }
    screen.field(row, c.rest, 6, std::to_string(number), {hot ? heat_of(share) : Ink::dim},
                 Align::right);
    const int at = c.rest + 6 + column_gap;
    if (text.empty()) {
      screen.put(row, at, i == 0 ? "(the source file could not be read)" : "", Ink::dim);
    } else {
      screen.put(row, at, expand_tabs(source.at(number)), hot ? Ink::strong : Ink::text);
    }
  }
}

inline void draw_tasks(Screen& screen, const TableArea& area, const Model& model, Ui& ui) {
  const Columns c = columns_for(screen.columns());
  const int wide = name_width(screen.columns(), c.rest);
  draw_figure_headings(screen, area.header, c, ui);
  draw_name_headings(screen, area.header, c.rest, wide, "task", "last seen at");
  for (std::size_t i = 0; i < ui.visible.size(); ++i) {
    const int row = area.first + static_cast<int>(i);
    const FunctionId id{ui.visible[i]};
    const TaskRow task =
        ui.visible[i] < model.tasks().size() ? model.tasks()[ui.visible[i]] : TaskRow{};
    const Figures figures = task_figures(model, id);
    draw_figures(screen, row, c, figures, model.figures().total(), nullptr, {});
    draw_history(screen, row, c.history, c.history_width, model, model.figures().history(id), true,
                 {Ink::spark});
    screen.put(row, c.rest, model.frames()[model.frames()[id].name], Ink::function, wide);
    const int at = c.rest + wide + column_gap;
    draw_leaf(screen, row, at, screen.columns() - at, model, task.stack);
  }
}

struct ThreadColumn {
  std::string_view name;
  Totals ThreadStatistics::*part;
  int from_width;  // shown on screens of at least this width
};
inline constexpr ThreadColumn thread_columns[] = {
    {"gil", &ThreadStatistics::has_gil, 0},
    {"cpu", &ThreadStatistics::on_cpu, 80},
    {"wait", &ThreadStatistics::gil_requested, 80},
    {"exc", &ThreadStatistics::has_exception, 100},
    {"GC", &ThreadStatistics::gc, 100},
};

inline void draw_process(Screen& screen, int row, const Model& model, const Process& process) {
  Totals part{};
  Totals whole{};
  for (const ThreadIndex index : model.active_threads()) {
    const Totals& totals = model.threads()[static_cast<std::size_t>(index)].statistics.total;
    whole += totals;
    if (model.tables().threads[index].process == process.id) part += totals;
  }
  int depth = 0;
  std::int64_t above = process.parent;
  for (bool found = true; found && depth < 12;) {
    found = false;
    for (const Process& other : model.processes()) {
      if (other.id != above || other.id == process.id) continue;
      above = other.parent;
      found = true;
      ++depth;
      break;
    }
  }
  Pen pen{screen, row, 1};
  screen.field(row, 1, 10, std::to_string(process.id), {Ink::strong}, Align::right);
  screen.field(row, 13, share_width, percent5(percent_of(part.samples, whole.samples)),
               {Ink::number}, Align::right);
  pen.skip(19 + 2 * depth);
  pen.put(screen.unicode() ? "\u25be " : "- ", Ink::rule);
  pen.put(process.command, process.ended ? Ink::dim : Ink::strong);
  if (process.ended) pen.put(" (ended)", Ink::dim);
}

inline void draw_threads(Screen& screen, const TableArea& area, const Model& model, Ui& ui) {
  screen.fill(area.header, 0, screen.columns(), U' ', {Ink::header});
  ui.headings.clear();
  draw_heading(screen, area.header, 1, 10, model.processes().size() > 1 ? "pid / tid" : "tid",
               false);
  draw_heading(screen, area.header, 13, share_width, "%", true);
  int names = 20;
  for (const ThreadColumn& column : thread_columns) {
    if (screen.columns() < column.from_width) continue;
    draw_heading(screen, area.header, names, share_width, column.name, false);
    names += share_width + column_gap;
  }
  const int wide = std::clamp((screen.columns() - names) / 3, 10, 30);
  draw_name_headings(screen, area.header, names, wide, "thread", "last seen at");
  Totals whole{};
  for (const ThreadRow& thread : model.threads()) whole += thread.statistics.total;
  for (std::size_t i = 0; i < ui.visible.size(); ++i) {
    const int row = area.first + static_cast<int>(i);
    if (ui.visible[i] & process_row) {
      draw_process(screen, row, model, model.processes()[ui.visible[i] & ~process_row]);
      continue;
    }
    const Thread& thread = model.tables().threads[ThreadIndex{ui.visible[i]}];
    const ThreadRow& seen = model.threads()[ui.visible[i]];
    const Totals& total = seen.statistics.total;
    const bool scope =
        model.scope().kind != Scope::Kind::all && model.in_scope(ThreadIndex{ui.visible[i]});
    if (scope) screen.put(row, 0, screen.unicode() ? "\u25b8" : ">", Ink::key);
    screen.field(row, 1, 10, std::to_string(thread.id), {Ink::number}, Align::right);
    screen.field(row, 13, share_width, percent5(percent_of(total.samples, whole.samples)),
                 {Ink::strong}, Align::right);
    int at = 20;
    for (const ThreadColumn& column : thread_columns) {
      if (screen.columns() < column.from_width) continue;
      const double value = percent_of((seen.statistics.*column.part).samples, total.samples);
      screen.field(row, at, share_width, percent5(value), {value == 0 ? Ink::dim : Ink::number},
                   Align::right);
      at += share_width + column_gap;
    }
    std::string name{thread.python_name.empty() ? thread.name : thread.python_name};
    if (thread.main && name.empty()) name = "main";
    if (thread.interpreter != 0)
      name += " [interpreter " + std::to_string(thread.interpreter) + ']';
    screen.put(row, names, name, thread.main ? Ink::strong : Ink::text, wide);
    const int place = names + wide + column_gap;
    draw_leaf(screen, row, place, screen.columns() - place, model, seen.stack);
  }
}

inline std::string_view empty_text(const Model& model, const Ui& ui) noexcept {
  if (!ui.filter.empty() && ui.view != View::lines && ui.view != View::tree) {
    return "nothing matches the filter (c clears it)";
  }
  if (ui.view == View::lines && !ui.function) {
    return "select a function in view 1 or 2 and press Enter to see its lines";
  }
  if (ui.view == View::tasks && !model.run().options.async_aware) {
    return "asyncio tasks are collected with --async-aware";
  }
  if (model.ticks().taken == 0 && model.ticks().torn != 0) {
    return "every look at the program failed so far (see Efficiency)";
  }
  return model.ticks().taken == 0 ? "waiting for the first samples" : "nothing to show here yet";
}

}  // namespace detail

inline void draw_table(Screen& screen, const TableArea& area, const Model& model, Ui& ui) {
  switch (ui.view) {
    case View::functions:
      detail::draw_functions(screen, area, model, ui);
      break;
    case View::tree:
      detail::draw_tree(screen, area, model, ui);
      break;
    case View::lines:
      detail::draw_lines(screen, area, model, ui);
      break;
    case View::tasks:
      detail::draw_tasks(screen, area, model, ui);
      break;
    case View::threads:
      detail::draw_threads(screen, area, model, ui);
      break;
  }
  if (ui.visible.empty() && area.rows > 0) {
    screen.field(area.first + std::min(1, area.rows - 1), 0, screen.columns(),
                 detail::empty_text(model, ui), {Ink::dim}, Align::centre);
  }
}

}  // namespace tachyon::live
