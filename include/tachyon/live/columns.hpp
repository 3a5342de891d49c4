#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <tachyon/live/format.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/parts.hpp>
#include <tachyon/live/screen.hpp>
#include <tachyon/live/ui.hpp>

// The columns of figures that functions, paths and lines have in common. How many there are depends
// on the width of the screen; header and rows are laid out by the same numbers, so they cannot
// drift apart.
//
//   width    60+        80+  100+       120+  140+        160+ and 200+
//   columns  nsamples   %    tottime s  cum%  cumtime s   last minute (20 or 30 columns)
namespace tachyon::live {

struct Columns {
  int samples = 0;  // where each begins; -1 = not shown
  int share = -1;
  int self_time = -1;
  int total_share = -1;
  int total_time = -1;
  int history = -1;
  int history_width = 0;
  int rest = 0;  // where names begin
};

inline constexpr int samples_width = 13;
inline constexpr int share_width = 5;
inline constexpr int time_width = 10;
inline constexpr int column_gap = 2;

constexpr Columns columns_for(int width) noexcept {
  Columns c;
  int at = 1;
  const auto next = [&at](int wide) {
    const int here = at;
    at += wide + column_gap;
    return here;
  };
  c.samples = next(samples_width);
  if (width >= 80) c.share = next(share_width);
  if (width >= 100) c.self_time = next(time_width);
  if (width >= 120) c.total_share = next(share_width);
  if (width >= 140) c.total_time = next(time_width);
  c.history_width = width >= 200 ? 30 : width >= 160 ? 20 : 0;
  if (c.history_width != 0) c.history = next(c.history_width);
  c.rest = at;
  return c;
}

// The name column: half of what is left, between 10 and 40 columns.
constexpr int name_width(int width, int rest) noexcept {
  return std::clamp((width - rest - column_gap) / 2, 10, 40);
}

inline void draw_heading(Screen& screen, int row, int column, int width, std::string_view text,
                         bool sorted, Align align = Align::right) {
  std::string name;
  if (sorted) name = screen.unicode() ? "\u25bc" : "v";
  name += text;
  screen.field(row, column, width, name, {sorted ? Ink::sorted : Ink::header}, align);
}

// Headings of the shared columns; tells where they are for clicks.
inline void draw_figure_headings(Screen& screen, int row, const Columns& c, Ui& ui) {
  screen.fill(row, 0, screen.columns(), U' ', {Ink::header});
  ui.headings.clear();
  const auto heading = [&](int column, int width, std::string_view text, Sort sort) {
    if (column < 0) return;
    draw_heading(screen, row, column, width, text, ui.order() == sort);
    ui.headings.emplace_back(column + width, sort);
  };
  heading(c.samples, samples_width, "nsamples", Sort::samples);
  heading(c.share, share_width, "%", Sort::share);
  heading(c.self_time, time_width, "tottime s", Sort::self_time);
  heading(c.total_share, share_width, "cum%", Sort::total_share);
  heading(c.total_time, time_width, "cumtime s", Sort::total_time);
  if (c.history >= 0) {
    const bool bars = ui.view == View::tree;
    draw_heading(screen, row, c.history, c.history_width, bars ? "share of all" : "last 60 s",
                 false, Align::left);
  }
}

// Up, down or neither against the refresh before.
constexpr Ink trend_of(double now, double before, Ink steady) noexcept {
  constexpr double threshold = 0.001;
  return now > before + threshold ? Ink::up : now < before - threshold ? Ink::down : steady;
}

// `before` is null where nothing is known about the past, or nobody wants to.
inline void draw_figures(Screen& screen, int row, const Columns& c, const Figures& now,
                         const Totals& whole, const Figures* before, const Totals& whole_before) {
  const auto ink = [&](double value, double was, Ink steady) {
    return Style{before == nullptr || before->total.samples == 0 ? steady
                                                                 : trend_of(value, was, steady)};
  };
  const auto count = [](const Figures* f) {
    return f == nullptr ? 0.0 : static_cast<double>(f->self.samples);
  };
  const auto share = [](const Totals& part, const Totals& all) {
    return percent_of(part.weight, all.weight);
  };
  const Figures past = before == nullptr ? Figures{} : *before;
  screen.field(row, c.samples, samples_width,
               count6(now.self.samples) + '/' + count6(now.total.samples),
               ink(count(&now), count(&past), Ink::number), Align::right);
  if (c.share >= 0) {
    const double value = share(now.self, whole);
    screen.field(row, c.share, share_width, percent5(value),
                 ink(value, share(past.self, whole_before), Ink::number), Align::right);
  }
  if (c.self_time >= 0) {
    screen.field(row, c.self_time, time_width, seconds10(now.self.weight),
                 ink(seconds_of(now.self.weight), seconds_of(past.self.weight), Ink::number),
                 Align::right);
  }
  if (c.total_share >= 0) {
    const double value = share(now.total, whole);
    screen.field(row, c.total_share, share_width, percent5(value),
                 ink(value, share(past.total, whole_before), Ink::number), Align::right);
  }
  if (c.total_time >= 0) {
    screen.field(row, c.total_time, time_width, seconds10(now.total.weight),
                 ink(seconds_of(now.total.weight), seconds_of(past.total.weight), Ink::number),
                 Align::right);
  }
}

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

}  // namespace detail

}  // namespace tachyon::live
