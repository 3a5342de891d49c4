#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/sample/frame_table.hpp>

// Which source range does an instruction belong to? CPython 3.11 and later keep the answer in
// co_linetable, a byte string of entries that each cover a run of code units (2 bytes, inline
// caches included), in order:
//
//     7   6    3 2    0
//   +---+------+------+----------------------+
//   | 1 | kind | n-1  | bytes with bit 7 = 0 |     n code units, 1 to 8
//   +---+------+------+----------------------+
//
//   kind      bytes                  line         columns
//   0 .. 9    b                      same         start = kind*8 + (b >> 4), end = start + (b & 15)
//   10 .. 12  start, end             + kind-10    as given
//   13        svarint line           + line       unknown
//   14        svarint line, varints  + line       less one: 0 is unknown
//             end line, start, end   (both)
//   15        -                      none at all
//
// varint: 6 bits a byte, least significant first, bit 6 = more. svarint: sign in the lowest bit.
//
//   80 0a f1 02 00 14  with first line 7:
//     80 0a      1 unit:  line 7, columns 0..10
//     f1 02 ...  kind 14, 2 units: line 8 (2 is +1), end line 8, columns unknown (0 is -1) .. 19
//
// Bit 7 marks only first bytes, so damage is noticed: the decoder stops there and what it decoded
// so far stays good. Looking up happens for every new (code, instruction) pair only, so a table is
// expanded once into runs and searched by halves; tables of generated functions exceed 64 KiB.
namespace tachyon {

class LineTable {
 public:
  LineTable() = default;

  // `units` bounds the expansion: entries beyond the code itself are not believed.
  static LineTable decode(Bytes table, std::int32_t first_line, std::size_t units) {
    LineTable out;
    Cursor at{table};
    std::int64_t line = first_line;
    std::size_t unit = 0;
    while (!at.done() && unit < units) {
      const unsigned head = at.next();
      if ((head & 0x80U) == 0) {
        out.damaged_ = true;
        break;
      }
      const Run run = at.run(head >> 3 & 15U, line);
      if (at.failed || line > INT32_MAX || line < INT32_MIN) {
        out.damaged_ = true;
        break;
      }
      out.append(static_cast<std::uint32_t>(unit), run.location);
      unit += (head & 7U) + 1;
    }
    out.end_ = static_cast<std::uint32_t>(std::min(unit, units));
    return out;
  }

  // The location of a code unit; line 0 where there is none.
  Location at(std::size_t unit) const noexcept {
    if (unit >= end_) return {};
    const auto after =
        std::upper_bound(runs_.begin(), runs_.end(), unit,
                         [](std::size_t wanted, const Run& run) { return wanted < run.unit; });
    return after == runs_.begin() ? Location{} : std::prev(after)->location;
  }

  bool damaged() const noexcept { return damaged_; }
  std::size_t run_count() const noexcept { return runs_.size(); }

  // Every run in order: start unit and location. For outputs that show whole functions.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Run& run : runs_) visit(run.unit, run.location);
  }

 private:
  struct Run {
    std::uint32_t unit = 0;
    Location location{};
  };

  struct Cursor {
    Bytes bytes;
    std::size_t i = 0;
    bool failed = false;

    bool done() const noexcept { return i >= bytes.size(); }
    unsigned next() noexcept { return std::to_integer<unsigned>(bytes[i++]); }
    unsigned payload() noexcept {
      if (done() || (std::to_integer<unsigned>(bytes[i]) & 0x80U) != 0) {
        failed = true;
        return 0;
      }
      return next();
    }
    std::uint32_t varint() noexcept {
      std::uint64_t value = 0;
      for (unsigned shift = 0; shift < 36; shift += 6) {
        const unsigned b = payload();
        value |= static_cast<std::uint64_t>(b & 63U) << shift;
        if ((b & 64U) == 0)
          return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, INT32_MAX));
      }
      failed = true;
      return 0;
    }
    std::int32_t svarint() noexcept {
      const std::uint32_t u = varint();
      const auto magnitude = static_cast<std::int32_t>(u >> 1);
      return (u & 1U) != 0 ? -magnitude : magnitude;
    }

    Run run(unsigned kind, std::int64_t& line) noexcept {
      Location l{};
      if (kind == 15) return {};
      if (kind == 14) {
        line += svarint();
        const std::int64_t end = line + varint();
        l.end_line = static_cast<std::int32_t>(std::min<std::int64_t>(end, INT32_MAX));
        l.column = static_cast<std::int32_t>(varint()) - 1;
        l.end_column = static_cast<std::int32_t>(varint()) - 1;
        l.line = static_cast<std::int32_t>(line);
        return {0, l};
      }
      if (kind == 13) {
        line += svarint();
      } else if (kind >= 10) {
        line += kind - 10;
        l.column = static_cast<std::int32_t>(payload());
        l.end_column = static_cast<std::int32_t>(payload());
      } else {
        const unsigned b = payload();
        l.column = static_cast<std::int32_t>(kind * 8 + (b >> 4));
        l.end_column = l.column + static_cast<std::int32_t>(b & 15U);
      }
      l.line = l.end_line = static_cast<std::int32_t>(line);
      return {0, l};
    }
  };

  // Long runs are split into entries of 8 units by the compiler: join them again.
  void append(std::uint32_t unit, const Location& location) {
    if (!runs_.empty() && runs_.back().location == location) return;
    runs_.push_back({unit, location});
  }

  std::vector<Run> runs_;
  std::uint32_t end_ = 0;
  bool damaged_ = false;
};

}  // namespace tachyon
