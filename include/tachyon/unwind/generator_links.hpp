#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/unwind/window.hpp>

// How frames outside the data stack hang together: which of them stand between two of its frames,
// and on which of its frames the current one stands.
//
//   data stack           loop                     send
//   elsewhere              '- entry - coroutine -'  '- generator (current)
//
// A generator that runs leads to its caller; one that has yielded leads nowhere. These frames are
// copied a moment after the data stack, or even read later, so one that ran in the copy may have
// yielded when it is asked who called it. What the last stack said then decides, and what the
// floor below has on its value stack.
//
// Nothing here reads. A frame that is needed and not here is `wanted()`: the answer that was given
// is none, and the question is to be asked again when the frame is here.
namespace tachyon {

// What is known of a thread's frames: a copy of now, and the stack of the last look.
template <class L>
struct StackView {
  const L& layout;
  const Window& window;
  const Chain& chain;

  // What is below the window is taken as it was while its first frame is what it was.
  bool is_root(const RawFrame& frame) const noexcept {
    const Link& root = chain[window.first()];
    return frame.executable == root.executable && frame.previous == root.previous;
  }
};

// A frame of the window, for what stands on it.
struct Floor {
  Address at{};
  std::uint32_t bytes = 0;
  Site site = Site::any;
};

class GeneratorLinks {
 public:
  static constexpr std::size_t most_between = 512;

  // For the next question.
  void clear() noexcept {
    between_.clear();
    ambiguous_ = false;
    wanted_ = {};
  }
  // The frames that the last answer is about, youngest first.
  const std::vector<RawFrame>& between() const noexcept { return between_; }
  // The oldest of them, or this one where there are none.
  const RawFrame& lowest_or(const RawFrame& frame) const noexcept {
    return between_.empty() ? frame : between_.back();
  }
  // Does the frame lead to this floor only because no word says where else it leads?
  bool is_ambiguous() const noexcept { return ambiguous_; }
  Address wanted() const noexcept { return wanted_; }

  // Do the frames outside the window from `from` on lead to this floor? A generator that has yielded
  // since the window was copied has no caller any more. It ran, since a frame of the window, or the
  // current frame, says so: called by whom it was called by in the last look, or by the floor. But
  // only if the floor is where generators are resumed, and iterates this one: else other generators
  // may have been in between, and no word says which. (Coroutines of 3.11 and 3.12 then seemed to
  // stand on the event loop, 1 of 100; the innermost of a chain of generators on the outermost's
  // caller, 1 of 7.)
  template <class L>
  bool connect(const StackView<L>& stack, Address from, const Floor& floor) {
    clear();
    bool guessed = false;
    Address at = from;
    for (std::size_t i = 0; i < most_between; ++i) {
      if (at == floor.at) {
        if (between_.empty()) return true;
        const bool stands = is_expected(stack.layout, floor.site, between_.back());
        if (stands && !guessed) learn(stack, floor, between_.back().at);
        ambiguous_ = stands && guessed &&
                     (floor.site != Site::resumes_generator ||
                      !may_iterate(stack, floor, between_.back().at));
        return !guessed || (stands && !ambiguous_);
      }
      if (!at || stack.window.in_chunk(at)) return false;
      RawFrame frame;
      if (!find(stack, at, false, frame)) return false;
      const bool generator = stack.layout.owners.generator.is(frame.owner);
      if (!generator && !is_shim(stack.layout, frame)) return false;
      if (generator && !frame.previous) {
        frame.previous = last_caller(stack, at);
        if (!frame.previous) {
          frame.previous = floor.at;
          guessed = true;
        }
      }
      between_.push_back(frame);
      at = frame.previous;
    }
    return false;
  }

  // The frame of the data stack that `from` stands on; none: it leads elsewhere. Entries from C are
  // asked for `anew` where their place does not prove them.
  template <class L>
  Address lead_down(const StackView<L>& stack, Address from, bool anew) {
    return lead_down(stack, from, anew, between_);
  }
  // The place on the data stack that this frame is at, or above. What is between() stays.
  template <class L>
  Address floor_of(const StackView<L>& stack, Address frame) {
    return stack.window.in_chunk(frame) ? frame : lead_down(stack, frame, false, aside_);
  }

  // Did this frame, which was asked about before, have no caller when it was copied or read?
  template <class L>
  bool has_yielded(const StackView<L>& stack, Address at) const noexcept {
    RawFrame frame;
    if (!stack.window.foreign.find_copied(stack.layout, at, frame)) {
      const ForeignFrames::Read* const read = stack.window.foreign.find_read(at);
      if (read == nullptr || !read->readable) return false;
      frame = read->frame;
    }
    return stack.layout.owners.generator.is(frame.owner) && !frame.previous;
  }

