#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/unwind/chain.hpp>

// The stack that a scan has found so far: the lower links of the last stack, as far as nothing about
// them has changed, and the frames on top of them.
//
//   last stack    main | parse | value | digit
//   now           main | parse | skip             2 kept, 1 fresh
namespace tachyon {

// What a scan came to.
enum class ScanResult : std::uint8_t {
  stack,      // what was taken is the thread's stack
  wanted,     // something that is not here has to be read first
  again,      // the rules have something against it, for the first time: read everything again
  wider,      // the frames reach beyond the window
  shorter,    // the stack does not reach up to the window's beginning
  torn,       // what was copied breaks the rules
  misplaced,  // a frame elsewhere runs no code; what was taken is below it
};

class TakenFrames {
 public:
  static constexpr std::size_t unknown = ~std::size_t{0};

  struct Mark {
    std::size_t kept = 0;
    std::size_t fresh = 0;
  };

  // The links below `first` are not looked at.
  void start(std::size_t first) noexcept {
    first_ = kept_ = first;
    fresh_.clear();
  }

  std::size_t kept() const noexcept { return kept_; }
  const std::vector<PlacedFrame>& fresh() const noexcept { return fresh_; }
  std::vector<PlacedFrame>& fresh() noexcept { return fresh_; }
  Address youngest(const Chain& last) const noexcept {
    return fresh_.empty() ? last[kept_ - 1].at : fresh_.back().frame.at;
  }
  bool contains(const Chain& last, Address frame) const noexcept {
    for (std::size_t i = first_; i < kept_; ++i) {
      if (last[i].at == frame) return true;
    }
    return std::any_of(fresh_.begin(), fresh_.end(),
                       [&](const PlacedFrame& fresh) { return fresh.frame.at == frame; });
  }

  // Keeps a link when nothing about it changed, otherwise notes the frame as new. What it runs is
  // not known yet.
  void take(const Chain& last, const RawFrame& frame, bool on_data_stack = false) {
    if (fresh_.empty() && kept_ < last.size() && last[kept_].same_as(frame)) {
      ++kept_;
    } else {
      PlacedFrame placed;
      placed.frame = frame;
      placed.on_data_stack = on_data_stack;
      add(placed);
    }
  }
  // The same for a frame of which it is known what it runs. Where it was seen to be a link of the
  // last stack, it is not compared again: that was 5 % of a look.
  void take(const Chain& last, std::size_t link, const PlacedFrame& placed) {
    if (link != kept_ || !fresh_.empty()) return compare_and_take(last, link, placed);
    ++kept_;
  }

  // Links from `kept` on are to be made anew: these frames, which are the same, in their place.
  [[gnu::cold]] void renew(std::size_t kept, const std::vector<PlacedFrame>& frames) {
    kept_ = kept;
    fresh_.insert(fresh_.begin(), frames.begin(), frames.end());
  }

  Mark mark() const noexcept { return {kept_, fresh_.size()}; }
  void return_to(const Mark& mark) {
    kept_ = mark.kept;
    fresh_.resize(mark.fresh);
  }

  // Without the youngest frame, and the entries from C that were only there for it. The first one
  // stays.
  template <class L>
  void drop_top(const L& layout, const Chain& last) {
    if (!fresh_.empty()) {
      fresh_.pop_back();
    } else if (kept_ > first_ + 1) {
      --kept_;
    }
    while (!fresh_.empty() && is_shim(layout, fresh_.back().frame)) fresh_.pop_back();
    if (fresh_.empty()) {
      while (kept_ > first_ + 1 && last[kept_ - 1].code == nullptr) --kept_;
    }
  }

 private:
  // There is one of these for all layouts, and few frames of a look are new.
  [[gnu::noinline]] void compare_and_take(const Chain& last, std::size_t link,
                                          const PlacedFrame& placed) {
    const bool kept = link == unknown && fresh_.empty() && kept_ < last.size() &&
                      last[kept_].same_as(placed.frame);
    if (!kept) return add(placed);
    ++kept_;
  }
  [[gnu::noinline]] void add(const PlacedFrame& placed) { fresh_.push_back(placed); }

  std::size_t first_ = 0;
  std::size_t kept_ = 0;
  std::vector<PlacedFrame> fresh_;
};

}  // namespace tachyon
