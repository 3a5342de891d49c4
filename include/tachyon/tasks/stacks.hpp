#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <tachyon/tasks/lists.hpp>
#include <tachyon/tasks/running.hpp>
#include <tachyon/tasks/stable.hpp>

// Stacks by task instead of by thread.
//
// A stack that is of use to somebody who writes `await` does not stop at the event loop: it goes
// from a task to the task that waits for it. Tasks that nobody's wait leads through are the leaves,
// and each leaf gives one stack; root first:
//
//   [Task-1] main, gather  [worker] fetch, read        markers in brackets, then coroutines
//
// A task that runs at this moment continues with the ordinary calls above its coroutine. Where
// several tasks wait for one, the stack follows one of them, and the others are shown through it.
//
// The parts, each in a file of its own, from the one that knows nothing of the others on:
//
//   task_book                          what is known of each task; who follows whom
//     |-- task_lists                   which tasks there are
//     |-- settled_tasks                whose words stood still
//     |-- task_segments                what a task adds to a stack
//           `-- running_tasks          which task a thread runs
namespace tachyon {

// Those that run; all; or those that do not run, for the time they wait.
enum class TaskChoice : std::uint8_t { running, all, waiting };

struct TaskStack {
  std::size_t thread = no_thread;  // index among the threads that were given
  StackId stack{};
  bool running = false;
  bool idle = false;  // no task: the loop waits, or runs something that is no task
};

template <class L, Memory M>
class TaskStacks {
 public:
  TaskStacks(const L& layout, M& memory, ChainMaker<L>& maker, const AsyncioOffsets& offsets,
             const WellKnown& types)
      : book_{layout, memory, maker, offsets, types},
        loops_{layout, maker},
        lists_{book_},
        settled_{book_},
        segments_{book_, maker.builder()},
        running_{book_, segments_, loops_, memory} {}
  TaskStacks(const TaskStacks&) = delete;  // its parts know one another
  TaskStacks& operator=(const TaskStacks&) = delete;

  // ---- with every look at the threads; see running.hpp

  void begin(std::size_t threads, std::uint64_t now) {
    book_.begin_round();
    running_.begin(threads, now);
  }
  void ask_before(std::size_t thread, Address at, std::vector<Range>& ranges) {
    running_.ask_before(thread, at, ranges);
  }
  void ask(std::vector<Range>& ranges) { running_.ask(ranges); }
  void arrived(std::size_t count) noexcept { running_.arrived(count); }
  bool settle(std::size_t thread, const Chain& chain, std::uint64_t epoch) {
    book_.set_epoch(epoch);
    return running_.settle(thread, chain);
  }
  bool is_unknown(std::size_t thread) const noexcept {
    return running_[thread].what == What::unknown;
  }

  // ---- once a tick

  void look(TaskChoice choice, std::span<const ThreadView> threads,
            std::span<const Address> interpreters, std::vector<TaskStack>& out);

  // Stacks that changed in every read, and lists that did: one each, however many were missed.
  std::uint64_t lost() const noexcept { return lost_; }
  std::size_t task_count() const noexcept { return book_.count(); }
  const Gathered<M>& gathered() const noexcept { return book_.pieces(); }

 private:
  using What = RunningTask::What;
  struct Made {
    std::uint64_t shown = 0;    // the round in which it ran and had its stack
    std::uint64_t covered = 0;  // ... in which a stack led through it
    std::uint64_t climbed = 0;  // on which way to the root
    std::uint64_t built = 0;    // the round its stack is of
    StackId bare{};             // its marker alone, upon who waits for it
    StackId stack{};
    bool whole = false;  // so is its stack, and everybody's in it
  };

  void add_running(std::span<const ThreadView> threads, std::vector<TaskStack>& out);
  void add_suspended(std::span<const ThreadView> threads, std::vector<TaskStack>& out);
  void add_leaf(TaskIndex index, std::span<const ThreadView> threads, std::vector<TaskStack>& out);
  bool add_outer(TaskIndex index, std::span<const ThreadView> threads, std::vector<TaskStack>& out);
  void add_between(TaskChoice choice, std::span<const ThreadView> threads,
                   std::vector<TaskStack>& out);
  void cover(TaskIndex index);
  const Made& make(TaskIndex index, std::span<const ThreadView> threads);

  TaskBook<L, M> book_;
  LoopStacks<L> loops_;
  TaskLists<L, M> lists_;
  SettledTasks<L, M> settled_;
  TaskSegments<L, M> segments_;
  RunningTasks<L, M> running_;
  PerTask<Made> made_;
  std::vector<TaskIndex> path_;
  std::uint64_t climb_ = 0;
  std::uint64_t lost_ = 0;
};

template <class L, Memory M>
void TaskStacks<L, M>::look(TaskChoice choice, std::span<const ThreadView> threads,
                            std::span<const Address> interpreters, std::vector<TaskStack>& out) {
  out.clear();
  book_.set_epoch(threads.empty() ? 0 : threads.front().epoch);
  const auto all = threads;
  threads = threads.first(std::min(threads.size(), running_.size()));  // those that were read
  add_running(threads, out);
  if (choice != TaskChoice::running) {
    lists_.look(all, interpreters);
    settled_.settle(lists_.tasks(), [&](TaskIndex i) { return made_[i].shown == book_.round(); });
    add_suspended(threads, out);
    if (lists_.are_broken()) ++lost_;
    if (lists_.are_too_many()) out.push_back({all.empty() ? no_thread : 0, book_.others()});
  }
  add_between(choice, threads, out);
  if (choice == TaskChoice::waiting) {
    out.erase(std::remove_if(out.begin(), out.end(),
                             [](const TaskStack& task) { return task.running || task.idle; }),
              out.end());
  }
  book_.tidy(choice != TaskChoice::running);
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
    out.push_back({i, segments_.transplant(thread.stack, from, running.onto), true, false});
    made_[running.task].shown = book_.round();
  }
}

