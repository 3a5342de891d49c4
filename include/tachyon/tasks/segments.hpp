#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tachyon/tasks/cache.hpp>
#include <tachyon/unwind/stack.hpp>

// What one task adds to a stack: its marker, and its coroutines above it.
//
//   below        | marker   | coroutines
//   [Task-1] main| [worker] | fetch, read
//
// The coroutines of a running task are on the stack of its thread, with the calls that they make.
// The walk of the thread has read these frames; they are taken from its stack and put on the
// marker. Both results are remembered: most stacks are those of the last tick.
//
// Tasks may wait for one another in a chain of thousands. A stack has at most as many frames as one
// of a thread; what is below them is counted in a frame at the root.
namespace tachyon {

struct TaskSegment {
  std::uint64_t version = 0;  // of the task it is made from
  StackId below{};
  StackId bare{};   // with the marker alone
  StackId stack{};  // with the coroutines that do not run
};

inline constexpr std::size_t no_link = ~std::size_t{0};

// The innermost link whose frame is here.
inline std::size_t link_of(const Chain& chain, Address frame) noexcept {
  if (!frame) return no_link;
  for (std::size_t i = chain.size(); i-- > 0;) {
    if (chain[i].at == frame) return i;
  }
  return no_link;
}

// The stack below a link.
inline StackId stack_below(const Chain& chain, std::size_t link) noexcept {
  return link == 0 ? StackId::empty : chain[link - 1].stack;
}

template <class L, Memory M>
class TaskSegments {
 public:
  static constexpr std::size_t most_frames = WalkLimits{}.kept;

  TaskSegments(const TaskCache<L, M>& cache, StackBuilder& builder)
      : cache_{cache}, builder_{builder} {}

  TaskSegment put(TaskIndex index, StackId below);

  // The coroutines of a running task, on top of `onto`; nothing if no stack that was read has them.
  std::optional<StackId> put_running(TaskIndex index, StackId onto,
                                     std::span<const ThreadView> threads);

  // The frames of `stack` above `from`, on top of another stack.
  StackId transplant(StackId stack, StackId from, StackId onto);

  void frames_of(StackId stack, std::vector<FrameId>& out) {
    builder_.tables().with([&](Tables& tables) { tables.frames.frames_of(stack, out); });
  }

 private:
  struct Transplant {
    StackId stack{}, from{}, onto{}, result{};
    bool known = false;
  };

  StackId within_limit(StackId below, std::size_t frames);
  [[gnu::cold]] StackId truncation(StackId stack, std::size_t depth);

  const TaskCache<L, M>& cache_;
  StackBuilder& builder_;
  PerTask<TaskSegment> segments_;
  std::vector<FrameId> frames_;
  std::array<Transplant, 256> transplants_{};
};

template <class L, Memory M>
TaskSegment TaskSegments<L, M>::put(TaskIndex index, StackId below) {
  const CachedTask& task = cache_[index];
  TaskSegment& segment = segments_[index];
  if (segment.version == task.version && segment.below == below) return segment;
  const StackId onto = within_limit(below, 1 + task.frames.size());
  segment = {task.version, below, builder_.push(onto, task.marker), {}};
  segment.stack = segment.bare;
  for (const FrameId frame : task.frames) segment.stack = builder_.push(segment.stack, frame);
  return segment;
}

// The stack to put so many frames on: `below`, or one frame that stands for it.
template <class L, Memory M>
StackId TaskSegments<L, M>::within_limit(StackId below, std::size_t frames) {
  const std::size_t depth = builder_.tables().with(
      [&](Tables& tables) -> std::size_t { return tables.frames.depth(below); });
  return depth + frames <= most_frames ? below : truncation(below, depth);
}

template <class L, Memory M>
StackId TaskSegments<L, M>::truncation(StackId stack, std::size_t depth) {
  const bool again = builder_.tables().with([&](Tables& tables) {
    StackId root = stack;
    while (tables.frames.depth(root) > 1) root = tables.frames.parent(root);
    return tables.frames[tables.frames.leaf(root)].kind == FrameKind::truncated;
  });
  std::string name = again ? "<truncated: more than " : "<truncated: ";
  name += std::to_string(depth) + " frames>";
  return builder_.push(StackId::empty, builder_.synthetic(name, FrameKind::truncated));
}

template <class L, Memory M>
std::optional<StackId> TaskSegments<L, M>::put_running(TaskIndex index, StackId onto,
                                                       std::span<const ThreadView> threads) {
  for (const ThreadView& thread : threads) {
    if (thread.chain == nullptr) continue;
    const Chain& chain = *thread.chain;
    const std::size_t link = link_of(chain, cache_.frame_of(index));
    if (link == no_link) continue;
    std::size_t end = link;
    while (end < chain.size() && cache_.is_generator(chain[end].owner)) ++end;
    if (end == link) continue;
    return transplant(chain[end - 1].stack, stack_below(chain, link), onto);
  }
  return std::nullopt;
}

template <class L, Memory M>
StackId TaskSegments<L, M>::transplant(StackId stack, StackId from, StackId onto) {
  const std::uint64_t key =
      mix_bits(static_cast<std::uint64_t>(stack) << 32 | static_cast<std::uint64_t>(onto)) ^
      static_cast<std::uint64_t>(from);
  Transplant& memo = transplants_[key % transplants_.size()];
  if (memo.known && memo.stack == stack && memo.from == from && memo.onto == onto) {
    return memo.result;
  }
  frames_.clear();
  builder_.tables().with([&](Tables& tables) {
    for (StackId at = stack; at != from && at != StackId::empty; at = tables.frames.parent(at)) {
      frames_.push_back(tables.frames.leaf(at));
    }
  });
  StackId result = onto;
  for (std::size_t i = frames_.size(); i-- > 0;) result = builder_.push(result, frames_[i]);
  memo = {stack, from, onto, result, true};
  return result;
}

}  // namespace tachyon
