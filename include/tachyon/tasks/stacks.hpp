#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <tachyon/tasks/graph.hpp>
#include <tachyon/tasks/lists.hpp>
#include <tachyon/tasks/running.hpp>
#include <tachyon/tasks/stable.hpp>

// Stacks by task instead of by thread.
//
// A useful stack of asynchronous code does not end at the event loop: it goes from a task to the
// task that waits for it. Tasks that wait for no other task are the leaves, and each leaf gives one
// stack; root first:
//
//   [Task-1] main, gather  [worker] fetch, read        markers in brackets, then coroutines
//
// The stack of a running task continues with the ordinary calls above its coroutine. If several
// tasks wait for one, the stack follows one of them, and the others get no stack of their own.
//
// The parts, from the lowest to the highest:
//
//   cache                        what is known of each task; which awaiter a stack follows
//     |-- lists                  which tasks there are
//     |-- stable                 which tasks were the same in two reads
//     |-- segments               what a task adds to a stack
//           `-- running          which task a thread runs
namespace tachyon {

// Tasks that run; all tasks; tasks that are suspended, for the time that they wait.
enum class TaskChoice : std::uint8_t { running, all, waiting };

struct TaskStack {
  std::size_t thread = no_thread;  // index among the threads that were given
  StackId stack{};
  bool running = false;
  bool idle = false;                 // no task: the loop waits
  TaskIndex task = TaskIndex::none;  // the innermost
};

// Can an interpreter of this layout have lists of tasks?
template <class L>
concept HasTaskLists = !CompiledLayout<L> || requires {
  requires L::thread.asyncio_tasks_head.present();
};

template <class L, Memory M>
class TaskStacks {
 public:
  TaskStacks(const L& layout, M& memory, ChainMaker<L>& maker, const AsyncioOffsets& offsets,
             const WellKnown& types, TaskNames names = TaskNames::as_given)
      : memory_{memory},
        cache_{layout, memory, maker, offsets, types, names},
        loops_{layout, maker, types.coroutine_type},
        lists_{cache_},
        stable_{cache_},
        segments_{cache_, maker.builder()},
        running_{cache_, segments_, loops_, memory} {}
  TaskStacks(const TaskStacks&) = delete;  // its parts refer to one another
  TaskStacks& operator=(const TaskStacks&) = delete;

  // ---- with every look at the threads; see running.hpp

  void begin_tick(std::size_t threads, std::uint64_t now) {
    cache_.begin_tick();
    running_.begin_tick(threads, now);
  }
  void add_ranges_before(std::size_t thread, Address at, std::vector<Range>& ranges) {
    running_.add_ranges_before(thread, at, ranges);
  }
  void add_ranges_after(std::vector<Range>& ranges) { running_.add_ranges_after(ranges); }
  void set_read(std::size_t count) noexcept { running_.set_read(count); }
  // Finds the task that a thread runs. False: read the thread again.
  bool identify(std::size_t thread, const Chain& chain, std::uint64_t epoch) {
    cache_.set_epoch(epoch);
    return running_.identify(thread, chain);
  }
  bool is_unknown(std::size_t thread) const noexcept {
    return running_[thread].what == What::unknown;
  }

  // ---- once a tick

  void make_stacks(TaskChoice choice, std::span<const ThreadView> threads,
                   std::span<const Address> interpreters, std::vector<TaskStack>& out);

  // The tasks of these stacks and, unless they are of running tasks alone, all others that were the
  // same in two reads.
  [[gnu::cold]] TaskGraph graph(std::span<const ThreadView> threads,
                                std::span<const TaskStack> stacks);

  // How many stacks changed in every read, and in how many ticks a list did.
  std::uint64_t lost() const noexcept { return lost_; }
  std::size_t task_count() const noexcept { return cache_.count(); }
  const Gathered<M>& gathered() const noexcept { return cache_.pieces(); }

 private:
  using What = RunningTask::What;
  struct Built {
    std::uint64_t shown = 0;    // the tick in which it ran and its stack was shown
    std::uint64_t covered = 0;  // ... in which a stack led through it, or was given up
    std::uint64_t climbed = 0;  // the last climb that came by
    std::uint64_t built = 0;    // the tick that its stack is of
    StackId bare{};             // its marker alone, on top of the task that waits for it
    StackId stack{};
    bool whole = false;  // its stack, with all tasks in it
  };

