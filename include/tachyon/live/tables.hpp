#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <tachyon/live/columns.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/parts.hpp>
#include <tachyon/live/rows.hpp>
#include <tachyon/live/screen.hpp>
#include <tachyon/live/source_table.hpp>
#include <tachyon/live/thread_table.hpp>
#include <tachyon/live/tree_table.hpp>
#include <tachyon/live/ui.hpp>

// The middle of the screen: the five views. Each draws its header row and then the rows it is
// given; which rows these are, and which is selected, has been found out before.
namespace tachyon::live {

namespace detail {

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
