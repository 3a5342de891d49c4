#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tachyon/memory/gathered.hpp>
#include <tachyon/sampler/loop_stacks.hpp>
#include <tachyon/unwind/chain.hpp>
#include <tachyon/unwind/tasks.hpp>

// Stacks by task instead of by thread.
//
// A stack that is of use to somebody who writes `await` does not stop at the event loop: it goes
// from a task to the task that waits for it. Tasks that nobody's wait leads through are the leaves,
// and each leaf gives one stack; root first:
//
//   [Task-1] main, gather  [worker] fetch, read        markers in brackets, then coroutines
//
// A task that runs at this moment continues with the ordinary calls above its coroutine, as the
// walk of its thread found them. Where several tasks wait for one, the stack follows the one whose
// name comes first (numbers counted as numbers), then the one that is older, and the marker says
// how many there are: the same program gives the same stacks in every run.
//
// What makes such a stack true. It is joined from words all over the heap, and the program goes on
// while they are read. So one rule decides: *a stack is believed when all words that it was made
// from were the same in two reads*. Whatever lies between the two reads then saw all of them at
// once. For a task that has not changed since the last tick the last tick was the first read; a
// task that has changed is read once more, together with everything its stacks lead through.
//
//   tick 1   | A B C D |                     all new: read, and read again
//   tick 2   | A B C D |                     nothing changed: one read, nothing made anew
//   tick 3   | A B' C D | B' A |             B changed, A waits for it: these two are read again
//
// The same rule joins a running task to the stack of its thread. A loop goes from one task to the
// next in a few microseconds, so what the thread says of its current task may be of another moment
// than its stack; but the stack has the task's own coroutine in it, by its address. Whose coroutine
// that is, and who waits for it, was read before and is read once more: the stack was read between
// the two. A task that was not known must still run when it has been read.
//
// That is also what makes ten thousand tasks cheap: names, awaiters, frames and stacks are made
// anew only for tasks whose words changed.
namespace tachyon {

// Those that run; all; or those that do not run, for the time they wait.
enum class TaskChoice : std::uint8_t { running, all, waiting };

// The thread of a task whose thread has ended.
inline constexpr std::size_t no_thread = ~std::size_t{0};

struct TaskStack {
  std::size_t thread = no_thread;  // index among the threads that were given
  StackId stack{};
  bool running = false;
  bool idle = false;  // no task: the loop waits, or runs something that is no task
};

// "Task-9" before "Task-10".
inline bool comes_before(std::string_view a, std::string_view b) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      std::uint64_t x = 0, y = 0;
      const char* a_end = std::from_chars(a.data(), a.data() + a.size(), x).ptr;
      const char* b_end = std::from_chars(b.data(), b.data() + b.size(), y).ptr;
      if (x != y) return x < y;
      a.remove_prefix(static_cast<std::size_t>(a_end - a.data()));
      b.remove_prefix(static_cast<std::size_t>(b_end - b.data()));
    } else {
      if (a[0] != b[0]) return a[0] < b[0];
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

template <class L, Memory M>
class TaskStacks {
 public:
  // What is known about one thread when its tasks are looked at.
  struct ThreadView {
    Address at{};
    const Chain* chain = nullptr;  // of this look; null: it could not be read
    StackId stack{};               // the thread's, <GC> included
    std::uint64_t epoch = 0;
  };

  TaskStacks(const L& layout, M& memory, ChainMaker<L>& maker, const AsyncioOffsets& offsets,
             const WellKnown& types)
      : memory_{memory},
        gathered_{memory},
        maker_{maker},
        reader_{layout, offsets, types},
        loops_{layout, maker} {}

  // ---- with every look at the threads

  // Forgets what threads were seen to run: a new tick. `now` in ns.
  void begin(std::size_t threads, std::uint64_t now);
  // Adds what must be read right before a thread, and right after all of them.
  void ask_before(std::size_t thread, Address at, std::vector<Range>& ranges);
  void ask(std::vector<Range>& ranges);
  // How many of the ranges arrived, counted from the first that was added.
  void arrived(std::size_t count) noexcept;
  // Is it known now which task this chain belongs to? False: read the thread again.
  bool settle(std::size_t thread, const Chain& chain, std::uint64_t epoch);
  bool is_unknown(std::size_t thread) const noexcept {
    return running_[thread].what == Running::What::unknown;
  }

  // ---- once a tick

  void look(TaskChoice choice, const std::vector<ThreadView>& threads,
            const std::vector<Address>& interpreters, std::vector<TaskStack>& out);

  // Lists that did not come back to their head, and stacks that changed in every read.
  std::uint64_t broken_lists() const noexcept { return broken_; }
  std::uint64_t lost() const noexcept { return lost_; }
  std::size_t task_count() const noexcept { return used_; }
  const Gathered<M>& gathered() const noexcept { return gathered_; }

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  static constexpr std::size_t most_parents = 1024;
  static constexpr int most_reads = 4;                   // of what keeps changing
  static constexpr std::uint64_t trusted_for = 50'000;   // ns; see due()
  static constexpr std::uint64_t ask_every = 1'000'000;  // ns; of a thread without a loop
  static constexpr std::uint64_t kept_unseen = 4096;     // rounds
  static constexpr std::size_t most_entries = 1 << 15;
  // A server numbers its tasks for ever. So many names are kept apart; then numbers become N.
  static constexpr std::size_t most_names = 1 << 16;

  struct Entry {
    TaskRecord record;
    std::vector<FrameId> frames;          // that its coroutines show, outermost first
    std::vector<std::uint32_t> awaiters;  // entries, where they are known
    FrameId marker{};
    std::string shown_name;  // the marker's
    std::uint32_t parent = none;
    std::uint32_t next = none;  // its neighbour in the list
    std::size_t thread = no_thread;
    std::uint64_t epoch = 0;    // as of which its frames are true
    std::uint64_t pass = 0;     // of the walk that came by
    std::uint64_t round = 0;    // in which it was last seen
    std::uint64_t order = 0;    // in the lists
    std::uint64_t fresh = 0;    // the round in which it was made anew
    std::uint64_t born = 0;     // ... and found to be another task
    std::uint64_t awaited = 0;  // the round in which it was somebody's parent
    std::uint64_t shown = 0;    // the round in which it ran and had its stack
    std::uint64_t covered = 0;  // the round in which a stack led through it
    std::uint64_t visited = 0;  // by the search for changes
    std::uint64_t climbed = 0;  // on the way to the root
    std::uint64_t built = 0;    // the round its stack is of
    StackId below{};            // the stack it was built upon
    StackId stack{};
    StackId bare{};  // its marker alone, upon `below`
    bool used = false;
    bool remade = false;   // since its stack was built
    bool changed = false;  // and not yet read twice
    bool dirty = false;    // it, or what it waits through, changed
    bool marked = false;   // to be read once more
    bool bad = false;      // frames that cannot be
    bool absent = false;   // it runs, and its frames are on no stack that was read
    bool whole = false;    // so is its stack, and everybody's in it
  };

  // What a thread runs.
  struct Running {
    enum class What : std::uint8_t { nothing, unknown, between, task };
    struct Words {
      Address loop{};
      Address task{};
    };
    Address owner{};  // the thread state
    Words before{};   // read right before the thread's stack
    Words after{};    // ... and right after it
    What what = What::nothing;
    std::vector<std::uint32_t> path{};  // the task and who waits for it
    std::uint64_t proven = 0;           // when all of it was read
    std::uint64_t without_loop = 0;     // when it had none
    bool stays = false;                 // the same task was seen twice
    bool asked = false;                 // the path was part of the read
    std::size_t link = 0;               // where its coroutine stands on the thread's stack
    StackId onto{};
    int tries = 0;
  };
  struct Head {
    Address owner{};
    Address at{};
    PieceId piece = PieceId::none;
    std::size_t thread = no_thread;
  };
  struct Asked {
    std::size_t thread;
    PieceId piece;
  };

  bool due(const Running& running) const noexcept {
    // What a running task's awaiters are doing is not read again for the blink of an eye: they
    // cannot run while it does.
    return running.proven == 0 || now_ - running.proven >= trusted_for;
  }

  // How many ranges that took.
  std::size_t add_words(const Running& running, typename Running::Words& into,
                        std::vector<Range>& ranges);

  // ---- entries
  std::uint32_t find(Address at) const {
    const auto known = index_.find(at.value);
    return known == index_.end() ? none : known->second;
  }
  std::uint32_t add(Address at, std::size_t thread, std::uint64_t epoch);
  bool remake(std::uint32_t index, std::uint64_t epoch);
  void show(Entry& entry, std::uint64_t epoch);
  void mark_name(Entry& entry);
  void forget_frame(std::uint32_t index) {
    const Address coroutine = entries_[index].record.words.coroutine;
    const auto known = by_frame_.find(reader_.frame_of(coroutine).value);
    if (known != by_frame_.end() && known->second == index) by_frame_.erase(known);
  }
  void drop(std::uint32_t index);
  void drop_unseen(std::uint64_t rounds);
  void choose_parent(std::uint32_t index);

  // ---- lists
  void set_heads(const std::vector<ThreadView>& threads, const std::vector<Address>& interpreters);
  bool walk(const Head& head);
  void walk_all();
  void meet(std::uint32_t index, std::size_t thread);
  void check(std::uint32_t index);

  // ---- truth
  void settle_all();
  bool has_changed(std::uint32_t index);
  void cover(std::uint32_t index);
  std::uint32_t recognise(const Running& running, std::size_t thread, const Chain& chain);
  std::uint32_t learn(Address task, std::size_t thread, const Chain& chain);
  bool is_on(const Chain& chain, std::uint32_t index) const noexcept;
  bool prove(Running& running, std::uint32_t index);
  void find_path(std::uint32_t index, std::vector<std::uint32_t>& path);
  void pieces_of(std::span<const std::uint32_t> path);
  std::size_t first_changed(std::span<const std::uint32_t> path) const;
  bool place(Running& running, const Chain& chain, std::uint64_t epoch);
  void add_pieces(const Entry& entry, std::vector<PieceId>& out) const;

  // ---- stacks
  static std::size_t link_of(const Chain& chain, Address frame) noexcept {
    for (std::size_t i = chain.size(); i-- > 0;) {
      if (chain[i].at == frame) return i;
    }
    return no_thread;
  }
  FrameId marker(const std::string& name);
  StackId stack_of(std::uint32_t index, const std::vector<ThreadView>& threads);
  void add_suspended(const std::vector<ThreadView>& threads, std::vector<TaskStack>& out);
  void build(std::uint32_t index, StackId below, const std::vector<ThreadView>& threads);
  StackId transplant(StackId stack, StackId from, StackId onto);
  void add_running(const std::vector<ThreadView>& threads, std::vector<TaskStack>& out);
  bool outer_stack(std::uint32_t index, const std::vector<ThreadView>& threads,
                   std::vector<TaskStack>& out);

  M& memory_;
  Gathered<M> gathered_;
  ChainMaker<L>& maker_;
  TaskReader<L> reader_;
  LoopStacks<L> loops_;

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::uint64_t, std::uint32_t> index_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_frame_;  // of their outermost coroutines
  std::size_t used_ = 0;
  std::vector<Head> heads_;
  std::vector<std::uint32_t> live_;  // entries of this round, in the order they were met
  std::vector<std::uint32_t> marked_;
  std::vector<std::uint32_t> shown_;  // tasks that run and have their stack
  std::vector<std::uint32_t> path_;
  std::vector<PieceId> pieces_;
  std::vector<Asked> asked_;
  std::vector<std::size_t> asking_;
  std::vector<Running> running_;
  std::vector<FrameId> frames_;
  std::unordered_map<std::string, FrameId> markers_;

  std::uint64_t now_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t round_ = 0;
  std::uint64_t pass_ = 0;
  std::uint64_t search_ = 0;
  std::uint64_t climb_ = 0;
  std::uint64_t broken_ = 0;
  std::uint64_t lost_ = 0;

  struct Transplant {
    StackId stack{}, from{}, onto{}, result{};
    bool known = false;
  };
  std::array<Transplant, 256> transplants_{};
};

template <class L, Memory M>
void TaskStacks<L, M>::begin(std::size_t threads, std::uint64_t now) {
  ++round_;
  now_ = now;
  reader_.begin();
  running_.resize(threads);
  for (Running& running : running_) {
    running.tries = 0;
    for (const std::uint32_t index : running.path) entries_[index].round = round_;
  }
}

template <class L, Memory M>
void TaskStacks<L, M>::add_pieces(const Entry& entry, std::vector<PieceId>& out) const {
  if (entry.record.piece != PieceId::none) out.push_back(entry.record.piece);
  for (const auto& other : entry.record.others) out.push_back(other.piece);
  for (const auto& coroutine : entry.record.coroutines) out.push_back(coroutine.piece);
}

template <class L, Memory M>
void TaskStacks<L, M>::ask_before(std::size_t thread, Address at, std::vector<Range>& ranges) {
  Running& running = running_[thread];
  if (running.owner != at) {
    running = {};
    running.owner = at;
  }
  running.before = running.after = {};
  running.what = Running::What::nothing;
  if (running.without_loop != 0 && now_ - running.without_loop < ask_every) return;
  (void)add_words(running, running.before, ranges);
  asking_.push_back(thread);
}

template <class L, Memory M>
std::size_t TaskStacks<L, M>::add_words(const Running& running, typename Running::Words& into,
                                        std::vector<Range>& ranges) {
  const AsyncioOffsets& offsets = reader_.offsets();
  const Address loop = running.owner + offsets.running_loop;
  if (offsets.running_task == offsets.running_loop + 8) {
    ranges.push_back({loop, bytes_of(into)});
    return 1;
  }
  ranges.push_back({loop, bytes_of(into.loop)});
  ranges.push_back({running.owner + offsets.running_task, bytes_of(into.task)});
  return 2;
}

template <class L, Memory M>
void TaskStacks<L, M>::ask(std::vector<Range>& ranges) {
  for (const std::size_t thread : asking_) {
    Running& running = running_[thread];
    const std::size_t words = add_words(running, running.after, ranges);
    asked_.insert(asked_.end(), words, {thread, PieceId::none});
    running.asked = running.stays && !running.path.empty() && due(running);
    if (!running.asked) continue;
    pieces_of(running.path);
    for (const PieceId piece : pieces_) {
      ranges.push_back(gathered_.range(piece));
      asked_.push_back({thread, piece});
    }
  }
  asking_.clear();
}

template <class L, Memory M>
void TaskStacks<L, M>::arrived(std::size_t count) noexcept {
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    if (asked_[i].piece != PieceId::none) {
      gathered_.settle(asked_[i].piece, i < count);
    } else if (i >= count) {
      running_[asked_[i].thread].after = {};
    }
  }
  asked_.clear();
}

