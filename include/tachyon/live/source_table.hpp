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

// The lines of one function with their samples, and the source where it can be read.
namespace tachyon::live {

namespace detail {

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
  pen.put(percent(percent_of(figures.self.weight, whole.weight)), Ink::strong).put(" direct, ");
  pen.put(percent(percent_of(figures.total.weight, whole.weight)), Ink::strong).put(" in all  ");
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
  for (const LineFigures& each : figures) most = std::max(most, each.figures.total.weight);
  for (std::size_t i = 0; i < ui.visible.size(); ++i) {
    const int row = area.first + static_cast<int>(i);
    const auto number = static_cast<std::int32_t>(ui.visible[i]);
    const auto found = std::lower_bound(
        figures.begin(), figures.end(), number,
        [](const LineFigures& each, std::int32_t line) { return each.line < line; });
    const bool hot = found != figures.end() && found->line == number;
    const double share = hot ? ratio_of(found->figures.total.weight, most) : 0;
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

}  // namespace detail

}  // namespace tachyon::live
