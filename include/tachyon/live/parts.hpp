#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tachyon/base/text.hpp>
#include <tachyon/live/format.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/screen.hpp>

// Small things that several views draw: runs of text, bars, sparklines, names of places in code.
namespace tachyon::live {

// Writes on one row from left to right.
class Pen {
 public:
  Pen(Screen& screen, int row, int column = 0) : screen_{&screen}, row_{row}, column_{column} {}

  Pen& put(std::string_view text, Ink ink = Ink::text) {
    column_ = screen_->put(row_, column_, text, ink);
    return *this;
  }
  Pen& skip(int columns) {
    column_ += columns;
    return *this;
  }
  int room() const noexcept { return std::max(screen_->columns() - column_, 0); }
  int column() const noexcept { return column_; }

 private:
  Screen* screen_;
  int row_;
  int column_;
};

// A bar of `width` columns, `share` of it full. Half columns count.
inline int draw_bar(Screen& screen, int row, int column, int width, double share, Ink full,
                    Ink rest = Ink::rest) {
  const double cells = std::clamp(share, 0.0, 1.0) * width;
  const auto whole = static_cast<int>(cells);
  const bool half = cells - whole >= 0.5;
  const bool unicode = screen.unicode();
  screen.fill(row, column, width, unicode ? U'\u2500' : U'.', {rest});
  screen.fill(row, column, whole, unicode ? U'\u2501' : U'#', {full});
  if (half && unicode) screen.fill(row, column + whole, 1, U'\u2578', {full});
  return column + width;
}

// `values` in 0..1, one column each.
inline void draw_spark(Screen& screen, int row, int column, const double* values, int count,
                       Style style) {
  constexpr std::u32string_view blocks = U" \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588";
  constexpr std::u32string_view letters = U" .:-=+*%#";
  const std::u32string_view levels = screen.unicode() ? blocks : letters;
  for (int i = 0; i < count; ++i) {
    const double value = std::clamp(values[i], 0.0, 1.0);
    const double eighths = std::max(value * 8 - 1e-9, 0.0);
    auto level = static_cast<std::size_t>(eighths);
    if (eighths > static_cast<double>(level)) ++level;  // up
    screen.fill(row, column + i, 1, levels[std::min<std::size_t>(level, 8)], style);
  }
}

// The last minute of a function in `width` columns, oldest first: its share of the scope's samples
// in that time. `total` takes those where it was anywhere on the stack.
inline void draw_history(Screen& screen, int row, int column, int width, const Model& model,
                         const History* history, bool total, Style style) {
  constexpr auto seconds = static_cast<int>(History::seconds);
  std::array<double, History::seconds> values{};
  width = std::clamp(width, 0, seconds);
  if (history == nullptr || width == 0) return;
  const std::uint64_t now = model.second();
  for (int i = 0; i < width; ++i) {
    double part = 0;
    double whole = 0;
    for (int age = seconds - 1 - i * seconds / width; age >= seconds - (i + 1) * seconds / width;
         --age) {
      const History::Slot slot = history->at(now, static_cast<std::uint64_t>(age));
      part += static_cast<double>(total ? slot.total : slot.self);
      whole += static_cast<double>(
          model.figures().history().at(now, static_cast<std::uint64_t>(age)).total);
    }
    values[static_cast<std::size_t>(i)] = ratio_of(part, whole);
  }
  // The shape matters: the highest column is full, unless all of it is next to nothing.
  const double highest = std::max(*std::max_element(values.begin(), values.end()), 0.05);
  for (double& value : values) value /= highest;
  draw_spark(screen, row, column, values.data(), width, style);
}

// A file without the part of the path that every file of a library shares.
inline std::string_view short_file(const Run& run, std::string_view file) {
  std::string_view best = file;
  const auto strip = [&](std::string_view folder) {
    if (folder.size() < 2 || !file.starts_with(folder)) return;
    std::string_view rest = file.substr(folder.size());
    if (!folder.ends_with('/') && !rest.starts_with('/')) return;
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    if (!rest.empty() && rest.size() < best.size()) best = rest;
  };
  for (const std::string& path : run.target.import_paths) strip(path);
  strip(run.target.working_directory);
  for (const std::string_view folder : {"/site-packages/", "/dist-packages/"}) {
    const std::size_t at = best.rfind(folder);
    if (at != std::string_view::npos) best = best.substr(at + folder.size());
  }
  // .../lib/python3.13/json/decoder.py
  if (const std::size_t at = best.find("/lib/python3."); at != std::string_view::npos) {
    const std::size_t slash = best.find('/', at + 13);
    if (slash != std::string_view::npos) best = best.substr(slash + 1);
  }
  return best;
}

// "file:line" in `room` columns; a long path loses its beginning.
inline void draw_place(Screen& screen, int row, int column, int room, std::string_view file,
                       std::int32_t line, Style style) {
  if (room <= 0) return;
  std::string text{file};
  if (line > 0) {
    text += ':';
    append_number(text, static_cast<std::uint64_t>(line));
  }
  int excess = width_of(text) - room;
  if (excess <= 0) {
    screen.put(row, column, text, style, room);
    return;
  }
  std::string_view rest = text;
  for (++excess; excess > 0 && !rest.empty();) {
    const Utf8 next = decode_utf8(rest);
    const std::size_t length = next.length == 0 ? 1 : next.length;
    excess -= std::max(width_of(rest.substr(0, length)), 0);
    rest.remove_prefix(length);
  }
  const int at = screen.put(row, column, screen.unicode() ? "\u2026" : "~", style, room);
  screen.put(row, at, rest, style, room - (at - column));
}

// Where a stack is: "function file:line" of its leaf, markers left out.
inline void draw_leaf(Screen& screen, int row, int column, int room, const Model& model,
                      StackId stack) {
  const FrameTable& frames = model.frames();
  while (stack != StackId::empty && frames[frames.leaf(stack)].kind == FrameKind::task) {
    stack = frames.parent(stack);
  }
  if (stack == StackId::empty) {
    screen.put(row, column, "no Python frames", Ink::dim, room);
    return;
  }
  const FrameId leaf = frames.leaf(stack);
  const int end = screen.put(row, column, frames.name_of(leaf), Ink::function, room);
  draw_place(screen, row, end + 1, room - (end + 1 - column),
             short_file(model.run(), frames.file_of(leaf)), frames[leaf].location.line,
             {Ink::file});
}

constexpr Ink heat_of(double share) noexcept {
  return share >= 0.5 ? Ink::heat_high : share >= 0.15 ? Ink::heat_middle : Ink::heat_low;
}

}  // namespace tachyon::live
