#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <tachyon/live/input.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/rows.hpp>
#include <tachyon/live/ui.hpp>

// What each key does. The keys of the function table are those of CPython's own live profiler, so
// that hands need not learn anew; the other views only use keys it left free, and arrows where they
// mean what arrows mean in a list.
namespace tachyon::live {

// What only the event loop can do.
struct Reaction {
  bool quit = false;
  bool interrupt = false;  // end sampling; once it has ended, quit
  bool suspend = false;
  bool repaint = false;
  std::optional<std::string> save{};  // to this path
};

namespace detail {

inline bool same_letter(char32_t c, char letter) noexcept {
  return c == static_cast<char32_t>(letter) || c == static_cast<char32_t>(letter - 32);
}

inline void step_thread(Model& model, int step) {
  const std::vector<ThreadIndex>& threads = model.active_threads();
  if (threads.empty()) return;
  const auto count = static_cast<int>(threads.size());
  const auto at = std::find(threads.begin(), threads.end(), model.scope().thread);
  int index = static_cast<int>(at - threads.begin());
  if (model.scope().kind != Scope::Kind::thread || index == count) {
    index = step > 0 ? 0 : count - 1;  // the first step shows one end of the list
  } else {
    index = (index + step + count) % count;
  }
  model.choose({Scope::Kind::thread, threads[static_cast<std::size_t>(index)], 0});
}

inline void toggle_thread(Model& model) {
  if (model.scope().kind == Scope::Kind::all) {
    step_thread(model, 1);
  } else {
    model.choose({});
  }
}

inline int index_of(const std::vector<RowId>& rows, std::optional<RowId> id) {
  if (!id) return 0;
  const auto at = std::find(rows.begin(), rows.end(), *id);
  return at == rows.end() ? 0 : static_cast<int>(at - rows.begin());
}

inline void move_selection(const Model& model, Ui& ui, int by) {
  const std::vector<RowId> rows = rows_of(model, ui);
  if (rows.empty()) return;
  const int last = static_cast<int>(rows.size()) - 1;
  const int to = std::clamp(index_of(rows, ui.selection()) + by, 0, last);
  ui.selection() = rows[static_cast<std::size_t>(to)];
}

inline std::optional<RowId> selected_row(const Model& model, Ui& ui) {
  const std::vector<RowId> rows = rows_of(model, ui);
  if (rows.empty()) return std::nullopt;
  return rows[static_cast<std::size_t>(index_of(rows, ui.selection()))];
}

inline std::optional<RowId> hottest_line(const Model& model, FunctionId function) {
  std::optional<RowId> hottest;
  std::uint64_t most = 0;
  for (std::uint32_t i = 0; i < model.shapes().line_count(); ++i) {
    const Line& line = model.shapes().line(i);
    const std::uint64_t samples = model.figures().line(i).total.samples;
    if (line.function != function || samples <= most) continue;
    most = samples;
    hottest = static_cast<RowId>(line.line);
  }
  return hottest;
}

inline void show(const Model& model, Ui& ui, View view) {
  if (view == View::lines && ui.view != View::lines) {
    const std::optional<RowId> row = selected_row(model, ui);
    std::optional<FunctionId> function;
    if (row && ui.view == View::functions) function = FunctionId{*row};
    if (row && ui.view == View::tree) function = model.shapes().paths()[*row].function;
    if (function && function != ui.function) {
      ui.function = function;
      ui.selected[static_cast<std::size_t>(View::lines)] = hottest_line(model, *function);
      ui.top[static_cast<std::size_t>(View::lines)] = 0;
    }
  }
  if (view == View::tree && !ui.tree_opened) {
    ui.tree_opened = true;
    expand_hot_path(model, ui, 0);
  }
  ui.view = view;
}

inline void turn_view(const Model& model, Ui& ui, std::size_t by) {
  show(model, ui, static_cast<View>((static_cast<std::size_t>(ui.view) + by) % view_count));
}

// Enter, space, a second click.
inline void open_row(Model& model, Ui& ui) {
  const std::optional<RowId> row = selected_row(model, ui);
  if (!row) return;
  switch (ui.view) {
    case View::functions:
      show(model, ui, View::lines);
      return;
    case View::tree:
      ui.expand(*row, !ui.is_expanded(*row));
      ui.selection() = row;
      return;
    case View::threads:
      if (*row & process_row) {
        model.choose({Scope::Kind::process, {}, model.processes()[*row & ~process_row].id});
      } else {
        model.choose({Scope::Kind::thread, ThreadIndex{*row}, 0});
      }
      show(model, ui, View::functions);
      return;
    case View::tasks:
    case View::lines:
      return;
  }
}

// Left in the tree: close this, or go to its parent.
inline void close_row(const Model& model, Ui& ui) {
  const std::optional<RowId> row = selected_row(model, ui);
  if (!row) return;
  if (ui.is_expanded(*row)) {
    ui.expand(*row, false);
  } else if (const std::uint32_t parent = model.shapes().paths()[*row].parent; parent != 0) {
    ui.selection() = parent;
  }
}

inline void arrow(Model& model, Ui& ui, Key key) {
  const bool list = ui.view != View::functions || model.run().options.opcodes;
  if (list && key == Key::up) return move_selection(model, ui, -1);
  if (list && key == Key::down) return move_selection(model, ui, 1);
  if (ui.view == View::tree && key == Key::left) return close_row(model, ui);
  if (ui.view == View::tree && key == Key::right) {
    const std::optional<RowId> row = selected_row(model, ui);
    if (row) ui.expand(*row, true);
    return;
  }
  step_thread(model, key == Key::left || key == Key::up ? -1 : 1);
}

inline void edit_prompt(Ui& ui, const Event& event, Reaction& reaction) {
  std::string& text = ui.prompt->text;
  switch (event.key) {
    case Key::character:
    case Key::pasted:
      if (text.size() < 400) append_utf8(text, event.character);
      return;
    case Key::backspace:
      while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U) {
        text.pop_back();
      }
      if (!text.empty()) text.pop_back();
      return;
    case Key::escape:
    case Key::interrupt:
      ui.prompt.reset();
      return;
    case Key::enter: {
      const Prompt done = *std::exchange(ui.prompt, std::nullopt);
      if (done.purpose == Prompt::Purpose::filter) ui.filter.set(done.text);
      if (done.purpose == Prompt::Purpose::save && !done.text.empty()) reaction.save = done.text;
      return;
    }
    default:
      return;
  }
}

inline void click(Model& model, Ui& ui, const Event& event) {
  if (event.row == ui.tabs_row) {
    for (const Ui::Tab& tab : ui.tabs) {
      if (event.column >= tab.from && event.column < tab.to) return show(model, ui, tab.view);
    }
    return;
  }
  if (event.row == ui.table_row - 1) {
    for (const auto& [last, sort] : ui.headings) {
      if (event.column <= last) {
        ui.order_by(sort);
        return;
      }
    }
    return;
  }
  const int row = event.row - ui.table_row;
  if (row < 0 || row >= static_cast<int>(ui.visible.size())) return;
  const RowId id = ui.visible[static_cast<std::size_t>(row)];
  if (ui.selection() == id) return open_row(model, ui);
  ui.selection() = id;
}

inline void letter(Model& model, Ui& ui, char32_t c, Moment now, Reaction& reaction) {
  const auto is = [&](char lower) { return same_letter(c, lower); };
  const auto sort_by = [&](std::size_t step) {
    const auto order = ui.order();
    if (order)
      ui.order_by(static_cast<Sort>((static_cast<std::size_t>(*order) + step) % sort_count));
  };
  if (is('q')) {
    reaction.quit = true;
  } else if (c == U's') {
    sort_by(1);
  } else if (c == U'S') {
    sort_by(sort_count - 1);
  } else if (is('p')) {
    if (model.running()) ui.paused = !ui.paused;
  } else if (is('r')) {
    model.reset(now);
  } else if (c == U'/') {
    ui.prompt = Prompt{Prompt::Purpose::filter, ui.filter.text()};
  } else if (is('c')) {
    ui.filter.set("");
  } else if (is('t')) {
    toggle_thread(model);
  } else if (is('j')) {
    move_selection(model, ui, 1);
  } else if (is('k')) {
    move_selection(model, ui, -1);
  } else if (c == U'+' || c == U'=') {
    ui.interval = std::max(ui.interval - Ui::interval_step, Ui::shortest_interval);
  } else if (c == U'-' || c == U'_') {
    ui.interval = std::min(ui.interval + Ui::interval_step, Ui::longest_interval);
  } else if (is('x')) {
    ui.trends = !ui.trends;
  } else if (is('h') || c == U'?') {
    ui.help = true;
  } else if (is('w')) {
    ui.prompt = Prompt{Prompt::Purpose::save, ui.save_as};
  } else if (is('l')) {
    show(model, ui, View::lines);
  } else if (is('e') && ui.view == View::tree) {
    if (const std::optional<RowId> row = selected_row(model, ui)) expand_hot_path(model, ui, *row);
  } else if (c == U' ') {
    open_row(model, ui);
  } else if (c >= U'1' && c < U'1' + view_count) {
    show(model, ui, static_cast<View>(c - U'1'));
  }
}

}  // namespace detail

