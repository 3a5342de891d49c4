#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/live/columns.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/parts.hpp>
#include <tachyon/live/rows.hpp>
#include <tachyon/live/screen.hpp>
#include <tachyon/live/ui.hpp>

// The call tree: paths of functions, opened and closed branch by branch.
namespace tachyon::live {

namespace detail {

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
    const double share = ratio_of(figures.total.weight, model.figures().total().weight);
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

}  // namespace detail

}  // namespace tachyon::live
