#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/unwind/frames.hpp>

// What frames run, as far as it is known without reading.
//
// Code that is not known is wanted: the reader gets it into the cache, or says that there is none
// there, and the question is asked again.
namespace tachyon {

// To a question that may need more than is here.
enum class Answer : std::uint8_t { no, yes, wanted };

class CodeLookup {
 public:
  struct Wanted {
    Address executable{};
    std::int32_t thread_index = 0;
    friend bool operator==(const Wanted&, const Wanted&) noexcept = default;
  };

  void start() noexcept {
    wanted_ = refused_ = {};
    placed_ = 0;
  }

  // What the frame runs, and where in it. No: it is none. `codes` has known() and known_bytecode()
  // of CodeCache; `epoch` is as of when it is known.
  template <class L, class Codes>
  Answer place_frame(const L& layout, Codes& codes, std::uint64_t epoch, PlacedFrame& placed) {
    const RawFrame& frame = placed.frame;
    Code* const code = codes.known(frame.executable, epoch);
    const Address bytecode =
        code != nullptr ? codes.known_bytecode(*code, frame.thread_index) : Address{};
    if (!bytecode) {
      wanted_ = {frame.executable, frame.thread_index};
      return wanted_ == refused_ ? Answer::no : Answer::wanted;
    }
    return place(layout, *code, bytecode, placed) ? Answer::yes : Answer::no;
  }

  // The same for those of a stack that have not been placed. No: the first that is none, and those
  // above it, are no longer there.
  template <class L, class Codes>
  Answer place_all(const L& layout, Codes& codes, std::uint64_t epoch,
                   std::vector<PlacedFrame>& frames) {
    for (; placed_ < frames.size(); ++placed_) {
      PlacedFrame& placed = frames[placed_];
      if (placed.code != nullptr || is_shim(layout, placed.frame)) continue;
      const Answer found = place_frame(layout, codes, epoch, placed);
      if (found == Answer::no) frames.resize(placed_);
      if (found != Answer::yes) return found;
    }
    return Answer::yes;
  }

  const Wanted& wanted() const noexcept { return wanted_; }
  // It could not be had.
  void refuse() noexcept { refused_ = wanted_; }

 private:
  Wanted wanted_;
  Wanted refused_;
  std::size_t placed_ = 0;
};

}  // namespace tachyon
