#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <tachyon/base/view.hpp>
#include <tachyon/collect/totals.hpp>

// When things were seen, coarsely: what a page's time brush needs.
//
// The length of a run is not known while it goes on, and memory must not grow with it. So time is
// cut into equal slices, 1 ms at first, and when the limit is reached neighbours are joined and the
// slice length doubles. A run of any length ends with between limit/2 and limit slices, and joining
// costs less than one addition a sample in total. A program that does many different things in
// every slice has fewer slices instead of more memory: they are joined, too, when there are more
// than `most_entries` in all.
namespace tachyon {

class TimeSlices {
 public:
  // What one cell (see call_tree.hpp) got within one slice. Only where samples arrived out of order
  // may a slice hold more than one entry for a cell.
  struct Entry {
    std::uint32_t cell = 0;
    Totals totals{};
  };

  static constexpr std::size_t most_entries = std::size_t{1} << 20;  // 24 bytes each

  explicit TimeSlices(std::uint32_t limit, std::size_t entries = most_entries)
      : limit_{limit < 2 ? 2 : limit}, most_entries_{entries} {}

  void add(std::uint32_t cell, std::uint64_t time, const Totals& totals) {
    while (time / width_ >= limit_) join_neighbours();
    if (entries_ >= most_entries_ && slices_.size() > 16) join_neighbours();
    put(static_cast<std::uint32_t>(time / width_), cell, totals);
  }

  std::uint64_t width() const noexcept { return width_; }  // ns a slice covers
  std::size_t size() const noexcept { return slices_.size(); }
  std::span<const Entry> operator[](std::size_t index) const { return view_of(slices_[index]); }

 private:
  struct Place {
    std::uint32_t slice = 0xffffffff;
    std::uint32_t entry = 0;
  };

  void put(std::uint32_t slice, std::uint32_t cell, const Totals& totals) {
    if (slice >= slices_.size()) slices_.resize(std::size_t{slice} + 1);
    if (cell >= last_.size()) last_.resize(std::size_t{cell} + 1);
    Place& place = last_[cell];
    if (place.slice != slice) {
      place = {slice, static_cast<std::uint32_t>(slices_[slice].size())};
      slices_[slice].push_back({cell, {}});
      ++entries_;
    }
    slices_[slice][place.entry].totals += totals;
  }

  void join_neighbours() {
    std::vector<std::vector<Entry>> old;
    old.swap(slices_);
    last_.clear();
    entries_ = 0;
    width_ *= 2;
    for (std::size_t i = 0; i < old.size(); ++i) {
      for (const Entry& entry : old[i]) {
        put(static_cast<std::uint32_t>(i / 2), entry.cell, entry.totals);
      }
    }
  }

  std::uint32_t limit_;
  std::size_t most_entries_;
  std::size_t entries_ = 0;
  std::uint64_t width_ = 1'000'000;
  std::vector<std::vector<Entry>> slices_;
  std::vector<Place> last_;  // by cell: its newest entry
};

}  // namespace tachyon
