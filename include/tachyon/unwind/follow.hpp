#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/unwind/generator_links.hpp>
#include <tachyon/unwind/taken_frames.hpp>

namespace tachyon {

// The stack of a thread that cannot run while it is looked at: its current frame is the top, and
// what that one and its callers lead to is the stack, down to the window's beginning. Nothing is
// read here: where a frame elsewhere is wanted, run() is called again when it is here.
class Follow {
 public:
  void start(Address current) {
    path_.clear();
    at_ = current;
    above_ = {~std::uint64_t{0}};
  }

  template <class L>
  ScanResult run(const StackView<L>& stack, GeneratorLinks& links, TakenFrames& taken) {
    const auto& [layout, window, chain] = stack;
    for (;;) {
      Address onto = links.lead_down(stack, at_, false);
      if (links.wanted()) return ScanResult::wanted;
      if (has_entry(layout, links.between()) && !touch(stack, onto)) {
        onto = links.lead_down(stack, at_, true);
        if (links.wanted()) return ScanResult::wanted;
      }
      path_.insert(path_.end(), links.between().begin(), links.between().end());
      if (!onto || onto < window.at()) return ScanResult::shorter;
      RawFrame frame;
      if (onto >= above_ || path_.size() > most_followed) return ScanResult::torn;
      if (!window.frame_at(layout, onto, frame)) return ScanResult::wider;
      if (!frame.executable || !layout.owners.thread.is(frame.owner)) return ScanResult::torn;
      path_.push_back(frame);
      if (onto == window.at()) break;
      above_ = onto;
      at_ = frame.previous;
    }
    if (!stack.is_root(path_.back())) return ScanResult::shorter;
    for (std::size_t i = path_.size(); i-- > 0;) {
      taken.take(chain, path_[i], window.in_chunk(path_[i].at));
    }
    return ScanResult::stack;
  }

 private:
  static constexpr std::size_t most_followed = 1 << 14;

  template <class L>
  static bool has_entry(const L& layout, const std::vector<RawFrame>& frames) noexcept {
    return std::any_of(frames.begin(), frames.end(),
                       [&](const RawFrame& frame) { return is_shim(layout, frame); });
  }
  // Does a frame of the data stack touch the one that came last, as far as is known? Then what is
  // between them is proven.
  template <class L>
  bool touch(const StackView<L>& stack, Address frame) const noexcept {
    const Chain& chain = stack.chain;
    for (std::size_t i = chain.size(); i-- > stack.window.first();) {
      if (chain[i].at == frame && chain[i].code != nullptr) {
        return frame + chain[i].code->frame_bytes == above_;
      }
    }
    return false;
  }

  std::vector<RawFrame> path_;  // youngest first
  Address at_{};
  Address above_{};  // the frame of the data stack that came last
};

}  // namespace tachyon