  // A generator that ran on `below` when it was copied, directly or through C. `site` is what a
  // frame of the data stack there executes; `on_generator`: it is another generator.
  struct Running {
    RawFrame frame{};
    const Link* entry = nullptr;  // from C, between the two
  };
  template <class L>
  bool find_running(const StackView<L>& stack, Address below, Site site, bool on_generator,
                    Running& out) const noexcept {
    const ForeignFrames& foreign = stack.window.foreign;
    for (std::size_t i = 0; i < foreign.copied_count(); ++i) {
      const RawFrame frame = foreign.copied(stack.layout, i);
      if (!stack.layout.owners.generator.is(frame.owner)) continue;
      const Link* const entry = frame.previous == below ? nullptr : entry_on(stack, below, frame);
      if (frame.previous != below && entry == nullptr) continue;
      if (!on_generator &&
          (entry != nullptr ? !may_enter_c(site) : !is_expected(stack.layout, site, frame))) {
        continue;
      }
      out = {frame, entry};
      return true;
    }
    return false;
  }

 private:
  template <class L>
  bool find(const StackView<L>& stack, Address at, bool anew, RawFrame& frame) {
    const auto& [layout, window, chain] = stack;
    if (window.foreign.find_copied(layout, at, frame)) return true;
    // Entries from C are not read again: the frames above and below them are contiguous on the data
    // stack and the younger one still names this entry, so it still leads to the older one. They
    // lie on the C stack: what claims to be one and lies on the data stack is forged.
    if (!anew && !window.in_chunk(at)) {
      for (std::size_t i = chain.size(); i-- > window.first();) {
        if (chain[i].code != nullptr || chain[i].at != at) continue;
        frame = {};
        frame.at = at;
        frame.previous = chain[i].previous;
        frame.owner = chain[i].owner;
        return true;
      }
    }
    if (const ForeignFrames::Read* const read = window.foreign.find_read(at); read != nullptr) {
      frame = read->frame;
      return read->readable;
    }
    if (window.foreign.may_read_more()) wanted_ = at;
    return false;
  }

  template <class L>
  Address lead_down(const StackView<L>& stack, Address from, bool anew,
                    std::vector<RawFrame>& out) {
    out.clear();
    Address at = from;
    for (std::size_t i = 0; i < most_between && at; ++i) {
      if (stack.window.in_chunk(at)) return at;
      RawFrame frame;
      if (!find(stack, at, anew, frame)) break;
      if (!stack.layout.owners.generator.is(frame.owner) && !is_shim(stack.layout, frame)) break;
      out.push_back(frame);
      at = frame.previous;
    }
    return {};
  }

  // Who iterates a generator has it on its value stack; where C code does it (enumerate, map), the
  // frame below has that instead.
  template <class L>
  bool may_iterate(const StackView<L>& stack, const Floor& floor,
                   Address generator) const noexcept {
    return holds(stack, floor, generator) || through_c_ == floor.at;
  }
  template <class L>
  void learn(const StackView<L>& stack, const Floor& floor, Address above) noexcept {
    if (!holds(stack, floor, above)) {
      through_c_ = floor.at;
    } else if (through_c_ == floor.at) {
      through_c_ = {};
    }
  }
  template <class L>
  static bool holds(const StackView<L>& stack, const Floor& floor, Address generator) noexcept {
    constexpr std::uint64_t tags = 7;
    const std::uint64_t object = generator.value - stack.layout.generator.frame.offset;
    const Bytes bytes = stack.window.bytes();
    const auto begin = static_cast<std::size_t>(floor.at - stack.window.at());
    const std::size_t end = std::min(begin + floor.bytes, bytes.size());
    std::size_t at = begin + stack.layout.frame.localsplus.offset;
    for (; at + sizeof object <= end; at += sizeof object) {
      if ((load<std::uint64_t>(bytes, at) & ~tags) == object) return true;
    }
    return false;
  }

  template <class L>
  static Address last_caller(const StackView<L>& stack, Address at) noexcept {
    const Chain& chain = stack.chain;
    for (std::size_t i = chain.size(); i-- > stack.window.first();) {
      if (chain[i].at == at && chain[i].previous) return chain[i].previous;
    }
    return {};
  }
  // The entry from C between these two, if it was there in the last look.
  template <class L>
  static const Link* entry_on(const StackView<L>& stack, Address below,
                              const RawFrame& frame) noexcept {
    const Chain& chain = stack.chain;
    for (std::size_t i = chain.size(); i-- > stack.window.first();) {
      const Link& link = chain[i];
      if (link.code == nullptr && link.at == frame.previous) {
        return link.previous == below ? &link : nullptr;
      }
    }
    return nullptr;
  }

  std::vector<RawFrame> between_;
  std::vector<RawFrame> aside_;
  bool ambiguous_ = false;
  Address wanted_{};
  Address through_c_{};  // the frame on which C code was seen to run a generator
};

}  // namespace tachyon