  void add_running(std::span<const ThreadView> threads, std::vector<TaskStack>& out);
  void add_suspended(std::span<const ThreadView> threads, std::vector<TaskStack>& out);
  void add_leaf(TaskIndex index, std::span<const ThreadView> threads, std::vector<TaskStack>& out);
  bool add_outer(TaskIndex index, std::span<const ThreadView> threads, std::vector<TaskStack>& out);
  void add_between(TaskChoice choice, std::span<const ThreadView> threads,
                   std::vector<TaskStack>& out);
  void cover(TaskIndex index);
  const Built& build(TaskIndex index, std::span<const ThreadView> threads);
  TaskNode node_of(TaskIndex index, std::span<const ThreadView> threads);

  M& memory_;
  TaskCache<L, M> cache_;
  LoopStacks<L> loops_;
  TaskLists<L, M> lists_;
  StableTasks<L, M> stable_;
  TaskSegments<L, M> segments_;
  RunningTasks<L, M> running_;
  PerTask<Built> built_;
  std::vector<TaskIndex> path_;
  bool listed_ = false;  // the lists were read in this tick
  std::uint64_t climb_ = 0;
  std::uint64_t lost_ = 0;
};

// Without lists there are no stacks of tasks. (They were 14 % of the code of the samplers of 3.11 to
// 3.13, where nothing can call them.)
template <class L, Memory M>
requires(!HasTaskLists<L>) class TaskStacks<L, M> {
 public:
  TaskStacks(const L&, M&, ChainMaker<L>&, const AsyncioOffsets&, const WellKnown&, TaskNames) {}
  void begin_tick(std::size_t, std::uint64_t) noexcept {}
  void add_ranges_before(std::size_t, Address, std::vector<Range>&) noexcept {}
  void add_ranges_after(std::vector<Range>&) noexcept {}
  void set_read(std::size_t) noexcept {}
  bool identify(std::size_t, const Chain&, std::uint64_t) noexcept { return true; }
  bool is_unknown(std::size_t) const noexcept { return false; }
  void make_stacks(TaskChoice, std::span<const ThreadView>, std::span<const Address>,
                   std::vector<TaskStack>& out) noexcept {
    out.clear();
  }
  TaskGraph graph(std::span<const ThreadView>, std::span<const TaskStack>) { return {}; }
  std::uint64_t lost() const noexcept { return 0; }
};

template <class L, Memory M>
void TaskStacks<L, M>::make_stacks(TaskChoice choice, std::span<const ThreadView> threads,
                                   std::span<const Address> interpreters,
                                   std::vector<TaskStack>& out) {
  out.clear();
  cache_.set_epoch(threads.empty() ? 0 : threads.front().epoch);
  const auto all = threads;
  threads = threads.first(std::min(threads.size(), running_.size()));  // those that were read
  add_running(threads, out);
  listed_ = choice != TaskChoice::running;
  if (listed_) {
    lists_.read(all, interpreters);
    stable_.read_until_stable(lists_.tasks(),
                              [&](TaskIndex i) { return built_[i].shown == cache_.tick(); });
    add_suspended(threads, out);
    if (lists_.are_torn()) ++lost_;
    if (lists_.are_too_many()) out.push_back({all.empty() ? no_thread : 0, cache_.others()});
  }
  add_between(choice, threads, out);
  if (choice == TaskChoice::waiting) {
    out.erase(std::remove_if(out.begin(), out.end(),
                             [](const TaskStack& task) { return task.running || task.idle; }),
              out.end());
  }
  cache_.drop_old(listed_);
}

template <class L, Memory M>
void TaskStacks<L, M>::add_running(std::span<const ThreadView> threads,
                                   std::vector<TaskStack>& out) {
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const RunningTask& running = running_[i];
    const ThreadView& thread = threads[i];
    if (thread.chain == nullptr || running.thread != thread.at) continue;
    if (running.what == What::unknown) ++lost_;
    if (running.what != What::task || running.link >= thread.chain->size()) continue;
    const StackId from = stack_below(*thread.chain, running.link);
    out.push_back(
        {i, segments_.transplant(thread.stack, from, running.onto), true, false, running.task});
    built_[running.task].shown = cache_.tick();
  }
}

