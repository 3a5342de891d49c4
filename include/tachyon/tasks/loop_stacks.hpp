#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <tachyon/base/view.hpp>
#include <tachyon/memory/concept.hpp>
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
// A loop that is written in C, as uvloop's, has no frame of its own. It runs in the frame that C code
// enters coroutines from, or in asyncio's Runner.run. Where nothing is above that, the loop waits if
// it has let go of the GIL:
//
//   <module> run Runner.run | worker fetch parse                              a task
//   <module> run Runner.run | on_timer parse                                  a callback
//   <module> run Runner.run                                                   the loop itself
//
// The name of such a task is not known, nor who waits for it. Its marker shows the name of the
// coroutine.
namespace tachyon {

struct LoopStack {
  enum class Kind : std::uint8_t { none, idle, callback, task };
  Kind kind = Kind::none;  // none: no loop runs here
  StackId stack{};
};

template <class L>
class LoopStacks {
 public:
  LoopStacks(const L& layout, ChainMaker<L>& maker, Address coroutine_type)
      : layout_{layout}, maker_{maker}, coroutine_type_{coroutine_type} {
    idle_ = maker.builder().synthetic("<idle>", FrameKind::idle);
    loop_ = maker.builder().synthetic("<event loop>", FrameKind::task, "<task>");
  }

  // `stack` is the stack of the chain, with <GC> if a collection runs.
  template <Memory M>
  LoopStack of(M& memory, const Chain& chain, StackId stack, bool has_gil) {
    const std::uint64_t key = static_cast<std::uint64_t>(stack) << 1 | (has_gil ? 1U : 0U);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    if (known_.size() >= most) known_.clear();
    const LoopStack made = make(memory, chain, stack, has_gil);
    return known_[key] = made;
  }

 private:
  static constexpr std::size_t most = 1 << 14;

  template <Memory M>
  LoopStack make(M& memory, const Chain& chain, StackId stack, bool has_gil) {
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
    if (handle != chain.size()) return called_from(chain, stack, handle);
    if (loops) return loop_itself(waits);
    const std::size_t loop = find_loop_in_c(memory, chain);
    if (loop == chain.size()) return {};
    if (shown_above(chain, loop) != chain.size()) return called_from(chain, stack, loop);
    return loop_itself(!has_gil && stack == chain.stack());
  }

  LoopStack loop_itself(bool waits) {
    const auto kind = waits ? LoopStack::Kind::idle : LoopStack::Kind::callback;
    return {kind, maker_.builder().push(StackId::empty, waits ? idle_ : loop_)};
  }

  // What link `loop` has called: a step of a task, or a callback.
  LoopStack called_from(const Chain& chain, StackId stack, std::size_t loop) {
    const std::size_t first = shown_above(chain, loop);
    const bool task = first < chain.size() && layout_.owners.generator.is(chain[first].owner);
    FrameId marker = loop_;
    if (task) {
      const FrameId coroutine = maker_.builder().leaf(chain[first].stack);
      marker = maker_.builder().synthetic(name_of(coroutine), FrameKind::task, "<task>");
    }
    return {task ? LoopStack::Kind::task : LoopStack::Kind::callback,
            above(stack, chain[loop].stack, marker)};
  }

  // The outermost link in which a loop runs that has no frame; the chain's size if there is none.
  template <Memory M>
  std::size_t find_loop_in_c(M& memory, const Chain& chain) {
    for (std::size_t i = 0; i < chain.size(); ++i) {
      if (!chain[i].shown) continue;
      const std::size_t first = shown_above(chain, i);
      if (first < chain.size() && !chain[first].from_c) continue;
      if (loops_in_c_.contains(chain[i].stack) || is_runner(chain[i].stack)) return i;
      if (first == chain.size() || !is_coroutine(memory, chain[first])) continue;
      // Stacks without a coroutine on this one are a loop's, too.
      known_.clear();
      if (loops_in_c_.size() >= most) loops_in_c_.clear();
      loops_in_c_.insert(chain[i].stack);
      return i;
    }
    return chain.size();
  }

  static std::size_t shown_above(const Chain& chain, std::size_t link) noexcept {
    for (++link; link < chain.size() && !chain[link].shown;) ++link;
    return link;
  }
  bool is_runner(StackId stack) {
    return maker_.builder().tables().with([&](Tables& tables) {
      const FrameId frame = tables.frames.leaf(stack);
      return tables.frames.name_of(frame) == "Runner.run" &&
             tables.frames.file_of(frame).ends_with("asyncio/runners.py");
    });
  }
  // Not a generator, which list() and sum() enter from C as well.
  template <Memory M>
  bool is_coroutine(M& memory, const Link& link) const {
    if (!coroutine_type_ || !layout_.owners.generator.is(link.owner)) return false;
    const Address object = link.at - layout_.generator.frame.offset;
    const auto type = read_value<Address>(memory, layout_.object.type.at(object));
    return type && *type == coroutine_type_;
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
  Address coroutine_type_;
  FrameId idle_{};
  FrameId loop_{};
  std::vector<FrameId> frames_;
  std::unordered_map<std::uint64_t, LoopStack> known_;  // by stack, and whether it has the GIL
  std::unordered_set<StackId> loops_in_c_;              // up to the frame that C code runs in
};

}  // namespace tachyon
