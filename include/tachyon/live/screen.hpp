#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <tachyon/live/glyphs.hpp>

// What the terminal should show, as a grid of cells.
//
// The views draw a whole screen each time, as if terminals were free; update.hpp compares it with
// what is there already and sends the difference. A cell says what it means (`Ink`), not its
// colour: the palette turns meanings into colours once, at the end, for the terminal at hand.
//
// A wide character lives in its left cell (width 2) and leaves a cell of width 0 behind it.
// Combining marks belong to the cell before them, one for each cell. Nothing that does not fit is
// cut in half.
namespace tachyon::live {

struct Size {
  int rows = 0;
  int columns = 0;
  friend constexpr bool operator==(Size, Size) noexcept = default;
};

enum class Ink : std::uint8_t {
  text,
  dim,
  strong,
  title,
  rule,
  label,
  function,
  file,
  number,
  good,
  bad,
  warn,
  bar,
  rest,  // the empty part of a bar
  header,
  sorted,
  up,
  down,
  gold,
  silver,
  bronze,
  key,
  match,
  banner,
  spark,
  heat_low,
  heat_middle,
  heat_high,
};
inline constexpr int ink_count = static_cast<int>(Ink::heat_high) + 1;

struct Style {
  Ink ink = Ink::text;
  bool selected = false;
  friend constexpr bool operator==(Style, Style) noexcept = default;
};

struct ScreenCell {
  char32_t glyph = U' ';
  char32_t mark = 0;
  Style style{};
  std::uint8_t width = 1;
  friend constexpr bool operator==(const ScreenCell&, const ScreenCell&) noexcept = default;
};

enum class Align : std::uint8_t { left, right, centre };

class Screen {
 public:
  Screen() = default;
  explicit Screen(Size size, bool unicode = true)
      : size_{std::max(size.rows, 0), std::max(size.columns, 0)},
        unicode_{unicode},
        cells_(static_cast<std::size_t>(size_.rows) * static_cast<std::size_t>(size_.columns)) {}

  Size size() const noexcept { return size_; }
  int rows() const noexcept { return size_.rows; }
  int columns() const noexcept { return size_.columns; }
  bool unicode() const noexcept { return unicode_; }  // or ASCII only
  const ScreenCell& at(int row, int column) const { return cells_[index(row, column)]; }

  // Writes from `column` on, at most `room` columns, and gives the column after the last one used.
  // Text that does not fit ends in an ellipsis.
  int put(int row, int column, std::string_view text, Style style = {}, int room = 1 << 20);
  int put(int row, int column, std::string_view text, Ink ink, int room = 1 << 20) {
    return put(row, column, text, Style{ink, false}, room);
  }
  // The same inside a field of fixed width, filled up with blanks.
  void field(int row, int column, int width, std::string_view text, Style style,
             Align align = Align::left);
  void fill(int row, int column, int width, char32_t glyph, Style style = {});
  // Marks what is there already, from `column` on.
  void select(int row, int column, int width);
  void tint(int row, int column, int width, Ink ink);

  // One row as text without blanks at its end: what a test reads.
  std::string row_text(int row) const;

 private:
  std::size_t index(int row, int column) const noexcept {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(size_.columns) +
           static_cast<std::size_t>(column);
  }
  bool inside(int row, int column) const noexcept {
    return row >= 0 && row < size_.rows && column >= 0 && column < size_.columns;
  }
  void set(int row, int column, const ScreenCell& cell);

  Size size_{};
  bool unicode_ = true;
  std::vector<ScreenCell> cells_;
};

// Overwriting half of a wide character blanks its other half, as terminals do.
inline void Screen::set(int row, int column, const ScreenCell& cell) {
  ScreenCell& old = cells_[index(row, column)];
  if (old.width == 0 && column > 0) cells_[index(row, column - 1)].width = 1;
  if (old.width == 0 && column > 0) cells_[index(row, column - 1)].glyph = U' ';
  if (old.width == 2 && column + 1 < size_.columns) cells_[index(row, column + 1)] = ScreenCell{};
  old = cell;
}

inline int Screen::put(int row, int column, std::string_view text, Style style, int room) {
  if (row < 0 || row >= size_.rows || column < 0) return column;
  const int end = static_cast<int>(
      std::min<std::int64_t>(size_.columns, static_cast<std::int64_t>(column) + room));
  int at = column;
  int last = -1;  // column of the last glyph written
  bool cut = false;
  for_each_glyph(text, [&](char32_t code, std::uint8_t width) {
    if (!unicode_ && code > 0x7e) {
      if (width == 0) return true;
      code = U'?';
      width = 1;
    }
    if (width == 0) {
      if (last >= 0) cells_[index(row, last)].mark = code;
      return true;
    }
    if (at + width > end) {
      cut = true;
      return false;
    }
    set(row, at, {code, 0, style, width});
    if (width == 2) set(row, at + 1, {U' ', 0, style, 0});
    last = at;
    at += width;
    return true;
  });
  if (cut && end > column) {
    // The ellipsis takes the last column; half a wide character there becomes a blank.
    for (int c = at; c < end; ++c) set(row, c, {U' ', 0, style, 1});
    set(row, end - 1, {unicode_ ? U'\u2026' : U'~', 0, style, 1});
    at = end;
  }
  return at;
}

inline void Screen::field(int row, int column, int width, std::string_view text, Style style,
                          Align align) {
  fill(row, column, width, U' ', style);
  const int used = align == Align::left ? 0 : std::min(width_of(text), width);
  const int skip = align == Align::left    ? 0
                   : align == Align::right ? width - used
                                           : (width - used) / 2;
  put(row, column + skip, text, style, width - skip);
}

inline void Screen::fill(int row, int column, int width, char32_t glyph, Style style) {
  for (int c = column; c < column + width && inside(row, c); ++c) set(row, c, {glyph, 0, style, 1});
}

inline void Screen::select(int row, int column, int width) {
  for (int c = column; c < column + width && inside(row, c); ++c) {
    cells_[index(row, c)].style.selected = true;
  }
}

inline void Screen::tint(int row, int column, int width, Ink ink) {
  for (int c = column; c < column + width && inside(row, c); ++c) {
    cells_[index(row, c)].style.ink = ink;
  }
}

inline std::string Screen::row_text(int row) const {
  std::string out;
  for (int c = 0; c < size_.columns && row >= 0 && row < size_.rows; ++c) {
    const ScreenCell& cell = at(row, c);
    if (cell.width == 0) continue;
    append_utf8(out, cell.glyph);
    if (cell.mark != 0) append_utf8(out, cell.mark);
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

}  // namespace tachyon::live
