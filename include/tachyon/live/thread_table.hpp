#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <tachyon/live/columns.hpp>
#include <tachyon/live/format.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/parts.hpp>
#include <tachyon/live/rows.hpp>
#include <tachyon/live/screen.hpp>
#include <tachyon/live/ui.hpp>

// Processes and their threads: states, and where each was last.
namespace tachyon::live {

namespace detail {

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
  screen.field(row, 13, share_width, percent5(percent_of(part.weight, whole.weight)), {Ink::number},
               Align::right);
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
    screen.field(row, 13, share_width, percent5(percent_of(total.weight, whole.weight)),
                 {Ink::strong}, Align::right);
    int at = 20;
    for (const ThreadColumn& column : thread_columns) {
      if (screen.columns() < column.from_width) continue;
      // Whether a thread is on a CPU is looked up in some modes only.
      const bool known = column.part != &ThreadStatistics::on_cpu ||
                         seen.statistics.unknown.samples < total.samples;
      const double value = percent_of((seen.statistics.*column.part).weight, total.weight);
      screen.field(row, at, share_width, known ? percent5(value) : "-",
                   {!known || value == 0 ? Ink::dim : Ink::number}, Align::right);
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

}  // namespace detail

}  // namespace tachyon::live