template <class L, Memory M>
void TaskStacks<L, M>::add_suspended(std::span<const ThreadView> threads,
                                     std::vector<TaskStack>& out) {
  for (const TaskStack& shown : out) cover(running_[shown.thread].task);
  for (const TaskIndex index : lists_.tasks()) {
    const bool leaf = book_[index].awaited != book_.round();
    if (leaf && made_[index].covered != book_.round()) add_leaf(index, threads, out);
  }
  // Tasks that wait for one another in a circle have no leaf: the oldest stands for them.
  for (const TaskIndex index : lists_.tasks()) {
    if (made_[index].covered != book_.round()) add_leaf(index, threads, out);
  }
}

template <class L, Memory M>
void TaskStacks<L, M>::add_leaf(TaskIndex index, std::span<const ThreadView> threads,
                                std::vector<TaskStack>& out) {
  const KnownTask& task = book_[index];
  bool shown = false;
  if (settled_.has_changed(index) || task.bad) {
    // Given up.
  } else if (task.record.on_thread) {
    shown = task.born != book_.round() && add_outer(index, threads, out);
  } else if (const Made& made = make(index, threads); made.whole) {
    out.push_back({task.thread, made.stack, false, false});
    shown = true;
  }
  if (!shown) ++lost_;
  cover(index);
}

// A task that is on a thread's stack but not what it runs: it has called a task that began at once.
template <class L, Memory M>
bool TaskStacks<L, M>::add_outer(TaskIndex index, std::span<const ThreadView> threads,
                                 std::vector<TaskStack>& out) {
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (threads[i].chain == nullptr || running_[i].what != What::task) continue;
    const Chain& chain = *threads[i].chain;
    const std::size_t link = link_of(chain, book_.frame_of(index));
    const std::size_t end = running_[i].link;
    if (link == no_link || end >= chain.size() || end <= link) continue;
    const StackId onto = make(index, threads).bare;
    const StackId from = stack_below(chain, link);
    out.push_back({i, segments_.transplant(chain[end - 1].stack, from, onto), false, false});
    return true;
  }
  return false;
}

// A loop between two tasks waits for something to happen, or runs a callback.
template <class L, Memory M>
void TaskStacks<L, M>::add_between(TaskChoice choice, std::span<const ThreadView> threads,
                                   std::vector<TaskStack>& out) {
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (running_[i].what != What::between || threads[i].chain == nullptr) continue;
    const LoopStack loop = loops_.of(*threads[i].chain, threads[i].stack);
    const bool idle = loop.kind == LoopStack::Kind::idle;
    if (loop.kind == LoopStack::Kind::none || loop.kind == LoopStack::Kind::task) continue;
    // With all tasks shown, a loop that waits for them has nothing to add.
    if (choice != TaskChoice::running && idle && !out.empty()) continue;
    out.push_back({i, loop.stack, !idle, idle});
  }
}

// A task and all who wait for it, on whichever way, have been shown as far as they ever are: a
// stack follows one of several ways only.
template <class L, Memory M>
void TaskStacks<L, M>::cover(TaskIndex index) {
  path_.assign(1, index);
  while (!path_.empty()) {
    const TaskIndex at = path_.back();
    path_.pop_back();
    if (made_[at].covered == book_.round()) continue;
    made_[at].covered = book_.round();
    for (const TaskIndex awaiter : book_[at].awaiters) {
      if (awaiter != TaskIndex::none) path_.push_back(awaiter);
    }
  }
}

// Up to a task whose stack is known, to the root, or around a circle; then down again.
template <class L, Memory M>
const typename TaskStacks<L, M>::Made& TaskStacks<L, M>::make(TaskIndex index,
                                                              std::span<const ThreadView> threads) {
  path_.clear();
  ++climb_;
  for (TaskIndex at = index; at != TaskIndex::none && path_.size() < TaskBook<L, M>::most_parents;
       at = book_[at].parent) {
    if (made_[at].climbed == climb_) break;
    made_[at].climbed = climb_;
    path_.push_back(at);
    if (made_[at].built == book_.round()) break;
  }
  StackId below = StackId::empty;
  bool whole = true;
  for (std::size_t i = path_.size(); i-- > 0;) {
    const KnownTask& task = book_[path_[i]];
    Made& made = made_[path_[i]];
    if (made.built != book_.round()) {
      const TaskSegment segment = segments_.put(path_[i], below);
      made.bare = segment.bare;
      made.stack = segment.stack;
      made.whole = whole && !task.bad;
      if (task.record.on_thread) {
        // As somebody's who waits it is shown with what runs of it, if that is known.
        const bool known = task.born != book_.round();
        const auto runs = known ? segments_.put_running(path_[i], segment.bare, threads)
                                : std::optional<StackId>{};
        made.whole = made.whole && runs;
        made.stack = runs.value_or(segment.stack);
      }
      made.built = book_.round();
    }
    whole = made.whole;
    // Was the edge to the task above there when the thread of this one was read?
    const bool late = i > 0 && task.record.on_thread && book_[path_[i - 1]].fresh == book_.round();
    below = late ? made.bare : made.stack;
  }
  return made_[index];
}

}  // namespace tachyon
