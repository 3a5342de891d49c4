#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <tachyon/tasks/loop_stacks.hpp>
#include <tachyon/tasks/segments.hpp>

// Which task each thread runs, and how that is known.
//
// A loop goes from one task to the next in a few microseconds, so what the thread says of its
// current task may be of another moment than its stack; but the stack has the task's own coroutine
// in it, by its address. Whose coroutine that is, and who waits for it, was read before and is read
// once more, with the stack between the two:
//
//   | loop and task, the thread's stack, loop and task, this task and those above it |   one read
//
// So the rule of stable.hpp holds for it too: the first of the two reads was an earlier
// tick's. A task that was not known, or that changed, is read twice now, and must still run then.
// What is not known after some tries is given up.
namespace tachyon {

struct RunningTask {
  enum class What : std::uint8_t { nothing, unknown, between, task };
  Address thread{};  // its state
  What what = What::nothing;
  TaskIndex task = TaskIndex::none;
  std::size_t link = 0;  // where its coroutine stands on the thread's stack ...
  StackId onto{};        // ... and what is put under it: its marker, and who waits for it
};

template <class L, Memory M>
class RunningTasks {
 public:
  RunningTasks(TaskBook<L, M>& book, TaskSegments<L, M>& segments, LoopStacks<L>& loops, M& memory)
      : book_{book}, segments_{segments}, loops_{loops}, memory_{memory} {}

  // Forgets how often was tried: a new tick. `now` in ns.
  void begin(std::size_t threads, std::uint64_t now);
  // Adds what must be read right before a thread, and right after all of them.
  void ask_before(std::size_t thread, Address at, std::vector<Range>& ranges);
  void ask(std::vector<Range>& ranges);
  // How many of the latter arrived.
  void arrived(std::size_t count) noexcept;
  // Is it known now which task this chain belongs to? False: read the thread again.
  bool settle(std::size_t thread, const Chain& chain);

  // By thread. What is known of a thread that was not read since stays as it was.
  std::size_t size() const noexcept { return threads_.size(); }
  const RunningTask& operator[](std::size_t thread) const noexcept {
    return threads_[thread].running;
  }

 private:
  using What = RunningTask::What;
  static constexpr std::uint64_t trusted_for = 50'000;   // ns; see due()
  static constexpr std::uint64_t ask_every = 1'000'000;  // ns; of a thread without a loop

  struct Words {
    Address loop{};
    Address task{};
  };
  struct Thread {
    RunningTask running{};
    Words before{};                  // read right before the thread's stack
    Words after{};                   // ... and right after it
    std::vector<TaskIndex> path{};   // the task and who waits for it
    std::uint64_t proven = 0;        // when all of it was read
    std::uint64_t without_loop = 0;  // when it had none
    bool stays = false;              // the same task was seen twice
    bool asked = false;              // the path was part of the read
    int tries = 0;
  };
  struct Asked {
    std::size_t thread;
    PieceId piece;
  };

  bool due(const Thread& thread) const noexcept {
    // What a running task's awaiters are doing is not read again for the blink of an eye: they
    // cannot run while it does.
    return thread.proven == 0 || now_ - thread.proven >= trusted_for;
  }
  bool is_on(const Chain& chain, TaskIndex index) const noexcept {
    return link_of(chain, book_.frame_of(index)) != no_link;
  }
  std::size_t add_words(const Thread& thread, Words& into, std::vector<Range>& ranges);
  bool runs_task(const Chain& chain);
  TaskIndex recognise(const Thread& thread, std::size_t number, const Chain& chain);
  TaskIndex learn(Address task, std::size_t number, const Chain& chain);
  bool prove(Thread& thread, TaskIndex index);
  bool prove_anew(Thread& thread, TaskIndex index);
  void find_path(TaskIndex index, std::vector<TaskIndex>& path);
  void pieces_of(std::span<const TaskIndex> path);
  std::size_t first_changed(std::span<const TaskIndex> path) const;
  bool place(Thread& thread, const Chain& chain);