// The frames of a running task are its thread's business: of the first of the path only who it is
// and who waits for it matters, of the others everything.
template <class L, Memory M>
void TaskStacks<L, M>::pieces_of(std::span<const std::uint32_t> path) {
  pieces_.clear();
  for (const std::uint32_t index : path) {
    const TaskRecord& record = entries_[index].record;
    if (record.piece != PieceId::none) pieces_.push_back(record.piece);
    for (const auto& other : record.others) pieces_.push_back(other.piece);
    if (index == path[0]) continue;
    for (const auto& coroutine : record.coroutines) pieces_.push_back(coroutine.piece);
  }
}

template <class L, Memory M>
std::size_t TaskStacks<L, M>::first_changed(std::span<const std::uint32_t> path) const {
  std::size_t i = 0;
  while (i < path.size() && (i == 0 ? reader_.same_task(gathered_, entries_[path[0]].record)
                                    : reader_.same(gathered_, entries_[path[i]].record))) {
    ++i;
  }
  return i;
}

template <class L, Memory M>
bool TaskStacks<L, M>::is_on(const Chain& chain, std::uint32_t index) const noexcept {
  const Address coroutine = entries_[index].record.words.coroutine;
  return coroutine && link_of(chain, reader_.frame_of(coroutine)) != no_thread;
}