template <class L, Memory M>
void TaskStacks<L, M>::add_suspended(std::span<const ThreadView> threads,
                                     std::vector<TaskStack>& out) {
  for (const TaskStack& shown : out) cover(running_[shown.thread].task);
  for (const TaskIndex index : lists_.tasks()) {
    const bool leaf = cache_[index].awaited != cache_.tick();
    if (leaf && built_[index].covered != cache_.tick()) add_leaf(index, threads, out);
  }
  // Tasks that wait for one another in a circle have no leaf: one stack shows them, of the oldest.
  for (const TaskIndex index : lists_.tasks()) {
    if (built_[index].covered != cache_.tick()) add_leaf(index, threads, out);
  }
}

template <class L, Memory M>
void TaskStacks<L, M>::add_leaf(TaskIndex index, std::span<const ThreadView> threads,
                                std::vector<TaskStack>& out) {
  const CachedTask& task = cache_[index];
  bool shown = false;
  if (stable_.is_unstable(index) || task.invalid) {
    // Given up.
  } else if (task.record.on_thread) {
    shown = task.replaced != cache_.tick() && add_outer(index, threads, out);
  } else if (const Built& built = build(index, threads); built.whole) {
    out.push_back({task.thread, built.stack, false, false, index});
    shown = true;
  }
  if (!shown) ++lost_;
  cover(index);
}

// A task that is on a thread's stack without being the one that runs: it made a task that started
// eagerly.
template <class L, Memory M>
bool TaskStacks<L, M>::add_outer(TaskIndex index, std::span<const ThreadView> threads,
                                 std::vector<TaskStack>& out) {
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (threads[i].chain == nullptr || running_[i].what != What::task) continue;
    const Chain& chain = *threads[i].chain;
    const std::size_t link = link_of(chain, cache_.frame_of(index));
    const std::size_t end = running_[i].link;
    if (link == no_link || end >= chain.size() || end <= link) continue;
    const StackId onto = build(index, threads).bare;
    const StackId from = stack_below(chain, link);
    out.push_back({i, segments_.transplant(chain[end - 1].stack, from, onto), false, false, index});
    return true;
  }
  return false;
}

// An event loop between two tasks waits, or runs a callback. A thread without a loop of asyncio's may
// have another one.
template <class L, Memory M>
void TaskStacks<L, M>::add_between(TaskChoice choice, std::span<const ThreadView> threads,
                                   std::vector<TaskStack>& out) {
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const What what = running_[i].what;
    if (what != What::between && what != What::nothing) continue;
    if (threads[i].chain == nullptr) continue;
    const LoopStack loop =
        loops_.of(memory_, *threads[i].chain, threads[i].stack, threads[i].has_gil);
    const bool idle = loop.kind == LoopStack::Kind::idle;
    if (loop.kind == LoopStack::Kind::none) continue;
    if (loop.kind == LoopStack::Kind::task && what == What::between) continue;
    // If all tasks are shown, a loop that waits for them adds nothing.
    if (choice != TaskChoice::running && idle && !out.empty()) continue;
    out.push_back({i, loop.stack, !idle, idle});
  }
}

// Marks a task and all tasks that wait for it, on whichever way: a stack follows only one way, and
// the tasks on the others get no stack of their own.
template <class L, Memory M>
void TaskStacks<L, M>::cover(TaskIndex index) {
  path_.assign(1, index);
  while (!path_.empty()) {
    const TaskIndex at = path_.back();
    path_.pop_back();
    if (built_[at].covered == cache_.tick()) continue;
    built_[at].covered = cache_.tick();
    for (const TaskIndex awaiter : cache_[at].awaiters) {
      if (awaiter != TaskIndex::none) path_.push_back(awaiter);
    }
  }
}

