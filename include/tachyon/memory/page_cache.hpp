#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <tachyon/memory/concept.hpp>

// Pages of another memory, for structures of thousands of small objects that are looked through
// again and again: all tasks of an event loop, ten thousand of them. Read one by one they cost half
// a microsecond each, several times over; but they lie close together, and a page of 4 KiB costs no
// more than one of them. So each round begins by copying, in a few calls, every page that the round
// before had touched, and nearly all reads are answered from there.
//
//   refresh()   pages touched last time -> one vectored read -> all of about one moment
//   read()      from the copy; a page that is not there is fetched and remembered
//
// What is not touched for a round is forgotten. Within a round a page never changes under the
// reader, so a list that is being relinked by the target stays the list that it was.
namespace tachyon {

template <Memory M>
class PageCache {
 public:
  static constexpr std::size_t page_size = 4096;

  explicit PageCache(M& memory, std::size_t most_pages = std::size_t{1} << 13)  // 32 MiB
      : memory_{memory}, most_pages_{most_pages} {}

  void refresh() {
    ++round_;
    std::vector<std::uint64_t> wanted;
    for (const Slot& slot : slots_) {
      if (slot.touched + 1 == round_) wanted.push_back(slot.page);
    }
    std::sort(wanted.begin(), wanted.end());
    slots_.clear();
    index_.clear();
    last_ = none;
    grow(wanted.size());
    for (const std::uint64_t page : wanted) add(page);
    std::vector<Range> ranges;
    for (std::size_t i = 0; i < slots_.size();) {
      std::size_t end = i + 1;
      while (end < slots_.size() && slots_[end].page == slots_[end - 1].page + 1) ++end;
      ranges.push_back({address(slots_[i].page), bytes(i, end - i)});
      i = end;
    }
    // A page that has gone fails its range and stops the call: what was not copied is asked for
    // again when it is needed.
    std::size_t done = 0;
    if (const auto copied =
            ranges.empty() ? Result<std::size_t>{std::size_t{0}} : memory_.read_many(ranges)) {
      done = *copied;
    }
    for (std::size_t r = 0; r < done; ++r) {
      const std::uint64_t first = ranges[r].at.value / page_size;
      for (std::uint64_t p = 0; p < ranges[r].into.size() / page_size; ++p) {
        slots_[index_[first + p]].filled = true;
      }
    }
  }

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    while (!into.empty()) {
      const std::size_t offset = at.value % page_size;
      const std::size_t length = std::min(into.size(), page_size - offset);
      const std::size_t slot = find(at.value / page_size);
      if (slot == none) return memory_.read(at, into);
      std::memcpy(into.data(), storage_.get() + slot * page_size + offset, length);
      into = into.subspan(length);
      at = at + length;
    }
    return {};
  }
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto ok = read(ranges[i].at, ranges[i].into);
      if (!ok && i == 0) return ok.error();
      if (!ok) return i;
    }
    return ranges.size();
  }

  std::size_t page_count() const noexcept { return slots_.size(); }

 private:
  struct Slot {
    std::uint64_t page = 0;
    std::uint64_t touched = 0;
    bool filled = false;
  };
  static constexpr std::size_t none = ~std::size_t{0};

  static Address address(std::uint64_t page) noexcept { return {page * page_size}; }
  std::span<std::byte> bytes(std::size_t slot, std::size_t count) noexcept {
    return {storage_.get() + slot * page_size, count * page_size};
  }

  // Room for `count` pages and as many again; what is there is kept.
  void grow(std::size_t count) {
    const std::size_t wanted = std::clamp<std::size_t>(count * 2, 64, most_pages_);
    if (wanted <= capacity_) return;
    auto larger = std::make_unique_for_overwrite<std::byte[]>(wanted * page_size);
    if (!slots_.empty()) std::memcpy(larger.get(), storage_.get(), slots_.size() * page_size);
    storage_ = std::move(larger);
    capacity_ = wanted;
  }
  std::size_t add(std::uint64_t page) {
    index_.emplace(page, slots_.size());
    slots_.push_back({page, 0, false});
    return slots_.size() - 1;
  }

  // The slot that holds `page`, filled; none where it cannot be had or kept.
  std::size_t find(std::uint64_t page) noexcept {
    if (last_ != none && slots_[last_].page == page) return last_;
    std::size_t slot;
    if (const auto known = index_.find(page); known != index_.end()) {
      slot = known->second;
    } else {
      if (slots_.size() == most_pages_) return none;
      if (slots_.size() == capacity_) grow(slots_.size());
      slot = add(page);
    }
    if (!slots_[slot].filled) {
      if (!memory_.read(address(page), bytes(slot, 1))) return none;
      slots_[slot].filled = true;
    }
    slots_[slot].touched = round_;
    return last_ = slot;
  }

  M& memory_;
  std::size_t most_pages_;
  std::uint64_t round_ = 0;
  std::vector<Slot> slots_;
  std::unordered_map<std::uint64_t, std::size_t> index_;
  std::unique_ptr<std::byte[]> storage_;
  std::size_t capacity_ = 0;
  std::size_t last_ = none;
};

}  // namespace tachyon