template <class L, Memory M>
std::uint32_t TaskStacks<L, M>::learn(Address task, std::size_t thread, const Chain& chain) {
  gathered_.forget();
  std::uint32_t index = find(task);
  if (index == none) {
    index = add(task, thread, epoch_);
  } else if (!remake(index, epoch_)) {
    index = none;
  }
  return index != none && is_on(chain, index) ? index : none;
}

// Whose coroutine is on the thread's stack? The words of the thread may be of a moment later, or
// earlier: a loop goes from one task to the next in a few microseconds. What is known of tasks is
// asked first.
template <class L, Memory M>
std::uint32_t TaskStacks<L, M>::recognise(const Running& running, std::size_t thread,
                                          const Chain& chain) {
  const std::array<Address, 2> said{running.after.task, running.before.task};
  for (const Address task : said) {
    const std::uint32_t index = task ? find(task) : none;
    if (index != none && is_on(chain, index)) return index;
  }
  for (const Address task : said) {
    if (!task || find(task) != none) continue;
    const std::uint32_t index = learn(task, thread, chain);
    if (index != none) return index;
  }
  for (std::size_t i = chain.size(); i-- > 0;) {
    if (!reader_.is_generator(chain[i].owner)) continue;
    const auto known = by_frame_.find(chain[i].at.value);
    if (known != by_frame_.end() && is_on(chain, known->second)) return known->second;
  }
  for (const Address task : said) {
    const std::uint32_t known = task ? find(task) : none;
    if (known == none || entries_[known].fresh == round_) continue;
    const std::uint32_t index = learn(task, thread, chain);
    if (index != none) return index;
  }
  return none;
}

