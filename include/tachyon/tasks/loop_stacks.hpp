#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <tachyon/unwind/chain.hpp>

// What the stack of a thread tells about its event loop. It is asked where nothing else is known:
// no task runs, or the interpreter does not publish its tasks (before 3.14).
//
// asyncio calls everything, a step of a task or a callback, from one method of its class Handle. A
// coroutine right above it, entered from C, is the outermost coroutine of a task:
//
//   <module> run run_forever _run_once Handle._run | worker fetch parse      a task: from worker on
//   <module> run run_forever _run_once Handle._run | on_timer parse          a callback
//   <module> run run_forever _run_once select                                the loop waits
//
// The name of such a task is not known, nor who waits for it. Its marker shows the name of the
// coroutine. An event loop that is written in C has no Handle: its tasks are not recognised.
namespace tachyon {

struct LoopStack {
  enum class Kind : std::uint8_t { none, idle, callback, task };
  Kind kind = Kind::none;  // none: no loop runs here
  StackId stack{};
};

template <class L>
class LoopStacks {
 public:
  LoopStacks(const L& layout, ChainMaker<L>& maker) : layout_{layout}, maker_{maker} {
    idle_ = maker.builder().synthetic("<idle>", FrameKind::idle);
    loop_ = maker.builder().synthetic("<event loop>", FrameKind::task, "<task>");
  }

  // `stack` is the stack of the chain, with <GC> if a collection runs.
  LoopStack of(const Chain& chain, StackId stack) {
    if (const auto known = known_.find(stack); known != known_.end()) return known->second;
    constexpr std::size_t most = 1 << 14;
    if (known_.size() == most) known_.clear();
    return known_[stack] = make(chain, stack);
  }

 private:
  LoopStack make(const Chain& chain, StackId stack) {
    std::size_t handle = chain.size();  // the innermost call of a handle
    bool loops = false, waits = false;
    maker_.builder().tables().with([&](Tables& tables) {
      const FrameTable& frames = tables.frames;
      for (std::size_t i = chain.size(); i-- > 0 && handle == chain.size();) {
        if (!chain[i].shown) continue;
        const FrameId frame = frames.leaf(chain[i].stack);
        const auto name = frames.name_of(frame);
        if (chain[i].stack == stack) waits = frames.file_of(frame).ends_with("selectors.py");
        loops = loops || name == "BaseEventLoop._run_once";
        if (name == "Handle._run") handle = i;
      }
    });
    if (handle == chain.size()) {
      if (!loops) return {};
      const auto kind = waits ? LoopStack::Kind::idle : LoopStack::Kind::callback;
      return {kind, maker_.builder().push(StackId::empty, waits ? idle_ : loop_)};
    }
    std::size_t first = handle + 1;
    while (first < chain.size() && !chain[first].shown) ++first;
    const bool task = first < chain.size() && layout_.owners.generator.is(chain[first].owner);
    FrameId marker = loop_;
    if (task) {
      const FrameId coroutine = maker_.builder().leaf(chain[first].stack);
      marker = maker_.builder().synthetic(name_of(coroutine), FrameKind::task, "<task>");
    }
    return {task ? LoopStack::Kind::task : LoopStack::Kind::callback,
            above(stack, chain[handle].stack, marker)};
  }

  std::string name_of(FrameId frame) {
    return maker_.builder().tables().with(
        [&](Tables& tables) { return std::string{tables.frames.name_of(frame)}; });
  }

  // The frames of `stack` above `from`, on top of a marker.
  StackId above(StackId stack, StackId from, FrameId marker) {
    frames_.clear();
    maker_.builder().tables().with([&](Tables& tables) {
      for (StackId at = stack; at != from && at != StackId::empty; at = tables.frames.parent(at)) {
        frames_.push_back(tables.frames.leaf(at));
      }
    });
    StackId out = maker_.builder().push(StackId::empty, marker);
    for (std::size_t i = frames_.size(); i-- > 0;) out = maker_.builder().push(out, frames_[i]);
    return out;
  }

  L layout_;
  ChainMaker<L>& maker_;
  FrameId idle_{};
  FrameId loop_{};
  std::vector<FrameId> frames_;
  std::unordered_map<StackId, LoopStack> known_;
};

}  // namespace tachyon
