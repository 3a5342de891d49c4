#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>
#include <tachyon/live/model.hpp>
#include <tachyon/live/ui.hpp>

// Which rows a view has, and in which order. Drawing and moving the selection ask the same
// question, so they agree.
namespace tachyon::live {

// What `s` sorts by. Shares are shares of time.
constexpr std::uint64_t sort_key(const Figures& figures, Sort sort) noexcept {
  switch (sort) {
    case Sort::samples:
      return figures.self.samples;
    case Sort::share:
    case Sort::self_time:
      return figures.self.weight;
    case Sort::total_share:
    case Sort::total_time:
      return figures.total.weight;
  }
  return 0;
}
// Equal rows are ordered by the other figure, then by number: a table that stands still.
constexpr std::uint64_t second_key(const Figures& figures, Sort sort) noexcept {
  const bool by_total = sort == Sort::total_share || sort == Sort::total_time;
  return by_total ? figures.self.weight : figures.total.weight;
}

namespace detail {

struct Ranked {
  std::uint64_t key;
  std::uint64_t second;
  RowId id;
  bool operator<(const Ranked& other) const noexcept {
    if (key != other.key) return key > other.key;
    if (second != other.second) return second > other.second;
    return id < other.id;
  }
};

inline std::vector<RowId> ids_of(const std::vector<Ranked>& rows) {
  std::vector<RowId> out;
  out.reserve(rows.size());
  for (const Ranked& row : rows) out.push_back(row.id);
  return out;
}

}  // namespace detail

inline std::vector<RowId> function_rows(const Model& model, Ui& ui) {
  std::vector<detail::Ranked> rows;
  rows.reserve(model.figures().seen().size());
  for (const FunctionId id : model.figures().seen()) {
    if (!ui.filter.accepts(model.frames(), id)) continue;
    const Figures& figures = model.figures().function(id);
    rows.push_back(
        {sort_key(figures, ui.sort), second_key(figures, ui.sort), static_cast<std::uint32_t>(id)});
  }
  std::sort(rows.begin(), rows.end());
  return detail::ids_of(rows);
}

// How many there would be.
inline std::size_t function_count(const Model& model, Ui& ui) {
  const std::span<const FunctionId> seen = model.figures().seen();
  if (ui.filter.empty()) return seen.size();
  return static_cast<std::size_t>(std::count_if(seen.begin(), seen.end(), [&](FunctionId id) {
    return ui.filter.accepts(model.frames(), id);
  }));
}

// The children of a path that have samples, by the chosen order.
inline std::vector<std::uint32_t> tree_children(const Model& model, Sort sort, std::uint32_t path) {
  std::vector<detail::Ranked> rows;
  const std::vector<Path>& paths = model.shapes().paths();
  for (std::uint32_t at = paths[path].first_child; at != 0; at = paths[at].next_sibling) {
    const Figures& figures = model.figures().path(at);
    if (figures.total.samples == 0) continue;
    rows.push_back({sort_key(figures, sort), second_key(figures, sort), at});
  }
  std::sort(rows.begin(), rows.end());
  return detail::ids_of(rows);
}

inline constexpr std::size_t most_tree_rows = 20'000;

// Expanded paths, depth first. The root itself is no row.
inline std::vector<RowId> tree_rows(const Model& model, const Ui& ui) {
  std::vector<RowId> out;
  std::vector<std::uint32_t> open = tree_children(model, ui.tree_sort, 0);
  std::reverse(open.begin(), open.end());
  while (!open.empty() && out.size() < most_tree_rows) {
    const std::uint32_t path = open.back();
    open.pop_back();
    out.push_back(path);
    if (!ui.is_expanded(path)) continue;
    const std::vector<std::uint32_t> children = tree_children(model, ui.tree_sort, path);
    open.insert(open.end(), children.rbegin(), children.rend());
  }
  return out;
}

// Opens the tree along its heaviest branch, as long as that is most of its parent.
inline void expand_hot_path(const Model& model, Ui& ui, std::uint32_t path) {
  for (int steps = 0; steps < 200; ++steps) {
    const std::vector<std::uint32_t> children = tree_children(model, Sort::total_time, path);
    if (children.empty()) return;
    const std::uint64_t all = model.figures().path(path).total.weight;
    if (path != 0) ui.expand(path, true);
    if (model.figures().path(children[0]).total.weight * 2 < all) return;
    path = children[0];
  }
}

// Lines of `text` from line `from` (1 is the first) up to and without `to`.
inline std::string_view source_line(std::string_view text, std::int32_t number) {
  for (std::int32_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (line == number) {
      const std::string_view found = text.substr(0, end);
      return found.ends_with('\r') ? found.substr(0, found.size() - 1) : found;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

namespace detail {

inline std::size_t indentation(std::string_view line) noexcept {
  const std::size_t at = line.find_first_not_of(" \t\r\f");
  return at == std::string_view::npos ? std::string_view::npos : at;
}

// The last line of the block that begins at `first`: all that is indented deeper, and at least up
// to `least`, the last line with samples. Code at the outermost level goes on to that line only.
inline std::int32_t block_end(std::string_view text, std::int32_t first, std::int32_t least) {
  constexpr std::int32_t longest = 5000;
  std::int32_t last = std::max(first, least);
  std::size_t outer = std::string_view::npos;
  bool in_header = true;  // decorators, and arguments over several lines
  std::int32_t line = 1;
  while (!text.empty() && line < first + longest) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view now = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line >= first) {
      const std::size_t indent = indentation(now);
      if (line == first) outer = indent;
      if (indent != std::string_view::npos) {
        if (line > least && !in_header && indent <= outer) return last;
        if (indent > outer && outer != std::string_view::npos) in_header = false;
        if (line > last && indent > outer) last = line;
      }
    }
    ++line;
  }
  return last;
}

}  // namespace detail

// Lines of the chosen function: its whole block where there is source,
// otherwise those with samples.
inline std::vector<RowId> line_rows(const Model& model, const Ui& ui) {
  std::vector<RowId> out;
  if (!ui.function || static_cast<std::uint32_t>(*ui.function) >= model.frames().function_count()) {
    return out;
  }
  for (std::uint32_t i = 0; i < model.shapes().line_count(); ++i) {
    const Line& line = model.shapes().line(i);
    if (line.function != *ui.function || line.line < 0) continue;
    if (model.figures().line(i).total.samples != 0) out.push_back(static_cast<RowId>(line.line));
  }
  std::sort(out.begin(), out.end());
  const Function& function = model.frames()[*ui.function];
  const std::string_view source = model.source_of(model.frames()[function.file]);
  if (source.empty() || out.empty()) return out;
  const auto low = static_cast<std::int32_t>(out.front());
  const auto high = static_cast<std::int32_t>(out.back());
  const bool module = model.frames()[function.name] == "<module>";
  std::int32_t from = function.first_line > 0 ? std::min(function.first_line, low) : low;
  std::int32_t to = module ? high + 3 : detail::block_end(source, from, high);
  if (module) from = std::max(1, low - 3);
  out.clear();
  for (std::int32_t line = from; line <= to; ++line) out.push_back(static_cast<RowId>(line));
  return out;
}

// Direct samples of a task are those in which it was the innermost one.
inline Figures task_figures(const Model& model, FunctionId id) {
  const auto i = static_cast<std::size_t>(id);
  return {i < model.tasks().size() ? model.tasks()[i].self : Totals{},
          model.figures().function(id).total};
}

inline std::vector<RowId> task_rows(const Model& model, Ui& ui) {
  std::vector<detail::Ranked> rows;
  for (const FunctionId id : model.figures().seen()) {
    if (model.shapes().kind(id) != FrameKind::task) continue;
    if (!ui.filter.accepts(model.frames(), id)) continue;
    const Figures figures = task_figures(model, id);
    rows.push_back(
        {sort_key(figures, ui.sort), second_key(figures, ui.sort), static_cast<std::uint32_t>(id)});
  }
  std::sort(rows.begin(), rows.end());
  return detail::ids_of(rows);
}

// Processes as a tree where there are several, each followed by its threads.
inline std::vector<RowId> thread_rows(const Model& model, Ui& ui) {
  std::vector<RowId> out;
  const auto threads_of = [&](std::int64_t process, bool every) {
    for (const ThreadIndex index : model.active_threads()) {
      const Thread& thread = model.tables().threads[index];
      if (!every && thread.process != process) continue;
      const std::string_view name = thread.python_name.empty() ? thread.name : thread.python_name;
      if (ui.filter.empty() || ui.filter.matches(std::to_string(thread.id), name)) {
        out.push_back(static_cast<std::uint32_t>(index));
      }
    }
  };
  const std::vector<Process>& processes = model.processes();
  if (processes.size() < 2) {
    threads_of(0, true);
    return out;
  }
  std::vector<bool> placed(processes.size());
  std::vector<std::size_t> open;
  const auto push_children = [&](std::int64_t parent) {
    for (std::size_t i = processes.size(); i-- > 0;) {
      if (!placed[i] && processes[i].parent == parent) open.push_back(i);
    }
  };
  const auto walk = [&] {
    while (!open.empty()) {
      const std::size_t i = open.back();
      open.pop_back();
      if (placed[i]) continue;
      placed[i] = true;
      out.push_back(process_row | static_cast<RowId>(i));
      threads_of(processes[i].id, false);
      push_children(processes[i].id);
    }
  };
  // First those whose parent is not in the list: the target, and orphans. Process numbers are used
  // again, so two may seem to be each other's parent; then one of them goes first.
  for (const bool orphans : {true, false}) {
    for (std::size_t i = 0; i < processes.size(); ++i) {
      const bool orphan = std::none_of(processes.begin(), processes.end(), [&](const Process& p) {
        return p.id == processes[i].parent;
      });
      if (placed[i] || orphan != orphans) continue;
      open.push_back(i);
      walk();
    }
  }
  return out;
}

inline std::vector<RowId> rows_of(const Model& model, Ui& ui) {
  switch (ui.view) {
    case View::functions:
      return function_rows(model, ui);
    case View::tree:
      return tree_rows(model, ui);
    case View::lines:
      return line_rows(model, ui);
    case View::tasks:
      return task_rows(model, ui);
    case View::threads:
      return thread_rows(model, ui);
  }
  return {};
}

}  // namespace tachyon::live