template <class L, Memory M>
void TaskStacks<L, M>::find_path(std::uint32_t index, std::vector<std::uint32_t>& path) {
  path.clear();
  while (index != none && path.size() < most_parents &&
         std::find(path.begin(), path.end(), index) == path.end()) {
    path.push_back(index);
    entries_[index].round = round_;
    choose_parent(index);
    index = entries_[index].parent;
  }
}

// The task and everybody who waits for it, the same in two reads; what has changed since the first
// is read twice now, and belongs to this stack only if the task still runs.
template <class L, Memory M>
bool TaskStacks<L, M>::prove(Running& running, std::uint32_t index) {
  const bool same_one = !running.path.empty() && running.path[0] == index;
  const bool fresh = entries_[index].fresh == round_;
  running.stays = same_one;
  if (same_one && !fresh) {
    if (!due(running)) return true;
    if (running.asked && first_changed(running.path) == running.path.size()) {
      running.proven = now_;
      return true;
    }
  }
  bool changed = fresh;
  for (int i = 0; i < most_reads; ++i) {
    find_path(index, running.path);
    for (const std::uint32_t each : running.path)
      changed = changed || entries_[each].fresh == round_;
    pieces_of(running.path);
    gathered_.read_some(pieces_);
    const std::size_t at = first_changed(running.path);
    if (at == running.path.size()) {
      running.proven = now_;
      if (!changed) return true;
      const auto now = read_value<Address>(memory_, running.owner + reader_.offsets().running_task);
      return now && *now == entries_[index].record.at;
    }
    gathered_.forget();
    if (!remake(running.path[at], epoch_)) return false;
    changed = true;
  }
  return false;
}

// Where the task stands on the thread's stack, and what its frames are put on.
template <class L, Memory M>
bool TaskStacks<L, M>::place(Running& running, const Chain& chain, std::uint64_t epoch) {
  running.link = link_of(chain, reader_.frame_of(entries_[running.path[0]].record.words.coroutine));
  if (running.link == no_thread) return false;
  StackId stack = StackId::empty;
  for (std::size_t i = running.path.size(); i-- > 0;) {
    Entry& entry = entries_[running.path[i]];
    if (entry.epoch != epoch) show(entry, epoch);
    if (i != 0 && entry.bad) return false;
    if (entry.remade || entry.below != stack) build(running.path[i], stack, {});
    stack = i == 0 ? entry.bare : entry.stack;
  }
  running.onto = stack;
  return true;
}

