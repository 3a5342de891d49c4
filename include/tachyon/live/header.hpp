#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <tachyon/live/format.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/parts.hpp>
#include <tachyon/live/rows.hpp>
#include <tachyon/live/screen.hpp>
#include <tachyon/live/ui.hpp>

// The upper part of the screen: what is profiled, how well it goes, and the outline of the result.
namespace tachyon::live {

// What is neither the model's nor the user's.
struct Surroundings {
  std::string time_of_day{};  // "12:34:56"
};

namespace detail {

struct Item {
  std::string label;
  std::string value;
  Ink ink = Ink::strong;
};

// "label value | label value": items that do not fit any more are left out, whole.
inline void draw_items(Screen& screen, int row, int column, const std::vector<Item>& items) {
  const std::string_view separator = screen.unicode() ? " \u2502 " : " | ";
  Pen pen{screen, row, column};
  bool first = true;
  for (const Item& item : items) {
    const int width = width_of(item.label) + width_of(item.value) + (first ? 0 : 3);
    if (!first && pen.room() < width) return;
    if (!first) pen.put(separator, Ink::rule);
    pen.put(item.label, Ink::label).put(item.value, item.ink);
    first = false;
  }
}

inline Item share_item(std::string label, const Totals& part, const Totals& whole, Ink ink) {
  return {"", percent(percent_of(part.weight, whole.weight)) + ' ' + std::move(label), ink};
}

}  // namespace detail

inline constexpr int label_width = 13;

inline void draw_title(Screen& screen, int row, const Model& model, const Ui& ui) {
  const Run& run = model.run();
  screen.fill(row, 0, screen.columns(), U' ', {Ink::title});
  std::string right;
  if (run.target.minor != 0) {
    right += "Python 3.";
    append_number(right, run.target.minor);
    right += '.';
    append_number(right, run.target.micro);
    if (run.target.free_threaded) right += 't';
    right += screen.unicode() ? " \u00b7 " : " - ";
  }
  right += name_of(run.mode);
  right += " mode ";
  if (!model.running()) {
    right = "FINISHED  " + right;
  } else if (ui.paused) {
    right = "PAUSED  " + right;
  }
  const int right_width = width_of(right);
  const int left_room = screen.columns() - right_width - 2;
  if (left_room >= 24) {
    screen.put(row, screen.columns() - right_width, right, Ink::title);
  }
  const int room = left_room >= 24 ? left_room : screen.columns() - 1;
  std::string title = "tachyon  ";
  title += run.target.command_line;
  screen.put(row, 1, title, Ink::title, room);
}

inline void draw_info(Screen& screen, int row, const Model& model, const Ui& ui,
                      const Surroundings& around) {
  std::string thread = "ALL";
  const std::vector<ThreadIndex>& all = model.active_threads();
  if (model.scope().kind == Scope::Kind::thread) {
    const auto at = std::find(all.begin(), all.end(), model.scope().thread);
    const Thread& chosen = model.tables().threads[model.scope().thread];
    thread = std::to_string(chosen.id) + " (" + std::to_string(at - all.begin() + 1) + '/' +
             std::to_string(all.size()) + ')';
    const std::string& name = chosen.python_name.empty() ? chosen.name : chosen.python_name;
    if (!name.empty() && screen.columns() >= 100) thread += ' ' + name.substr(0, 24);
  } else if (model.scope().kind == Scope::Kind::process) {
    thread = "ALL of process " + std::to_string(model.scope().process);
  }
  std::string interval;
  append_number(interval, (model.interval() + 500) / 1000);
  interval += screen.unicode() ? "\u00b5s" : "us";
  if (model.interval() > model.run().interval) interval += " (slowed down)";
  const double display = ratio_of(1e9, static_cast<double>(ui.interval));
  detail::draw_items(screen, row, 1,
                     {{"PID: ", std::to_string(model.run().target.process)},
                      {"Thread: ", std::move(thread)},
                      {"Uptime: ", uptime(model.uptime())},
                      {"Time: ", around.time_of_day},
                      {"Interval: ", std::move(interval)},
                      {"Display: ", frequency(display)}});
}

// Samples:    12345 (998.7/s) ======---- 998.7Hz/1.0KHz (99.9%)
inline void draw_samples(Screen& screen, int row, const Model& model) {
  const double rate = model.rate();
  const double target = ratio_of(1e9, static_cast<double>(model.interval()));
  const double share = std::min(ratio_of(rate, target), 1.0);
  Pen pen{screen, row, 1};
  pen.put("Samples:", Ink::label);
  std::string total;
  append_number(total, model.ticks().looks);
  if (total.size() < 8) total.insert(0, 8 - total.size(), ' ');
  std::string speed = " (";
  append_fixed(speed, rate, 1);
  speed += "/s) ";
  screen.put(row, label_width, total, Ink::strong);
  const int from = screen.put(row, label_width + static_cast<int>(total.size()), speed, Ink::text);
  if (target == 0) return;
  const std::string label =
      ' ' + frequency(rate) + '/' + frequency(target) + " (" + percent(100 * share) + ')';
  const int room = screen.columns() - 1 - from - width_of(label);
  int at = from;
  const Ink ink = share >= 0.9 ? Ink::good : share >= 0.5 ? Ink::warn : Ink::bad;
  if (room >= 10) at = draw_bar(screen, row, from, std::min(room, 30), share, ink);
  screen.put(row, at, label, Ink::text);
}

inline void draw_efficiency(Screen& screen, int row, const Model& model) {
  const TickTotals& ticks = model.ticks();
  const std::uint64_t all = ticks.taken + ticks.torn;
  const double good = percent_of(ticks.taken, all);
  screen.put(row, 1, "Efficiency:", Ink::label);
  const std::string text = percent(good) + " good";
  const std::string failed = percent(percent_of(ticks.torn, all)) + " failed";
  std::string partial;
  if (ticks.partial != 0) partial = percent(percent_of(ticks.partial, all)) + " partial";
  std::string missed;
  if (ticks.missed != 0) missed = percent(percent_of(ticks.missed, all + ticks.missed)) + " missed";
  int figures = 2 + width_of(text) + 2 + width_of(failed);
  for (const std::string& more : {partial, missed})
    figures += more.empty() ? 0 : 2 + width_of(more);
  const int room = std::min(screen.columns() - label_width - figures - 1, 60);
  int at = label_width;
  if (room >= 10) {
    at = draw_bar(screen, row, at, room, all == 0 ? 0 : good / 100, Ink::good,
                  all == 0 ? Ink::rest : Ink::bad) +
         1;
  }
  Pen pen{screen, row, at};
  pen.put(text, Ink::good).put(", ", Ink::dim).put(failed, ticks.torn ? Ink::bad : Ink::dim);
  if (!partial.empty()) pen.put(", ", Ink::dim).put(partial, Ink::warn);
  if (!missed.empty()) pen.put(", ", Ink::dim).put(missed, Ink::warn);
}

inline void draw_thread_states(Screen& screen, int row, const Model& model) {
  const ThreadStatistics& s = model.statistics();
  screen.put(row, 1, "Threads:", Ink::label);
  std::vector<detail::Item> items;
  if (model.run().mode != ModeKind::gil) {
    const Totals off{0, s.total.weight - s.has_gil.weight};
    items.push_back(detail::share_item("on gil", s.has_gil, s.total, Ink::good));
    items.push_back(detail::share_item("off gil", off, s.total, Ink::text));
    items.push_back(detail::share_item("waiting for gil", s.gil_requested, s.total, Ink::warn));
  }
  items.push_back(detail::share_item("exc", s.has_exception, s.total, Ink::text));
  items.push_back(detail::share_item("GC", s.gc, s.total, Ink::text));
  if (s.on_cpu.samples != 0) {
    items.push_back(detail::share_item("on cpu", s.on_cpu, s.total, Ink::text));
  }
  detail::draw_items(screen, row, label_width, items);
}

inline void draw_function_counts(Screen& screen, int row, const Model& model, std::size_t shown) {
  std::uint64_t direct = 0;
  for (const FunctionId id : model.figures().seen()) {
    if (model.figures().function(id).self.samples != 0) ++direct;
  }
  const std::uint64_t all = model.figures().seen().size();
  screen.put(row, 1, "Functions:", Ink::label);
  const auto number = [](std::uint64_t n) {
    std::string out;
    append_number(out, n);
    return out;
  };
  detail::draw_items(screen, row, label_width,
                     {{"", number(all) + " total"},
                      {"", number(direct) + " exec", Ink::text},
                      {"", number(all - direct) + " stack", Ink::text},
                      {"", number(shown) + " shown", Ink::text}});
}

// The three functions with most direct time. Where there is little room names get shorter, down
// to eight columns; where there is less, there are fewer of them.
inline void draw_top(Screen& screen, int row, const Model& model) {
  std::vector<detail::Ranked> rows;
  for (const FunctionId id : model.figures().seen()) {
    const Figures& figures = model.figures().function(id);
    if (figures.self.samples == 0) continue;
    rows.push_back({figures.self.weight, figures.total.weight, static_cast<std::uint32_t>(id)});
  }
  std::size_t count = std::min<std::size_t>(rows.size(), 3);
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count), rows.end());
  screen.put(row, 1, "Top 3:", Ink::label);

  struct Medal {
    std::string_view name;
    std::string share;
  };
  std::vector<Medal> medals;
  for (std::size_t i = 0; i < count; ++i) {
    medals.push_back({model.frames()[model.frames()[FunctionId{rows[i].id}].name],
                      ' ' + percent(percent_of(rows[i].key, model.figures().total().weight))});
  }
  constexpr int longest = 25;
  constexpr int shortest = 8;
  const auto width = [&](std::size_t first_n, int name_room) {
    int all = 0;
    for (std::size_t i = 0; i < first_n; ++i) {
      all += 3 + std::min(width_of(medals[i].name), name_room) + width_of(medals[i].share) + 3;
    }
    return all - 3;
  };
  const int room = screen.columns() - label_width;
  while (count > 1 && width(count, shortest) > room) --count;
  int name_room = longest;
  while (name_room > shortest && width(count, name_room) > room) --name_room;

  constexpr std::array<Ink, 3> inks{Ink::gold, Ink::silver, Ink::bronze};
  constexpr std::array<std::string_view, 3> discs{"\u25cf1 ", "\u25cf2 ", "\u25cf3 "};
  constexpr std::array<std::string_view, 3> plain{"1. ", "2. ", "3. "};
  int at = label_width;
  for (std::size_t i = 0; i < count; ++i) {
    at = screen.put(row, at, screen.unicode() ? discs[i] : plain[i], inks[i]);
    at = screen.put(row, at, medals[i].name, Ink::function, name_room);
    at = screen.put(row, at, medals[i].share, Ink::strong) + 3;
  }
}

inline std::string_view finished_text(End end) noexcept {
  switch (end) {
    case End::running:
      return "";
    case End::stopped:
      return "Profiling stopped";
    case End::duration:
      return "Profiling finished";
    case End::exited:
      return "The program has ended";
    case End::failed:
      return "Profiling failed";
  }
  return "";
}

inline void draw_banner(Screen& screen, int row, const Model& model) {
  screen.fill(row, 0, screen.columns(), U' ', {Ink::banner});
  std::string text{finished_text(model.ending().end)};
  if (!model.ending().text.empty()) text += ": " + model.ending().text;
  text += screen.unicode() ? " \u2014 results are frozen, press q to leave"
                           : " - results are frozen, press q to leave";
  screen.field(row, 1, screen.columns() - 2, text, {Ink::banner}, Align::centre);
}

}  // namespace tachyon::live
