#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <tachyon/live/palette.hpp>
#include <tachyon/live/screen.hpp>

// From one screen to the next with few bytes.
//
// Cells that did not change are not sent; that is what makes a refresh over a slow link bearable
// and keeps the picture steady on a fast one. Two changed cells with fewer than five unchanged ones
// between them are one run, since moving the cursor costs as much as writing over the gap. A row
// that ends in plain blanks is cut with "erase to the end of the line".
//
//   was    "total   7  abc"        sent   CSI 1;9 H  8
//   is     "total   8  abc"
//
// After anything but plain ASCII the cursor is placed anew before the next run, and at once after a
// wide or marked character: a terminal that disagrees about a width spoils this character only.
namespace tachyon::live {

class ScreenUpdate {
 public:
  explicit ScreenUpdate(Colours colours) : colours_{colours} {}

  // Nothing is known about what the terminal shows (start, resize, after a suspend).
  void forget() noexcept { known_ = false; }

  // What to send so that the terminal shows `next`; empty when it does already.
  std::string to(Screen next);

 private:
  bool same(const Screen& next, int row, int column) const {
    return next.at(row, column) == shown_.at(row, column);
  }
  void row_to(const Screen& next, int row);
  void move(int row, int column);
  void write(int row, int column, const ScreenCell& cell);

  static constexpr int gap_ = 4;

  Colours colours_;
  Screen shown_;
  bool known_ = false;
  std::string out_;
  int row_ = -1;  // where the terminal's cursor is; -1 = unknown
  int column_ = -1;
  Style style_{};
  bool style_known_ = false;
  bool adrift_ = false;  // the last character's width is a matter of opinion
};

inline std::string ScreenUpdate::to(Screen next) {
  out_.clear();
  row_ = column_ = -1;
  style_known_ = adrift_ = false;
  if (!known_ || shown_.size() != next.size()) {
    shown_ = Screen{next.size(), next.unicode()};
    out_ += "\x1b[0m\x1b[2J";
    known_ = true;
  }
  for (int row = 0; row < next.rows(); ++row) row_to(next, row);
  if (!out_.empty()) out_ += "\x1b[0m";
  shown_ = std::move(next);
  return std::move(out_);
}

inline void ScreenUpdate::row_to(const Screen& next, int row) {
  const int columns = next.columns();
  int blank_from = columns;  // from here on the row is plain blanks
  while (blank_from > 0 && next.at(row, blank_from - 1) == ScreenCell{}) --blank_from;
  for (int c = 0; c < columns; ++c) {
    if (same(next, row, c)) continue;
    if (c >= blank_from && columns - c > gap_) {
      move(row, c);
      if (!style_known_ || style_ != Style{}) append_style(out_, {}, colours_);
      style_ = {};
      style_known_ = true;
      out_ += "\x1b[K";
      return;
    }
    if (next.at(row, c).width == 0 && c > 0) --c;  // the right half changed: write the whole
    int end = c + 1;
    for (int look = end; look < columns && look <= end + gap_; ++look) {
      if (!same(next, row, look)) end = look + 1;
    }
    if (end > blank_from && columns - blank_from > gap_ && blank_from > c) end = blank_from;
    move(row, c);
    for (; c < end; ++c) write(row, c, next.at(row, c));
    --c;
  }
}

inline void ScreenUpdate::move(int row, int column) {
  if (row == row_ && column == column_) return;
  const auto number = [&](int n) { out_ += std::to_string(n); };
  if (row == row_ && column_ >= 0 && column > column_) {
    out_ += "\x1b[";
    if (column - column_ > 1) number(column - column_);
    out_ += 'C';
  } else {
    out_ += "\x1b[";
    number(row + 1);
    out_ += ';';
    number(column + 1);
    out_ += 'H';
  }
  row_ = row;
  column_ = column;
  adrift_ = false;
}

inline void ScreenUpdate::write(int row, int column, const ScreenCell& cell) {
  if (cell.width == 0) return;
  if (adrift_) move(row, column);
  adrift_ = false;
  if (!style_known_ || style_ != cell.style) append_style(out_, cell.style, colours_);
  style_ = cell.style;
  style_known_ = true;
  append_utf8(out_, cell.glyph);
  if (cell.mark != 0) append_utf8(out_, cell.mark);
  // Behind the last column the cursor is in different places on different terminals.
  const bool certain = cell.glyph < 0x7f && cell.mark == 0 && column + 1 < shown_.columns();
  column_ = certain && column_ >= 0 ? column + 1 : -1;
  adrift_ = cell.width == 2 || cell.mark != 0;
}

}  // namespace tachyon::live