// Climbs to a task whose stack is known, to the root, or once around a circle; then builds the
// stacks on the way down.
template <class L, Memory M>
const typename TaskStacks<L, M>::Built& TaskStacks<L, M>::build(
    TaskIndex index, std::span<const ThreadView> threads) {
  path_.clear();
  ++climb_;
  for (TaskIndex at = index; at != TaskIndex::none && built_[at].climbed != climb_;
       at = cache_[at].parent) {
    built_[at].climbed = climb_;
    path_.push_back(at);
    if (built_[at].built == cache_.tick()) break;
  }
  StackId below = StackId::empty;
  bool whole = true;
  for (std::size_t i = path_.size(); i-- > 0;) {
    const CachedTask& task = cache_[path_[i]];
    Built& built = built_[path_[i]];
    if (built.built != cache_.tick()) {
      const TaskSegment segment = segments_.put(path_[i], below);
      built.bare = segment.bare;
      built.stack = segment.stack;
      built.whole = whole && !task.invalid;
      if (task.record.on_thread) {
        // It runs, or has called what runs: its frames are on the stack of its thread.
        const bool known = task.replaced != cache_.tick();
        const auto runs = known ? segments_.put_running(path_[i], segment.bare, threads)
                                : std::optional<StackId>{};
        built.whole = built.whole && runs;
        built.stack = runs.value_or(segment.stack);
      }
      built.built = cache_.tick();
    }
    whole = built.whole;
    // If the next task was read anew, it may be awaited since later than these frames were read.
    const bool late =
        i > 0 && task.record.on_thread && cache_[path_[i - 1]].reread == cache_.tick();
    below = late ? built.bare : built.stack;
  }
  return built_[index];
}

template <class L, Memory M>
TaskGraph TaskStacks<L, M>::graph(std::span<const ThreadView> threads,
                                  std::span<const TaskStack> stacks) {
  TaskGraph out;
  std::vector<TaskIndex> tasks;
  PerTask<std::size_t> numbers;  // of the nodes, from 1 on
  threads = threads.first(std::min(threads.size(), running_.size()));
  const auto add = [&](TaskIndex index) {
    if (numbers[index] != 0) return false;
    out.nodes.push_back(node_of(index, threads));
    tasks.push_back(index);
    numbers[index] = tasks.size();
    return true;
  };
  if (listed_) {
    for (const TaskIndex index : lists_.tasks()) {
      if (!cache_[index].invalid && !stable_.is_unstable(index)) (void)add(index);
    }
  }
  for (const TaskStack& stack : stacks) {
    TaskIndex at = stack.task;
    while (at != TaskIndex::none && add(at)) at = cache_[at].parent;
    out.leaves.push_back(stack.task == TaskIndex::none ? no_node : numbers[stack.task] - 1);
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const CachedTask& task = cache_[tasks[i]];
    for (const TaskIndex awaiter : task.awaiters) {
      if (awaiter == TaskIndex::none || numbers[awaiter] == 0) continue;
      out.nodes[i].awaited_by.push_back(numbers[awaiter] - 1);
    }
    if (task.parent != TaskIndex::none && numbers[task.parent] != 0) {
      out.nodes[i].parent = numbers[task.parent] - 1;
    }
  }
  return out;
}

template <class L, Memory M>
TaskNode TaskStacks<L, M>::node_of(TaskIndex index, std::span<const ThreadView> threads) {
  const CachedTask& task = cache_[index];
  TaskNode node{.at = task.record.at, .name = task.record.name, .thread = task.thread};
  node.frames = task.frames;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (threads[i].chain == nullptr || running_[i].what != What::task) continue;
    const Chain& chain = *threads[i].chain;
    const std::size_t link = link_of(chain, cache_.frame_of(index));
    const std::size_t end = running_[i].link;
    if (link == no_link || end >= chain.size()) continue;
    const bool runs = running_[i].task == index;
    // Its frames end where a task begins that it made and that started eagerly.
    if (!runs && (!task.record.on_thread || end <= link)) continue;
    const StackId stack = segments_.transplant(runs ? threads[i].stack : chain[end - 1].stack,
                                               stack_below(chain, link), StackId::empty);
    segments_.frames_of(stack, node.frames);
    node.running = runs;
    node.thread = i;
    break;
  }
  return node;
}

}  // namespace tachyon