  TaskBook<L, M>& book_;
  TaskSegments<L, M>& segments_;
  LoopStacks<L>& loops_;
  M& memory_;
  std::vector<Thread> threads_;
  std::vector<std::size_t> asking_;
  std::vector<Asked> asked_;
  std::vector<PieceId> pieces_;
  std::uint64_t now_ = 0;
};

// ---- what is read

template <class L, Memory M>
void RunningTasks<L, M>::begin(std::size_t threads, std::uint64_t now) {
  now_ = now;
  threads_.resize(threads);
  for (Thread& thread : threads_) {
    thread.tries = 0;
    for (const TaskIndex index : thread.path) book_.see(index);
  }
}

template <class L, Memory M>
void RunningTasks<L, M>::ask_before(std::size_t number, Address at, std::vector<Range>& ranges) {
  Thread& thread = threads_[number];
  if (thread.running.thread != at) {
    thread = {};
    thread.running.thread = at;
  }
  thread.before = thread.after = {};
  thread.running.what = What::nothing;
  if (thread.without_loop != 0 && now_ - thread.without_loop < ask_every) return;
  (void)add_words(thread, thread.before, ranges);
  asking_.push_back(number);
}

// How many ranges that took.
template <class L, Memory M>
std::size_t RunningTasks<L, M>::add_words(const Thread& thread, Words& into,
                                          std::vector<Range>& ranges) {
  const AsyncioOffsets& offsets = book_.reader().offsets();
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
void RunningTasks<L, M>::ask(std::vector<Range>& ranges) {
  for (const std::size_t number : asking_) {
    Thread& thread = threads_[number];
    const std::size_t words = add_words(thread, thread.after, ranges);
    asked_.insert(asked_.end(), words, {number, PieceId::none});
    thread.asked = thread.stays && !thread.path.empty() && due(thread);
    if (!thread.asked) continue;
    pieces_of(thread.path);
    for (const PieceId piece : pieces_) {
      ranges.push_back(book_.pieces().range(piece));
      asked_.push_back({number, piece});
    }
  }
  asking_.clear();
}

template <class L, Memory M>
void RunningTasks<L, M>::arrived(std::size_t count) noexcept {
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    if (asked_[i].piece != PieceId::none) {
      book_.pieces().settle(asked_[i].piece, i < count);
    } else if (i >= count) {
      threads_[asked_[i].thread].after = {};
    }
  }
  asked_.clear();
}

// ---- what it says

template <class L, Memory M>
bool RunningTasks<L, M>::settle(std::size_t number, const Chain& chain) {
  Thread& thread = threads_[number];
  RunningTask& running = thread.running;
  const bool again = ++thread.tries < TaskBook<L, M>::most_reads;
  running.what = What::nothing;
  if (!thread.after.loop && !thread.before.loop) {
    if (thread.without_loop == 0) thread.without_loop = now_;
    if (now_ - thread.without_loop >= ask_every) thread.without_loop = now_;
    thread.path.clear();
    return true;
  }
  thread.without_loop = 0;
  if (!runs_task(chain)) {
    thread.path.clear();
    running.what = What::between;
    return true;
  }
  running.task = recognise(thread, number, chain);
  if (running.task != TaskIndex::none && prove(thread, running.task) && place(thread, chain)) {
    running.what = What::task;
    return true;
  }
  thread.path.clear();
  running.what = What::unknown;
  return !again;
}

// Where a task runs there is a coroutine that C code called, or that a handle of the loop did.
template <class L, Memory M>
bool RunningTasks<L, M>::runs_task(const Chain& chain) {
  if (loops_.of(chain, chain.stack()).kind == LoopStack::Kind::task) return true;
  for (std::size_t i = chain.size(); i-- > 0;) {
    if (chain[i].from_c && book_.reader().is_generator(chain[i].owner)) return true;
  }
  return false;
}

// Whose coroutine is on the thread's stack? What is known of tasks is asked first.
template <class L, Memory M>
TaskIndex RunningTasks<L, M>::recognise(const Thread& thread, std::size_t number,
                                        const Chain& chain) {
  const std::array<Address, 2> said{thread.after.task, thread.before.task};
  for (const Address task : said) {
    const TaskIndex index = task ? book_.find(task) : TaskIndex::none;
    if (index != TaskIndex::none && is_on(chain, index)) return index;
  }
  for (const Address task : said) {
    if (!task || book_.find(task) != TaskIndex::none) continue;
    const TaskIndex index = learn(task, number, chain);
    if (index != TaskIndex::none) return index;
  }
  for (std::size_t i = chain.size(); i-- > 0;) {
    if (!book_.reader().is_generator(chain[i].owner)) continue;
    const TaskIndex index = book_.find_by_frame(chain[i].at);
    if (index != TaskIndex::none) return index;
  }
  for (const Address task : said) {
    const TaskIndex known = task ? book_.find(task) : TaskIndex::none;
    if (known == TaskIndex::none || book_[known].fresh == book_.round()) continue;
    const TaskIndex index = learn(task, number, chain);
    if (index != TaskIndex::none) return index;
  }
  return TaskIndex::none;
}

template <class L, Memory M>
TaskIndex RunningTasks<L, M>::learn(Address task, std::size_t number, const Chain& chain) {
  book_.pieces().forget();
  TaskIndex index = book_.find(task);
  if (index == TaskIndex::none) {
    index = book_.add(task, number);
  } else if (!book_.remake(index)) {
    index = TaskIndex::none;
  }
  return index != TaskIndex::none && is_on(chain, index) ? index : TaskIndex::none;
}

// The task and everybody who waits for it, the same in two reads.
template <class L, Memory M>
bool RunningTasks<L, M>::prove(Thread& thread, TaskIndex index) {
  thread.stays = !thread.path.empty() && thread.path[0] == index;
  if (thread.stays && book_[index].fresh != book_.round()) {
    if (!due(thread)) return true;
    if (thread.asked && first_changed(thread.path) == thread.path.size()) {
      thread.proven = now_;
      return true;
    }
  }
  return prove_anew(thread, index);
}

// What has changed since the first read is read twice now, and belongs to this stack only if the
// task still runs.
template <class L, Memory M>
bool RunningTasks<L, M>::prove_anew(Thread& thread, TaskIndex index) {
  bool changed = book_[index].fresh == book_.round();
  for (int i = 0; i < TaskBook<L, M>::most_reads; ++i) {
    find_path(index, thread.path);
    for (const TaskIndex each : thread.path) {
      changed = changed || book_[each].fresh == book_.round();
    }
    pieces_of(thread.path);
    book_.pieces().read_some(pieces_);
    const std::size_t at = first_changed(thread.path);
    if (at == thread.path.size()) {
      thread.proven = now_;
      if (!changed) return true;
      const Address word = thread.running.thread + book_.reader().offsets().running_task;
      const auto now = read_value<Address>(memory_, word);
      return now && *now == book_[index].record.at;
    }
    book_.pieces().forget();
    if (!book_.remake(thread.path[at])) return false;
    changed = true;
  }
  return false;
}

template <class L, Memory M>
void RunningTasks<L, M>::find_path(TaskIndex index, std::vector<TaskIndex>& path) {
  path.clear();
  while (index != TaskIndex::none && path.size() < TaskBook<L, M>::most_parents &&
         std::find(path.begin(), path.end(), index) == path.end()) {
    path.push_back(index);
    book_.see(index);
    book_.choose_parent(index);
    index = book_[index].parent;
  }
}

// The frames of a running task are its thread's business: of the first of the path only who it is
// and who waits for it matters, of the others everything.
template <class L, Memory M>
void RunningTasks<L, M>::pieces_of(std::span<const TaskIndex> path) {
  pieces_.clear();
  book_.add_pieces_running(path[0], pieces_);
  for (const TaskIndex index : path.subspan(1)) book_.add_pieces(index, pieces_);
}

template <class L, Memory M>
std::size_t RunningTasks<L, M>::first_changed(std::span<const TaskIndex> path) const {
  std::size_t i = 0;
  while (i < path.size() && (i == 0 ? book_.is_same_running(path[0]) : book_.is_same(path[i]))) {
    ++i;
  }
  return i;
}

// Where the task stands on the thread's stack, and what its frames are put on.
template <class L, Memory M>
bool RunningTasks<L, M>::place(Thread& thread, const Chain& chain) {
  thread.running.link = link_of(chain, book_.frame_of(thread.path[0]));
  if (thread.running.link == no_link) return false;
  StackId stack = StackId::empty;
  for (std::size_t i = thread.path.size(); i-- > 0;) {
    const TaskIndex index = thread.path[i];
    book_.show_now(index);
    if (i != 0 && book_[index].bad) return false;
    const TaskSegment segment = segments_.put(index, stack);
    stack = i == 0 ? segment.bare : segment.stack;
  }
  thread.running.onto = stack;
  return true;
}

}  // namespace tachyon