template <class L, Memory M>
bool TaskStacks<L, M>::settle(std::size_t thread, const Chain& chain, std::uint64_t epoch) {
  using What = typename Running::What;
  Running& running = running_[thread];
  const bool again = ++running.tries < most_reads;
  epoch_ = epoch;
  running.what = What::nothing;
  if (!running.after.loop && !running.before.loop) {
    if (running.without_loop == 0) running.without_loop = now_;
    if (now_ - running.without_loop >= ask_every) running.without_loop = now_;
    running.path.clear();
    return true;
  }
  running.without_loop = 0;
  // Where a task runs there is a coroutine that C code called, or that a handle of the loop did.
  bool ran = loops_.of(chain, chain.stack()).kind == LoopStack::Kind::task;
  for (std::size_t i = chain.size(); i-- > 0 && !ran;) {
    ran = chain[i].from_c && reader_.is_generator(chain[i].owner);
  }
  if (!ran) {
    running.path.clear();
    running.what = What::between;
    return true;
  }
  const std::uint32_t index = recognise(running, thread, chain);
  if (index != none && prove(running, index) && place(running, chain, epoch)) {
    running.what = What::task;
    return true;
  }
  running.path.clear();
  running.what = What::unknown;
  return !again;
}

template <class L, Memory M>
std::uint32_t TaskStacks<L, M>::add(Address at, std::size_t thread, std::uint64_t epoch) {
  if (used_ >= most_entries) return none;
  std::uint32_t index;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Entry& entry = entries_[index];
  entry.record.at = at;
  entry.thread = thread;
  entry.round = round_;
  entry.used = true;
  ++used_;
  index_[at.value] = index;
  if (remake(index, epoch)) return index;
  drop(index);
  return none;
}

template <class L, Memory M>
void TaskStacks<L, M>::drop(std::uint32_t index) {
  Entry& entry = entries_[index];
  forget_frame(index);
  reader_.drop(gathered_, entry.record);
  index_.erase(entry.record.at.value);
  entry = {};
  free_.push_back(index);
  --used_;
}

template <class L, Memory M>
void TaskStacks<L, M>::drop_unseen(std::uint64_t rounds) {
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].used && entries_[i].round + rounds < round_) drop(i);
  }
}

template <class L, Memory M>
bool TaskStacks<L, M>::remake(std::uint32_t index, std::uint64_t epoch) {
  Entry& entry = entries_[index];
  const Address before = entry.record.words.coroutine;
  forget_frame(index);
  const bool is_task = reader_.read(gathered_, entry.record);
  if (const Address coroutine = entry.record.words.coroutine; is_task && coroutine) {
    by_frame_[reader_.frame_of(coroutine).value] = index;
  }
  entry.changed = entry.remade = true;
  entry.fresh = round_;
  if (entry.record.words.coroutine != before) entry.born = round_;
  entry.awaiters.assign(entry.record.awaiters.size(), none);
  if (!is_task) return false;
  mark_name(entry);
  show(entry, epoch);
  return true;
}

template <class L, Memory M>
void TaskStacks<L, M>::show(Entry& entry, std::uint64_t epoch) {
  entry.epoch = epoch;
  entry.bad = entry.record.nameless;
  entry.remade = true;
  entry.frames.clear();
  for (const RememberedCoroutine& coroutine : entry.record.coroutines) {
    if (!coroutine.has_frame) continue;
    const auto frame = maker_.shown_as(memory_, reader_.frame_of(coroutine), epoch);
    if (frame) {
      entry.frames.push_back(*frame);
    } else {
      entry.bad = true;
    }
  }
}

template <class L, Memory M>
void TaskStacks<L, M>::mark_name(Entry& entry) {
  std::string name = entry.record.name;
  const std::size_t parents = entry.record.awaiters.size();
  if (parents > 1) name += " (" + std::to_string(parents) + " parents)";
  if (name == entry.shown_name) return;
  entry.marker = marker(name);
  entry.shown_name = std::move(name);
}

template <class L, Memory M>
FrameId TaskStacks<L, M>::marker(const std::string& name) {
  if (const auto known = markers_.find(name); known != markers_.end()) return known->second;
  const auto make = [&](const std::string& shown) {
    const FrameId frame = maker_.builder().synthetic(shown, FrameKind::task, "<task>");
    if (markers_.size() < most_names * 2) markers_.emplace(shown, frame);
    return frame;
  };
  if (markers_.size() < most_names) return make(name);
  std::string shorter;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) shorter += c;
    if (digit && (shorter.empty() || shorter.back() != 'N')) shorter += 'N';
  }
  if (const auto known = markers_.find(shorter); known != markers_.end()) return known->second;
  return make(markers_.size() < most_names * 2 ? shorter : std::string{"<other task>"});
}

