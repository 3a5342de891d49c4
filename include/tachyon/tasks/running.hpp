#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <tachyon/tasks/loop_stacks.hpp>
#include <tachyon/tasks/segments.hpp>

// Which task each thread runs, and how that is known.
//
// An event loop goes from one task to the next in a few microseconds. The thread's word for its
// current task may therefore be of another moment than its stack. But the stack contains the
// coroutine of the task, which its address identifies. Whose coroutine that is, and who waits for
// it, was read before and is read once more, with the stack in between:
//
//   | loop and task, the thread's stack, loop and task, this task and its awaiters |   one read
//
// So the rule of stable.hpp holds here too: the first of the two reads was in an earlier tick. A
// task that was not known or that changed is read twice now, and must still run after that. A
// thread whose task is not known after some tries is given up.
namespace tachyon {

struct RunningTask {
  enum class What : std::uint8_t { nothing, unknown, between, task };
  Address thread{};  // its state
  What what = What::nothing;
  TaskIndex task = TaskIndex::none;
  std::size_t link = 0;  // of its coroutine in the thread's chain ...
  StackId onto{};        // ... and the stack to put below it: who waits for it, and its marker
};

template <class L, Memory M>
class RunningTasks {
 public:
  RunningTasks(TaskCache<L, M>& cache, TaskSegments<L, M>& segments, LoopStacks<L>& loops,
               M& memory)
      : cache_{cache}, segments_{segments}, loops_{loops}, memory_{memory} {}

  // `now` in ns.
  void begin_tick(std::size_t threads, std::uint64_t now);
  // Adds what must be read right before a thread, and right after all threads.
  void add_ranges_before(std::size_t thread, Address at, std::vector<Range>& ranges);
  void add_ranges_after(std::vector<Range>& ranges);
  // How many of the latter were read.
  void set_read(std::size_t count) noexcept;
  // Finds the task that this chain belongs to. False: read the thread again.
  bool identify(std::size_t thread, const Chain& chain);

  // By thread, as of the last read of that thread.
  std::size_t size() const noexcept { return threads_.size(); }
  const RunningTask& operator[](std::size_t thread) const noexcept {
    return threads_[thread].running;
  }

 private:
  using What = RunningTask::What;
  static constexpr std::uint64_t trusted_for = 50'000;       // ns; see is_due()
  static constexpr std::uint64_t recheck_every = 1'000'000;  // ns; of a thread without a loop

  struct Words {
    Address loop{};
    Address task{};
  };
  struct Thread {
    RunningTask running{};
    Words before{};                  // read right before the thread's stack
    Words after{};                   // ... and right after it
    std::vector<TaskIndex> path{};   // the task and who waits for it
    std::uint64_t verified = 0;      // when two reads of all of it agreed
    std::uint64_t without_loop = 0;  // when it was seen without one
    bool stays = false;              // the same task was seen twice
    bool path_read = false;          // the path was part of the read
    int tries = 0;
  };
  struct Requested {
    std::size_t thread;
    PieceId piece;  // none: words of the thread
  };

  // The awaiters of a running task cannot run while it does: they are not read for every look.
  bool is_due(const Thread& thread) const noexcept {
    return thread.verified == 0 || now_ - thread.verified >= trusted_for;
  }
  bool is_on(const Chain& chain, TaskIndex index) const noexcept {
    return link_of(chain, cache_.frame_of(index)) != no_link;
  }
  std::size_t add_words(const Thread& thread, Words& into, std::vector<Range>& ranges);
  bool runs_task(const Chain& chain);
  TaskIndex find_task(const Thread& thread, std::size_t number, const Chain& chain);
  TaskIndex read_task(Address task, std::size_t number, const Chain& chain);
  bool verify(Thread& thread, TaskIndex index);
  bool verify_now(Thread& thread, TaskIndex index);
  void find_path(TaskIndex index, std::vector<TaskIndex>& path);
  void collect_pieces(std::span<const TaskIndex> path);
  std::size_t first_changed(std::span<const TaskIndex> path) const;
  bool place_on_chain(Thread& thread, const Chain& chain);