inline Reaction handle(Model& model, Ui& ui, const Event& event, Moment now) {
  Reaction reaction;
  constexpr int everything = 1 << 24;
  if (event.key == Key::suspend) {
    reaction.suspend = true;
    return reaction;
  }
  if (event.key == Key::redraw) reaction.repaint = true;
  if (ui.prompt) {
    detail::edit_prompt(ui, event, reaction);
    return reaction;
  }
  if (event.key == Key::interrupt) {
    reaction.interrupt = true;
    return reaction;
  }
  const bool pressed = event.key != Key::wheel_up && event.key != Key::wheel_down &&
                       event.key != Key::click && event.key != Key::pasted;
  if (ui.help) {  // any key closes it and does nothing else
    if (pressed) ui.help = false;
    return reaction;
  }
  switch (event.key) {
    case Key::character:
      detail::letter(model, ui, event.character, now, reaction);
      break;
    case Key::up:
    case Key::down:
    case Key::left:
    case Key::right:
      detail::arrow(model, ui, event.key);
      break;
    case Key::home:
      detail::move_selection(model, ui, -everything);
      ui.selection().reset();
      break;
    case Key::end:
      detail::move_selection(model, ui, everything);
      break;
    case Key::page_up:
      detail::move_selection(model, ui, -std::max(ui.page - 1, 1));
      break;
    case Key::page_down:
      detail::move_selection(model, ui, std::max(ui.page - 1, 1));
      break;
    case Key::wheel_up:
      detail::move_selection(model, ui, -3);
      break;
    case Key::wheel_down:
      detail::move_selection(model, ui, 3);
      break;
    case Key::click:
      detail::click(model, ui, event);
      break;
    case Key::enter:
      detail::open_row(model, ui);
      break;
    case Key::tab:
      detail::turn_view(model, ui, 1);
      break;
    case Key::back_tab:
      detail::turn_view(model, ui, view_count - 1);
      break;
    case Key::escape:
    case Key::backspace:
      detail::show(model, ui, View::functions);
      break;
    default:
      break;
  }
  return reaction;
}

}  // namespace tachyon::live