// Of all that wait for a task, one is followed. `entries_` may grow.
template <class L, Memory M>
void TaskStacks<L, M>::choose_parent(std::uint32_t index) {
  std::uint32_t chosen = none;
  for (std::size_t i = 0; i < entries_[index].record.awaiters.size(); ++i) {
    const Address at = entries_[index].record.awaiters[i];
    std::uint32_t awaiter = entries_[index].awaiters[i];
    if (awaiter == none || entries_[awaiter].record.at != at) awaiter = find(at);
    if (awaiter == none) awaiter = add(at, entries_[index].thread, epoch_);
    entries_[index].awaiters[i] = awaiter;
    if (awaiter == none || awaiter == index) continue;
    entries_[awaiter].awaited = entries_[awaiter].round = round_;
    const auto earlier = [&](const Entry& a, const Entry& b) {
      if (a.record.name != b.record.name) return comes_before(a.record.name, b.record.name);
      return a.order != b.order ? a.order < b.order : a.record.at < b.record.at;
    };
    if (chosen == none || earlier(entries_[awaiter], entries_[chosen])) chosen = awaiter;
  }
  entries_[index].parent = chosen;
}

// ---- lists

template <class L, Memory M>
void TaskStacks<L, M>::set_heads(const std::vector<ThreadView>& threads,
                                 const std::vector<Address>& interpreters) {
  std::size_t i = 0;
  const auto want = [&](Address owner, bool interpreter, std::size_t thread) {
    if (i == heads_.size()) heads_.emplace_back();
    Head& head = heads_[i++];
    head.thread = thread;
    if (head.owner == owner && head.piece != PieceId::none) return;
    gathered_.drop(head.piece);
    head.owner = owner;
    head.at = reader_.head_of(owner, interpreter);
    head.piece = reader_.add_head(gathered_, owner, interpreter);
  };
  for (std::size_t k = 0; k < threads.size(); ++k) want(threads[k].at, false, k);
  for (const Address interpreter : interpreters) want(interpreter, true, no_thread);
  for (std::size_t k = i; k < heads_.size(); ++k) gathered_.drop(heads_[k].piece);
  heads_.resize(i);
}

template <class L, Memory M>
void TaskStacks<L, M>::meet(std::uint32_t index, std::size_t thread) {
  Entry& entry = entries_[index];
  entry.pass = pass_;
  entry.round = round_;
  entry.thread = thread;
  entry.order = live_.size();
  live_.push_back(index);
}

// False: the list does not come back to its head.
template <class L, Memory M>
bool TaskStacks<L, M>::walk(const Head& head) {
  if (head.piece == PieceId::none) return false;
  Address node = load_checked<Address>(gathered_.bytes(head.piece), 0).value_or(head.at);
  if (!node) return true;  // a thread that never had one
  std::uint32_t before = none;
  for (std::size_t i = 0; i < reader_.limits().tasks; ++i) {
    if (node == head.at) return true;
    if (!node) return false;
    const Address at = reader_.task_of_node(node);
    std::uint32_t index = before == none ? none : entries_[before].next;
    if (index == none || entries_[index].record.at != at) index = find(at);
    if (index == none) index = add(at, head.thread, epoch_);
    if (index == none || entries_[index].pass == pass_) return false;
    const TaskWords words = reader_.words_of(gathered_, entries_[index].record);
    if (!words.is_task) return false;
    meet(index, head.thread);
    if (before != none) entries_[before].next = index;
    before = index;
    node = words.next;
  }
  return false;
}

template <class L, Memory M>
void TaskStacks<L, M>::check(std::uint32_t index) {
  Entry& entry = entries_[index];
  if (entry.fresh == round_) return;
  if (!reader_.same(gathered_, entry.record)) {
    entry.bad = !remake(index, epoch_) || entry.bad;
  } else if (entry.epoch != epoch_) {
    show(entry, epoch_);
  }
}

// All tasks of all lists, and everybody who waits for them.
template <class L, Memory M>
void TaskStacks<L, M>::walk_all() {
  for (int i = 0; i < most_reads; ++i) {
    gathered_.read_all();
    live_.clear();
    ++pass_;
    bool whole = true;
    for (const Head& head : heads_) whole = walk(head) && whole;
    if (whole) break;
    if (i + 1 == most_reads) ++broken_;
  }
  for (std::size_t done = 0; done < live_.size();) {  // there are more of them meanwhile
    const std::uint32_t index = live_[done++];
    check(index);
    choose_parent(index);
    for (const std::uint32_t awaiter : entries_[index].awaiters) {
      if (awaiter != none && entries_[awaiter].pass != pass_) meet(awaiter, entries_[index].thread);
    }
  }
}

// ---- truth

// Did this task change, or one that its stack leads through?
template <class L, Memory M>
bool TaskStacks<L, M>::has_changed(std::uint32_t index) {
  path_.clear();
  bool dirty = false;
  for (std::uint32_t at = index; at != none; at = entries_[at].parent) {
    Entry& entry = entries_[at];
    if (entry.visited == search_) {
      dirty = entry.dirty;
      break;
    }
    entry.visited = search_;
    entry.dirty = false;
    path_.push_back(at);
    if (path_.size() == most_parents) break;
  }
  for (std::size_t i = path_.size(); i-- > 0;) {
    Entry& entry = entries_[path_[i]];
    dirty = dirty || entry.changed;
    entry.dirty = dirty;
  }
  return entries_[index].dirty;
}