  TaskCache<L, M>& cache_;
  TaskSegments<L, M>& segments_;
  LoopStacks<L>& loops_;
  M& memory_;
  std::vector<Thread> threads_;
  std::vector<std::size_t> reading_;
  std::vector<Requested> requested_;
  std::vector<PieceId> pieces_;
  PerTask<std::uint64_t> climbed_;  // in the search for which path
  std::uint64_t climb_ = 0;
  std::uint64_t now_ = 0;
};

// ---- what is read

template <class L, Memory M>
void RunningTasks<L, M>::begin_tick(std::size_t threads, std::uint64_t now) {
  now_ = now;
  threads_.resize(threads);
  for (Thread& thread : threads_) {
    thread.tries = 0;
    for (const TaskIndex index : thread.path) cache_.mark_seen(index);
  }
}

template <class L, Memory M>
void RunningTasks<L, M>::add_ranges_before(std::size_t number, Address at,
                                           std::vector<Range>& ranges) {
  Thread& thread = threads_[number];
  if (thread.running.thread != at) {
    thread = {};
    thread.running.thread = at;
  }
  thread.before = thread.after = {};
  thread.running.what = What::nothing;
  if (thread.without_loop != 0 && now_ - thread.without_loop < recheck_every) return;
  (void)add_words(thread, thread.before, ranges);
  reading_.push_back(number);
}

// Returns how many ranges that took.
template <class L, Memory M>
std::size_t RunningTasks<L, M>::add_words(const Thread& thread, Words& into,
                                          std::vector<Range>& ranges) {
  const AsyncioOffsets& offsets = cache_.reader().offsets();
  const Address loop = thread.running.thread + offsets.running_loop;
  if (offsets.running_task == offsets.running_loop + 8) {
    ranges.push_back({loop, bytes_of(into)});
    return 1;
  }
  ranges.push_back({loop, bytes_of(into.loop)});
  ranges.push_back({thread.running.thread + offsets.running_task, bytes_of(into.task)});
  return 2;
}

template <class L, Memory M>
void RunningTasks<L, M>::add_ranges_after(std::vector<Range>& ranges) {
  for (const std::size_t number : reading_) {
    Thread& thread = threads_[number];
    const std::size_t words = add_words(thread, thread.after, ranges);
    requested_.insert(requested_.end(), words, {number, PieceId::none});
    thread.path_read = thread.stays && !thread.path.empty() && is_due(thread);
    if (!thread.path_read) continue;
    collect_pieces(thread.path);
    for (const PieceId piece : pieces_) {
      ranges.push_back(cache_.pieces().range(piece));
      requested_.push_back({number, piece});
    }
  }
  reading_.clear();
}

template <class L, Memory M>
void RunningTasks<L, M>::set_read(std::size_t count) noexcept {
  for (std::size_t i = 0; i < requested_.size(); ++i) {
    if (requested_[i].piece != PieceId::none) {
      cache_.pieces().set_read(requested_[i].piece, i < count);
    } else if (i >= count) {
      threads_[requested_[i].thread].after = {};
    }
  }
  requested_.clear();
}

// ---- what it means

template <class L, Memory M>
bool RunningTasks<L, M>::identify(std::size_t number, const Chain& chain) {
  Thread& thread = threads_[number];
  RunningTask& running = thread.running;
  const bool again = ++thread.tries < TaskCache<L, M>::most_reads;
  running.what = What::nothing;
  if (!thread.after.loop && !thread.before.loop) {
    if (thread.without_loop == 0) thread.without_loop = now_;
    if (now_ - thread.without_loop >= recheck_every) thread.without_loop = now_;
    thread.path.clear();
    return true;
  }
  thread.without_loop = 0;
  if (!runs_task(chain)) {
    thread.path.clear();
    running.what = What::between;
    return true;
  }
  running.task = find_task(thread, number, chain);
  if (running.task != TaskIndex::none && verify(thread, running.task) &&
      place_on_chain(thread, chain)) {
    running.what = What::task;
    return true;
  }
  thread.path.clear();
  running.what = What::unknown;
  return !again;
}

// While a task runs, its thread has a coroutine that C code or a handle of the loop has called.
template <class L, Memory M>
bool RunningTasks<L, M>::runs_task(const Chain& chain) {
  if (loops_.of(memory_, chain, chain.stack(), true).kind == LoopStack::Kind::task) return true;
  for (std::size_t i = chain.size(); i-- > 0;) {
    if (chain[i].from_c && cache_.is_generator(chain[i].owner)) return true;
  }
  return false;
}

// The task whose coroutine is on the thread's stack. Tasks that are known already are tried first.
template <class L, Memory M>
TaskIndex RunningTasks<L, M>::find_task(const Thread& thread, std::size_t number,
                                        const Chain& chain) {
  const std::array<Address, 2> named{thread.after.task, thread.before.task};
  for (const Address task : named) {
    const TaskIndex index = task ? cache_.find(task) : TaskIndex::none;
    if (index != TaskIndex::none && is_on(chain, index)) return index;
  }
  for (const Address task : named) {
    if (!task || cache_.find(task) != TaskIndex::none) continue;
    const TaskIndex index = read_task(task, number, chain);
    if (index != TaskIndex::none) return index;
  }
  for (std::size_t i = chain.size(); i-- > 0;) {
    if (!cache_.is_generator(chain[i].owner)) continue;
    const TaskIndex index = cache_.find_by_frame(chain[i].at);
    if (index != TaskIndex::none) return index;
  }
  for (const Address task : named) {
    const TaskIndex known = task ? cache_.find(task) : TaskIndex::none;
    if (known == TaskIndex::none || cache_[known].reread == cache_.tick()) continue;
    const TaskIndex index = read_task(task, number, chain);
    if (index != TaskIndex::none) return index;
  }
  return TaskIndex::none;
}

template <class L, Memory M>
TaskIndex RunningTasks<L, M>::read_task(Address task, std::size_t number, const Chain& chain) {
  cache_.pieces().forget();
  TaskIndex index = cache_.find(task);
  if (index == TaskIndex::none) {
    index = cache_.add(task, number);
  } else if (!cache_.reread(index)) {
    index = TaskIndex::none;
  }
  return index != TaskIndex::none && is_on(chain, index) ? index : TaskIndex::none;
}

// Were the task and all tasks that its stack leads through the same in two reads?
template <class L, Memory M>
bool RunningTasks<L, M>::verify(Thread& thread, TaskIndex index) {
  thread.stays = !thread.path.empty() && thread.path[0] == index;
  if (thread.stays && cache_[index].reread != cache_.tick()) {
    if (!is_due(thread)) return true;
    if (thread.path_read && first_changed(thread.path) == thread.path.size()) {
      thread.verified = now_;
      return true;
    }
  }
  return verify_now(thread, index);
}

// Reads twice what has changed since the first read. That belongs to this stack only if the task
// still runs.
template <class L, Memory M>
bool RunningTasks<L, M>::verify_now(Thread& thread, TaskIndex index) {
  bool changed = cache_[index].reread == cache_.tick();
  for (int i = 0; i < TaskCache<L, M>::most_reads; ++i) {
    find_path(index, thread.path);
    for (const TaskIndex each : thread.path) {
      changed = changed || cache_[each].reread == cache_.tick();
    }
    collect_pieces(thread.path);
    cache_.pieces().read_some(pieces_);
    const std::size_t at = first_changed(thread.path);
    if (at == thread.path.size()) {
      thread.verified = now_;
      if (!changed) return true;
      const Address word = thread.running.thread + cache_.reader().offsets().running_task;
      const auto now = read_value<Address>(memory_, word);
      return now && *now == cache_[index].record.at;
    }
    cache_.pieces().forget();
    if (!cache_.reread(thread.path[at])) return false;
    changed = true;
  }
  return false;
}

template <class L, Memory M>
void RunningTasks<L, M>::find_path(TaskIndex index, std::vector<TaskIndex>& path) {
  path.clear();
  ++climb_;
  while (index != TaskIndex::none && climbed_[index] != climb_) {
    climbed_[index] = climb_;
    path.push_back(index);
    cache_.mark_seen(index);
    cache_.choose_parent(index);
    index = cache_[index].parent;
  }
}

// The frames of the running task, the first of the path, are read with its thread: only its name
// and who waits for it matter. Of the others everything does.
template <class L, Memory M>
void RunningTasks<L, M>::collect_pieces(std::span<const TaskIndex> path) {
  pieces_.clear();
  cache_.append_task_pieces(path[0], pieces_);
  for (const TaskIndex index : path.subspan(1)) cache_.append_pieces(index, pieces_);
}

template <class L, Memory M>
std::size_t RunningTasks<L, M>::first_changed(std::span<const TaskIndex> path) const {
  std::size_t i = 0;
  while (i < path.size() &&
         (i == 0 ? cache_.is_same_task(path[0]) : cache_.is_unchanged(path[i]))) {
    ++i;
  }
  return i;
}

// Finds the link of the task's coroutine, and makes the stack to put below it.
template <class L, Memory M>
bool RunningTasks<L, M>::place_on_chain(Thread& thread, const Chain& chain) {
  thread.running.link = link_of(chain, cache_.frame_of(thread.path[0]));
  if (thread.running.link == no_link) return false;
  StackId stack = StackId::empty;
  for (std::size_t i = thread.path.size(); i-- > 0;) {
    const TaskIndex index = thread.path[i];
    cache_.update_frames(index);
    if (i != 0 && cache_[index].invalid) return false;
    const TaskSegment segment = segments_.put(index, stack);
    stack = i == 0 ? segment.bare : segment.stack;
  }
  thread.running.onto = stack;
  return true;
}

}  // namespace tachyon