template <class L, Memory M>
void TaskStacks<L, M>::settle_all() {
  for (int i = 0; i < most_reads; ++i) {
    ++search_;
    marked_.clear();
    for (const std::uint32_t index : live_) {
      // One that has begun to run since its thread was read may have ended its step by now.
      const bool began = entries_[index].record.on_thread && entries_[index].shown != round_;
      if (!has_changed(index) && !began) continue;
      std::uint32_t at = index;
      for (std::size_t up = 0; at != none && up < most_parents; ++up) {
        if (entries_[at].marked) break;
        entries_[at].marked = true;
        marked_.push_back(at);
        at = entries_[at].parent;
      }
    }
    if (marked_.empty()) return;
    if (marked_.size() > live_.size() / 3) {
      gathered_.read_all();
    } else {
      gathered_.forget();
      pieces_.clear();
      for (const std::uint32_t index : marked_) add_pieces(entries_[index], pieces_);
      gathered_.read_some(pieces_);
    }
    for (const std::uint32_t index : marked_) {
      entries_[index].marked = false;
      if (reader_.same(gathered_, entries_[index].record)) {
        entries_[index].changed = false;
        continue;
      }
      entries_[index].bad = !remake(index, epoch_) || entries_[index].bad;
      choose_parent(index);
    }
  }
  ++search_;
}

// ---- stacks

// A task and all who wait for it, on whichever way, have been shown as far as they ever are: a
// stack follows one of several ways only.
template <class L, Memory M>
void TaskStacks<L, M>::cover(std::uint32_t index) {
  path_.assign(1, index);
  while (!path_.empty()) {
    Entry& entry = entries_[path_.back()];
    path_.pop_back();
    if (entry.covered == round_) continue;
    entry.covered = round_;
    for (const std::uint32_t awaiter : entry.awaiters) {
      if (awaiter != none) path_.push_back(awaiter);
    }
  }
}

// The marker of a task and its coroutines upon `below`. While a task runs, its thread knows its
// coroutines.
template <class L, Memory M>
void TaskStacks<L, M>::build(std::uint32_t index, StackId below,
                             const std::vector<ThreadView>& threads) {
  Entry& entry = entries_[index];
  const bool runs = entry.record.on_thread;
  if (!entry.remade && entry.below == below && !runs) return;
  entry.below = below;
  entry.remade = false;
  entry.absent = runs;
  StackId stack = maker_.builder().push(below, entry.marker);
  entry.bare = stack;
  for (const FrameId frame : entry.frames) stack = maker_.builder().push(stack, frame);
  entry.stack = stack;
  if (!runs || entry.born == round_) return;
  for (const ThreadView& thread : threads) {
    if (thread.chain == nullptr) continue;
    const std::size_t link = link_of(*thread.chain, reader_.frame_of(entry.record.words.coroutine));
    if (link == no_thread) continue;
    std::size_t end = link;
    while (end < thread.chain->size() && reader_.is_generator((*thread.chain)[end].owner)) ++end;
    if (end == link) continue;
    const StackId from = link == 0 ? StackId::empty : (*thread.chain)[link - 1].stack;
    entry.absent = false;
    entry.stack = transplant((*thread.chain)[end - 1].stack, from, entry.bare);
    return;
  }
}

template <class L, Memory M>
StackId TaskStacks<L, M>::stack_of(std::uint32_t index, const std::vector<ThreadView>& threads) {
  // Up to a task whose stack is known, to the root, or around a circle; then down again.
  path_.clear();
  ++climb_;
  for (std::uint32_t at = index; at != none && path_.size() < most_parents;
       at = entries_[at].parent) {
    if (entries_[at].climbed == climb_) break;
    entries_[at].climbed = climb_;
    path_.push_back(at);
    if (entries_[at].built == round_) break;
  }
  StackId stack = StackId::empty;
  bool whole = true;
  for (std::size_t i = path_.size(); i-- > 0;) {
    Entry& entry = entries_[path_[i]];
    if (entry.built == round_) {
      whole = entry.whole;
    } else {
      build(path_[i], stack, threads);
      whole = whole && !entry.bad && !entry.absent;
    }
    entry.built = round_;
    entry.whole = whole;
    // Was the edge to the task above there when the thread of this one was read?
    const bool late = i > 0 && entry.record.on_thread && entries_[path_[i - 1]].fresh == round_;
    stack = late ? entry.bare : entry.stack;
  }
  return stack;
}

// The frames of `stack` above `from`, upon another stack.
template <class L, Memory M>
StackId TaskStacks<L, M>::transplant(StackId stack, StackId from, StackId onto) {
  const std::uint64_t key =
      mix_bits(static_cast<std::uint64_t>(stack) << 32 | static_cast<std::uint64_t>(onto)) ^
      static_cast<std::uint64_t>(from);
  Transplant& memo = transplants_[key % transplants_.size()];
  if (memo.known && memo.stack == stack && memo.from == from && memo.onto == onto) {
    return memo.result;
  }
  frames_.clear();
  maker_.builder().tables().with([&](Tables& tables) {
    for (StackId at = stack; at != from && at != StackId::empty; at = tables.frames.parent(at)) {
      frames_.push_back(tables.frames.leaf(at));
    }
  });
  StackId result = onto;
  for (std::size_t i = frames_.size(); i-- > 0;) result = maker_.builder().push(result, frames_[i]);
  memo = {stack, from, onto, result, true};
  return result;
}

template <class L, Memory M>
void TaskStacks<L, M>::add_running(const std::vector<ThreadView>& threads,
                                   std::vector<TaskStack>& out) {
  using What = typename Running::What;
  shown_.clear();
  for (std::size_t i = 0; i < std::min(threads.size(), running_.size()); ++i) {
    const Running& running = running_[i];
    const ThreadView& thread = threads[i];
    if (thread.chain == nullptr || running.owner != thread.at) continue;
    if (running.what == What::unknown) ++lost_;
    if (running.what != What::task || running.link >= thread.chain->size()) continue;
    const StackId from =
        running.link == 0 ? StackId::empty : (*thread.chain)[running.link - 1].stack;
    out.push_back({i, transplant(thread.stack, from, running.onto), true, false});
    shown_.push_back(running.path[0]);
    entries_[running.path[0]].shown = round_;
  }
}

// A task that is on a thread's stack but not what it runs: it has called a task that began at once.
template <class L, Memory M>
bool TaskStacks<L, M>::outer_stack(std::uint32_t index, const std::vector<ThreadView>& threads,
                                   std::vector<TaskStack>& out) {
  const Address frame = reader_.frame_of(entries_[index].record.words.coroutine);
  for (std::size_t i = 0; i < std::min(threads.size(), running_.size()); ++i) {
    if (threads[i].chain == nullptr) continue;
    const Chain& chain = *threads[i].chain;
    const std::size_t link = link_of(chain, frame);
    const std::size_t end = running_[i].link;
    if (link == no_thread || running_[i].what != Running::What::task || end >= chain.size() ||
        end <= link) {
      continue;
    }
    (void)stack_of(index, threads);
    const StackId from = link == 0 ? StackId::empty : chain[link - 1].stack;
    out.push_back({i, transplant(chain[end - 1].stack, from, entries_[index].bare), false, false});
    return true;
  }
  return false;
}

template <class L, Memory M>
void TaskStacks<L, M>::add_suspended(const std::vector<ThreadView>& threads,
                                     std::vector<TaskStack>& out) {
  const auto add = [&](std::uint32_t index) {
    const bool unsettled = has_changed(index) || entries_[index].bad;
    bool shown = false;
    if (!unsettled && entries_[index].record.on_thread) {
      shown = entries_[index].born != round_ && outer_stack(index, threads, out);
    } else if (!unsettled) {
      const StackId stack = stack_of(index, threads);
      shown = entries_[index].whole;
      if (shown) out.push_back({entries_[index].thread, stack, false, false});
    }
    if (!shown) ++lost_;
    cover(index);
  };
  for (const std::uint32_t index : shown_) cover(index);
  for (const std::uint32_t index : live_) {
    const Entry& entry = entries_[index];
    if (entry.covered != round_ && entry.awaited != round_) add(index);
  }
  // Tasks that wait for one another in a circle have no leaf: the oldest stands for them.
  for (const std::uint32_t index : live_) {
    if (entries_[index].covered != round_) add(index);
  }
}

template <class L, Memory M>
void TaskStacks<L, M>::look(TaskChoice choice, const std::vector<ThreadView>& threads,
                            const std::vector<Address>& interpreters, std::vector<TaskStack>& out) {
  out.clear();
  epoch_ = threads.empty() ? 0 : threads.front().epoch;
  add_running(threads, out);
  if (choice != TaskChoice::running) {
    set_heads(threads, interpreters);
    walk_all();
    settle_all();
    add_suspended(threads, out);
  }
  for (std::size_t i = 0; i < std::min(threads.size(), running_.size()); ++i) {
    const bool between = running_[i].what == Running::What::between && threads[i].chain != nullptr;
    if (!between) continue;
    // A loop between two tasks waits for something to happen, or runs a callback.
    const LoopStack loop = loops_.of(*threads[i].chain, threads[i].stack);
    const bool idle = loop.kind == LoopStack::Kind::idle;
    // With all tasks shown, a loop that waits for them has nothing to add.
    if (loop.kind == LoopStack::Kind::none || loop.kind == LoopStack::Kind::task) continue;
    if (choice != TaskChoice::running && idle && !out.empty()) continue;
    out.push_back({i, loop.stack, !idle, idle});
  }
  if (choice == TaskChoice::waiting) {
    out.erase(std::remove_if(out.begin(), out.end(),
                             [](const TaskStack& task) { return task.running || task.idle; }),
              out.end());
  }
  if (choice != TaskChoice::running) {
    if (round_ % 4 == 0) drop_unseen(2);
  } else if (round_ % 64 == 0) {
    const bool crowded = used_ > most_entries / 2 || gathered_.is_crowded();
    if (crowded || round_ % 1024 == 0) drop_unseen(crowded ? 64 : kept_unseen);
    gathered_.tidy();
  }
}

}  // namespace tachyon
