#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/glob.hpp>
#include <tachyon/sampler/clock.hpp>
#include <tachyon/sampler/interpreter_copy.hpp>
#include <tachyon/sampler/name_book.hpp>
#include <tachyon/sampler/thread_reader.hpp>
#include <tachyon/target/host.hpp>
#include <tachyon/target/runtime.hpp>
#include <tachyon/tasks/stacks.hpp>

// The interpreters and threads of one process, kept up to date, and read together.
//
//   list of threads (kept; made anew when the interpreter's own list changed)
//     -> each thread says which ranges it wants  -> one vectored read
//     -> each thread makes a stack of its bytes  -> status, <GC>
//
// Threads that stand still are not read again. Under a GIL only its holder can change Python
// frames, and the GIL counts how often another thread took it. It is copied before any stack, so:
//
//   look k      | GIL: B, 17 | stacks of A, B, C |
//   look k + 1  | GIL: B, 17 | stack of B |         A and C have not run any Python meanwhile
//   look k + 2  | GIL: A, 18 | ...                  wrong guess: everybody is read
//
// Of eight busy threads, seven wait: a look costs what one thread costs.
//
// Threads fail alone: one whose state cannot be read costs its own sample. Nothing here knows modes
// or ways of reading; sampler.hpp puts them together.
namespace tachyon {

struct SamplerOptions {
  bool all_threads = false;
  bool gc = true;
  bool native = false;
  bool c_calls = false;
  bool opcodes = false;
  bool tasks = false;  // stacks by asyncio task; all_threads goes with it
  TaskChoice task_choice = TaskChoice::running;
  std::vector<std::string> threads{};  // ids, or patterns of names; none: all of them
  unsigned tries = 6;                  // looks per tick and thread before it is given up
  std::uint32_t doubt_one_in = 64;     // how often believed parents are read again
};

struct WatchedInterpreter {
  Address at{};
  std::uint32_t id = 0;
  bool main = false;
  Address gil{};
  InterpreterCopy copy{};
  StructCopy<copies::Gil> gil_copy{};
  std::uint64_t copied = 0;  // when, by the clock; the GIL is copied for every look
  Address running{};         // the thread state that runs, where the runtime knows
  Address threads_head{};
  std::uint64_t next_thread_id = 0;
};

template <class L>
struct WatchedThread {
  ThreadReader<L> reader;
  std::size_t interpreter;
  ThreadIndex index{};
  std::int32_t task = 0;  // as we number it
  bool main = false;
  std::unique_ptr<ThreadClock> schedule{};
  Status status{};
  StackId stack{};
  bool pending = false;   // wanted and not read yet
  bool accepted = false;  // read, and a stack
  bool retried = false;
  bool taken = false;          // moved to a newer list
  bool resting = false;        // in this look: not the GIL's holder, and it has not changed hands
  bool has_stood = false;      // its stack was read while ...
  std::uint64_t stood_at = 0;  // ... the GIL's count was this
  std::uint64_t copied = 0;    // when its state was read
  std::uint64_t first_seen = 0;
  Address waits_at{};  // the futex it sleeps on, where somebody has asked
};

namespace detail {

// Numbers, doubled, and one more for who is young. (A template, so that it is there only once, and
// only where it is used.)
template <std::unsigned_integral N>
bool some_young_is_twin(std::vector<N>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  return std::adjacent_find(numbers.begin(), numbers.end(), [](N a, N b) {
           return a >> 1 == b >> 1 && ((a | b) & 1) != 0;
         }) != numbers.end();
}

}  // namespace detail

// Who cannot run while a look lasts. Where it is the holder of a GIL, nobody else under that GIL
// changes Python frames either.
struct Stillness {
  bool everybody = false;
  Address thread{};
};

template <Layout L, Memory M, Host H>
class Watch {
 public:
  using Thread = WatchedThread<L>;

  // What is cold here is done seldom, and there is one of it for every layout:
  // better small than fast.
  [[gnu::cold]] Watch(const L& layout, M& memory, H& host, const RuntimeSite& site,
                      SharedTables& tables, const SamplerOptions& options)
      : layout_{layout},
        memory_{memory},
        host_{host},
        site_{site},
        options_{options},
        tables_{tables},
        maker_{layout, tables, {options.native, options.opcodes}},
        names_{in_one_form(layout), memory},
        loops_{layout_, maker_} {
    maker_.codes().set_code_type(site.objects.code_type);
    gc_frame_ = maker_.builder().synthetic("<GC>", FrameKind::gc);
    c_frame_ = maker_.builder().synthetic("<C call>", FrameKind::native);
  }

  std::vector<Thread>& threads() noexcept { return threads_; }
  const SamplerOptions& options() const noexcept { return options_; }

  // Lists interpreters and threads anew where something says they changed.
  Result<void> keep_up(std::uint64_t now) {
    const std::uint64_t every = unborn_     ? birth_every
                                : torn_     ? torn_every
                                : nameless_ ? name_every
                                            : list_every;
    if (!stale_ && !threads_.empty() && now - listed_ < every) return {};
    listed_ = now;
    return refresh();
  }
  [[gnu::cold]] Result<void> refresh();

  // Reads every pending thread and makes stacks: one read, unless a prediction was wrong. False:
  // the process could not be read at all.
  bool look(const Stillness& still, std::uint64_t now);
  // What is known about an accepted thread besides its stack.
  void judge(Thread& thread);
  // Reads what the thread's stack takes on trust. False: it was wrong.
  bool recheck_parents(Thread& thread) { return thread.reader.recheck_parents(memory_); }
  // The part of a stack that can be had when no look gives a whole one, and why it ends.
  Error read_partial(Thread& thread) {
    thread.has_stood = false;
    const Error why = thread.reader.read_partial(memory_, maker_);
    thread.stack = thread.reader.chain().stack();
    return why;
  }
  // The task stacks of this look; none while the target has not imported asyncio. Returns how many
  // could not be had because they changed in every read.
  std::uint64_t look_at_tasks(std::vector<TaskStack>& out);
  // ... and their tasks with all that await them.
  [[gnu::cold]] TaskGraph task_graph(std::span<const TaskStack> stacks) {
    return tasks_ ? tasks_->graph(views_, stacks) : TaskGraph{{}, {}};
  }
  // Samples of tasks whose thread has ended belong to thread 0.
  ThreadIndex orphan() {
    tachyon::Thread facts;
    facts.process = host_.pid();
    return tables_.with([&](Tables& tables) { return tables.threads.intern(facts); });
  }

  // Tasks that do not run can be had only where the interpreter says where they are.
  Result<void> check_tasks() const {
    const bool all = options_.tasks && options_.task_choice != TaskChoice::running;
    if (all && !layout_.thread.asyncio_tasks_head.present() && !site_.asyncio_debug) {
      return Errc::tasks_unpublished;
    }
    return {};
  }

  std::size_t interpreter_count() const noexcept { return interpreters_.size(); }

  // After a tick: frees what was replaced, notices that lists changed.
  void settle() {
    maker_.codes().sweep();
    if (list_changed()) stale_ = true;
  }

 private:
  [[gnu::cold]] Result<std::vector<WatchedInterpreter>> list_interpreters_anew();
  [[gnu::cold]] Result<ThreadList> list_threads_of(WatchedInterpreter& interpreter);
  [[gnu::cold]] void track(Address thread, std::size_t interpreter, std::vector<Thread>& old);
  bool is_main(const WatchedInterpreter& interpreter, const ThreadReader<L>& reader) const;
  [[gnu::cold]] bool has_unborn() const;
  void name(Thread& thread);
  static PublishedLayout in_one_form(const L& layout) {
    if constexpr (CompiledLayout<L>) {
      return as_published(layout);
    } else {
      return layout;
    }
  }
  bool selected(const Thread& thread) const;
  void read_alone(Thread& thread);
  void find_tasks();
  void look_at_loops(std::vector<TaskStack>& out);
  void add_interpreter_ranges();
  void add_thread_ranges();
  void see_lists_alone();
  bool has_guessed_wrong();
  bool may_rest(const Thread& thread) const noexcept;
  bool interpret_all(const Stillness& still);
  bool cannot_have_moved(const Thread& thread, const Stillness& still) const noexcept;
  StackId with_gc(Thread& thread, const WatchedInterpreter& interpreter);
  std::uint64_t epoch(const WatchedInterpreter& interpreter) const noexcept;
  void renew_trust() noexcept;
  Address gil_holder(const WatchedInterpreter& interpreter) const noexcept;
  bool waits_for_gil(const Thread& thread) const noexcept;
  bool list_changed() const noexcept;

  template <class T>
  T value(const WatchedInterpreter& interpreter, Field<T> f) const noexcept {
    return interpreter.copy.value(layout_, f);
  }
  bool needs_gil_struct() const noexcept {
    return !layout_.thread.holds_gil.present() && !layout_.thread.status_holds_gil.present();
  }
  // Is it worth knowing who has not moved? Only where there is a GIL that counts.
  bool watches_gil() const noexcept {
    return threads_.size() > 1 && layout_.gil.switch_number.present();
  }

  // What an interpreter says besides its GIL, and the state of a thread that stands still, may be
  // this old, ns. Above 10 kHz a look in a few reads them.
  static constexpr std::uint64_t fresh_for = 50'000;
  // Code objects, ns, where nothing counts their deaths; and for how long none is trusted beyond
  // one look after one was found to have been replaced.
  static constexpr std::uint64_t trusted_for = 10'000'000;
  static constexpr std::uint64_t wary_for = 1'000'000'000;
  static constexpr std::uint64_t list_every = 1'000'000'000;  // ns; names change without a trace
  // A thread names itself some time after it has appeared.
  static constexpr std::uint64_t name_every = 100'000'000;
  static constexpr std::uint64_t names_itself_within = 500'000'000;
  // Whoever is still to begin shows by nothing but its own number when it has.
  static constexpr std::uint64_t birth_every = 1'000'000;
  static constexpr std::uint64_t begins_within = 500'000'000;
  // A list that broke off while it was read is whole a moment later; a damaged one stays broken.
  static constexpr std::uint64_t torn_every = 10'000'000;

  L layout_;
  M& memory_;
  H& host_;
  const RuntimeSite& site_;
  SamplerOptions options_;
  SharedTables& tables_;
  ChainMaker<L> maker_;
  FrameId gc_frame_{};
  FrameId c_frame_{};

  std::vector<WatchedInterpreter> interpreters_;
  std::vector<Thread> threads_;
  std::vector<Range> ranges_;
  bool stale_ = false;
  bool torn_ = false;    // a list of threads was not read to its end
  bool unborn_ = false;  // some young thread has no number of its own yet
  std::uint64_t now_ = 0;
  std::uint64_t trust_ = 0;  // a new number whenever code objects have to be checked again
  std::uint64_t trusted_since_ = 0;
  std::uint64_t wary_until_ = 0;
  std::uint64_t replaced_ = 0;
  std::uint64_t released_ = 0;  // what released_indices() was
  std::uint64_t listed_ = 0;

  NameBook<M> names_;
  bool nameless_ = false;          // some young thread has no name yet
  std::uint64_t listed_at_ = 0;    // when refresh() was last called
  std::uint64_t youngest_ = 0;     // the newest thread's id
  std::uint64_t youngest_at_ = 0;  // ... and when it was first seen

  std::unique_ptr<TaskStacks<L, M>> tasks_;
  LoopStacks<L> loops_;  // for a Python that does not publish its tasks
  std::uint64_t asked_for_table_ = 0;
  std::vector<ThreadView> views_;
  std::vector<Address> interpreters_at_;
};

// What is known stays as it is until all lists have been read: a list that changed under the reader
// costs nobody his past.
template <Layout L, Memory M, Host H>
Result<void> Watch<L, M, H>::refresh() {
  auto interpreters = list_interpreters_anew();
  if (!interpreters) return interpreters.error();
  bool torn = false;
  std::vector<ThreadList> lists;
  for (WatchedInterpreter& interpreter : *interpreters) {
    auto list = list_threads_of(interpreter);
    if (!list && lists.empty()) return list.error();
    torn = torn || !list || list->ended.code != Errc::ok;
    lists.push_back(list ? std::move(*list) : ThreadList{});
  }
  std::vector<Thread> old = std::move(threads_);
  threads_.clear();
  interpreters_ = std::move(*interpreters);
  listed_at_ = monotonic_now();
  nameless_ = false;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (const Address thread : lists[i].threads) track(thread, i, old);
  }
  stale_ = false;
  torn_ = torn;
  unborn_ = has_unborn();
  return {};
}

// The state of a thread that is to begin bears no number, or its creator's, and would be taken to
// sleep as that one does. (--mode cpu lost a sixth of a program whose main thread waits for one
// worker after the other.)
template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::has_unborn() const {
  const auto is_young = [&](const Thread& thread) {
    return listed_at_ - thread.first_seen < begins_within;
  };
  if (std::none_of(threads_.begin(), threads_.end(), is_young)) return false;
  std::vector<std::uint64_t> numbers;
  for (const Thread& thread : threads_) {
    if (thread.task <= 0 && is_young(thread)) return true;
    const auto number =
        std::uint64_t{thread.interpreter} << 32 | static_cast<std::uint32_t>(thread.task);
    numbers.push_back(number << 1 | (is_young(thread) ? 1 : 0));
  }
  return detail::some_young_is_twin(numbers);
}

template <Layout L, Memory M, Host H>
Result<std::vector<WatchedInterpreter>> Watch<L, M, H>::list_interpreters_anew() {
  const auto list = list_interpreters(memory_, layout_, site_.runtime);
  if (!list) return list.error();
  if (list->empty()) return Errc::not_started;
  std::vector<WatchedInterpreter> interpreters;
  names_.keep_only(*list);
  for (const Address at : *list) {
    WatchedInterpreter interpreter;
    interpreter.at = at;
    const auto id = read_value<std::int64_t>(memory_, at + layout_.interpreter.id.offset);
    if (!id) return id.error();
    interpreter.id = static_cast<std::uint32_t>(*id);
    interpreter.main = *id == 0;
    interpreter.gil = site_.runtime + layout_.runtime.gil.offset;
    if (layout_.interpreter.gil.present()) {
      const auto gil = read_value<Address>(memory_, at + layout_.interpreter.gil.offset);
      if (!gil) return gil.error();
      interpreter.gil = *gil;
    }
    interpreters.push_back(interpreter);
    // Without -a only the main interpreter's main thread counts.
    if (!options_.all_threads) break;
  }
  return interpreters;
}

template <Layout L, Memory M, Host H>
Result<ThreadList> Watch<L, M, H>::list_threads_of(WatchedInterpreter& interpreter) {
  ranges_.clear();
  interpreter.copy.add_ranges(layout_, interpreter.at, ranges_);
  const auto copied = memory_.read_many(ranges_);
  if (!copied) return copied.error();
  if (*copied != ranges_.size()) return Error{Errc::unreadable, 0, ranges_[*copied].at};
  interpreter.threads_head = value(interpreter, layout_.interpreter.threads_head);
  interpreter.next_thread_id = value(interpreter, layout_.interpreter.threads_next_unique_id);
  ThreadList list = list_threads(memory_, layout_, interpreter.at);
  if (list.threads.empty() && list.ended.code != Errc::ok) return list.ended;
  return list;
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::track(Address thread, std::size_t interpreter, std::vector<Thread>& old) {
  ThreadReader<L> reader{layout_, thread, interpreters_[interpreter].at};
  if (!reader.identify(memory_)) return;  // gone meanwhile
  for (Thread& known : old) {
    if (known.reader.at() == thread && known.reader.id() == reader.id() &&
        known.reader.native_id() == reader.native_id() && !known.taken) {
      known.interpreter = interpreter;
      known.taken = true;
      threads_.push_back(std::move(known));
      threads_.back().taken = false;
      name(threads_.back());
      return;
    }
  }
  const bool main = is_main(interpreters_[interpreter], reader);
  if (!options_.all_threads && !main) return;
  Thread tracked{std::move(reader), interpreter};
  tracked.main = main;
  tracked.task = host_.ours(tracked.reader.native_id());
  tracked.schedule = host_.clock(tracked.task);
  tracked.first_seen = listed_at_;
  if (tracked.reader.id() > youngest_) {
    youngest_ = tracked.reader.id();
    youngest_at_ = listed_at_;
  }
  name(tracked);
  if (!selected(tracked)) return;
  threads_.push_back(std::move(tracked));
}

template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::is_main(const WatchedInterpreter& interpreter,
                             const ThreadReader<L>& reader) const {
  if (layout_.interpreter.threads_main.present()) {
    const auto main =
        read_value<Address>(memory_, interpreter.at + layout_.interpreter.threads_main.offset);
    if (main && *main) return *main == reader.at();
  }
  if (!interpreter.main) return false;
  if (layout_.runtime.main_thread.present()) {
    const auto main =
        read_value<std::uint64_t>(memory_, site_.runtime + layout_.runtime.main_thread.offset);
    if (main && *main != 0) {
      return *main == reader.copy()[layout_.thread.thread_id];
    }
  }
  return host_.ours(reader.native_id()) == host_.pid();
}

// Known threads are named again while they are young, and later as often as everything is listed.
template <Layout L, Memory M, Host H>
void Watch<L, M, H>::name(Thread& thread) {
  const WatchedInterpreter& interpreter = interpreters_[thread.interpreter];
  const bool fresh = thread.first_seen == listed_at_;
  const bool young = listed_at_ - thread.first_seen < names_itself_within;
  tachyon::Thread facts;
  facts.process = host_.pid();
  facts.id = static_cast<std::uint64_t>(thread.task);
  facts.interpreter = interpreter.id;
  facts.main = thread.main;
  if (fresh || (young && layout_.traits.thread_names_are_os_names)) {
    facts.name = host_.thread_name(thread.task);
  }
  const std::string_view given =
      names_.name_of(interpreter.at, thread.reader.copy()[layout_.thread.thread_id], listed_at_);
  if (given.empty() && listed_at_ - youngest_at_ < names_itself_within) nameless_ = true;
  thread.index = tables_.with([&](Tables& tables) {
    const ThreadIndex index = tables.threads.intern(facts);
    const tachyon::Thread& known = tables.threads[index];
    const std::string& shown = known.python_name.empty() ? known.name : known.python_name;
    if (given.empty() || given == shown) return index;
    facts.python_name = given;
    // Python renames threads for the system, too, since 3.14.
    if (!fresh) facts.name = host_.thread_name(thread.task);
    return tables.threads.intern(facts);
  });
}

template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::selected(const Thread& thread) const {
  if (options_.threads.empty()) return true;
  return tables_.with([&](Tables& tables) {
    const tachyon::Thread& facts = tables.threads[thread.index];
    return std::any_of(
        options_.threads.begin(), options_.threads.end(), [&](const std::string& pattern) {
          return pattern == std::to_string(facts.id) || matches_glob(pattern, facts.name) ||
                 matches_glob(pattern, facts.python_name);
        });
  });
}

template <Layout L, Memory M, Host H>
std::uint64_t Watch<L, M, H>::epoch(const WatchedInterpreter& interpreter) const noexcept {
  if (layout_.interpreter.code_object_generation.present()) {
    return value(interpreter, layout_.interpreter.code_object_generation);
  }
  return trust_;
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::renew_trust() noexcept {
  if (maker_.codes().replaced() != replaced_) {
    replaced_ = maker_.codes().replaced();
    wary_until_ = now_ + wary_for;
  }
  if (now_ >= wary_until_ && now_ - trusted_since_ < trusted_for) return;
  ++trust_;
  trusted_since_ = now_;
}

template <Layout L, Memory M, Host H>
Address Watch<L, M, H>::gil_holder(const WatchedInterpreter& interpreter) const noexcept {
  if (!needs_gil_struct()) return {};
  if (layout_.runtime.gilstate_tstate_current.present()) return interpreter.running;
  const bool locked = interpreter.gil_copy[layout_.gil.locked] == 1;
  return locked ? interpreter.gil_copy[layout_.gil.last_holder] : Address{};
}

template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::waits_for_gil(const Thread& thread) const noexcept {
  // A kernel thread may have a state in several interpreters, and is in the one that has frames.
  const WatchedInterpreter& interpreter = interpreters_[thread.interpreter];
  return thread.waits_at && thread.waits_at - interpreter.gil < layout_.gil.size &&
         (interpreter.main || thread.reader.has_frames());
}

template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::list_changed() const noexcept {
  return std::any_of(interpreters_.begin(), interpreters_.end(), [&](const WatchedInterpreter& i) {
    return value(i, layout_.interpreter.threads_head) != i.threads_head ||
           value(i, layout_.interpreter.threads_next_unique_id) != i.next_thread_id;
  });
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::add_interpreter_ranges() {
  for (WatchedInterpreter& interpreter : interpreters_) {
    const auto running = layout_.runtime.gilstate_tstate_current;
    if (watches_gil() || (needs_gil_struct() && !running.present())) {
      ranges_.push_back(interpreter.gil_copy.range(interpreter.gil, layout_));
    }
    if (running.present()) {
      ranges_.push_back({running.at(site_.runtime), bytes_of(interpreter.running)});
    }
    // A collection is watched closely until it ends: what runs after it is not part of it.
    if (now_ - interpreter.copied < fresh_for &&
        value(interpreter, layout_.interpreter.gc_collecting) == 0) {
      continue;
    }
    interpreter.copied = now_;
    interpreter.copy.add_ranges(layout_, interpreter.at, ranges_);
  }
}

template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::may_rest(const Thread& thread) const noexcept {
  if (!thread.has_stood || !watches_gil()) return false;
  const auto& gil = interpreters_[thread.interpreter].gil_copy;
  return gil[layout_.gil.switch_number] == thread.stood_at &&
         gil[layout_.gil.last_holder] != thread.reader.at() &&
         interpreters_[thread.interpreter].running != thread.reader.at() &&
         (!layout_.gil.enabled.present() || gil[layout_.gil.enabled] != 0);
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::add_thread_ranges() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    if (!thread.pending) continue;
    thread.resting = may_rest(thread);
    if (!thread.resting) {
      thread.copied = now_;
      if (tasks_) tasks_->add_ranges_before(i, thread.reader.at(), ranges_);
      thread.reader.prepare(ranges_);
    } else if (now_ - thread.copied >= fresh_for) {
      // Whether it has begun to wait for the GIL, for one, shows in its state alone.
      thread.copied = now_;
      thread.reader.prepare_state(ranges_);
    }
  }
}

// Nobody is to be read, as where all that are known sleep; whoever begins meanwhile shows in the
// lists only. (Of a program whose main thread waits for one worker after the other, --mode cpu saw
// 0 to 80 % until they were asked for.)
template <Layout L, Memory M, Host H>
void Watch<L, M, H>::see_lists_alone() {
  if (ranges_.empty()) return;
  const auto copied = memory_.read_many(ranges_);
  if (copied && *copied == ranges_.size()) return;
  for (WatchedInterpreter& interpreter : interpreters_) interpreter.copied = 0;
}

// Somebody was taken to stand still and did not.
template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::has_guessed_wrong() {
  bool wrong = false;
  for (Thread& thread : threads_) {
    if (!thread.pending || !thread.resting) continue;
    if (may_rest(thread) && thread.reader.is_still_there()) continue;
    thread.has_stood = thread.resting = false;
    wrong = true;
  }
  return wrong;
}

template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::look(const Stillness& still, std::uint64_t now) {
  constexpr int most_corrections = 8;
  // The looks of one tick are tries of the same: what the first has found out stays found out.
  const bool first = now != now_ || !tasks_;
  now_ = now;
  renew_trust();
  bool alone = false;
  if (options_.tasks) find_tasks();
  if (tasks_ && first) tasks_->begin_tick(threads_.size(), now);
  for (int correction = 0; correction < most_corrections; ++correction) {
    const bool somebody = std::any_of(threads_.begin(), threads_.end(),
                                      [](const Thread& thread) { return thread.pending; });
    if (!somebody && correction != 0) return true;
    ranges_.clear();
    add_interpreter_ranges();
    if (!somebody) {
      see_lists_alone();
      return true;
    }
    add_thread_ranges();
    const std::size_t own = ranges_.size();
    if (tasks_) tasks_->add_ranges_after(ranges_);
    const auto copied = memory_.read_many(ranges_);
    if (tasks_) tasks_->set_read(copied && *copied > own ? *copied - own : 0);
    if (copied && *copied >= own) {
      if (!has_guessed_wrong() && !interpret_all(still)) return true;
      continue;
    }
    for (WatchedInterpreter& interpreter : interpreters_) interpreter.copied = 0;
    if (alone) return false;
    alone = true;
    for (Thread& thread : threads_) {
      if (thread.pending) read_alone(thread);
    }
  }
  return true;
}

// The GIL was copied while the thread that held it could not run: it held it all the while.
template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::cannot_have_moved(const Thread& thread,
                                       const Stillness& still) const noexcept {
  if (still.everybody || thread.reader.at() == still.thread) return true;
  if (!still.thread || !watches_gil()) return false;
  const auto& gil = interpreters_[thread.interpreter].gil_copy;
  return gil[layout_.gil.locked] == 1 && gil[layout_.gil.last_holder] == still.thread &&
         (!layout_.gil.enabled.present() || gil[layout_.gil.enabled] != 0);
}

// True: some prediction was wrong, and is right now.
template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::interpret_all(const Stillness& still) {
  bool again = false;
  if (layout_.interpreter.tlbc_generation.present()) {
    const std::uint64_t before = std::exchange(released_, released_indices(interpreters_));
    if (before != released_) maker_.codes().forget_thread_copies();
  }
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    if (!thread.pending) continue;
    if (thread.resting) {
      thread.pending = false;
      thread.accepted = true;
      continue;
    }
    const WatchedInterpreter& interpreter = interpreters_[thread.interpreter];
    const std::uint64_t true_as_of = epoch(interpreter);
    const bool certain = cannot_have_moved(thread, still);
    switch (thread.reader.interpret(memory_, maker_, true_as_of, certain)) {
      case LookResult::stack:
        if (tasks_ && !tasks_->identify(i, thread.reader.chain(), true_as_of)) {
          again = true;
          break;
        }
        thread.pending = false;
        thread.accepted = true;
        thread.has_stood = watches_gil() && !(tasks_ && tasks_->is_unknown(i));
        if (thread.has_stood) thread.stood_at = interpreter.gil_copy[layout_.gil.switch_number];
        break;
      case LookResult::again:
        again = true;
        break;
      case LookResult::torn:
        thread.retried = true;
        break;
      case LookResult::gone:
        thread.pending = false;
        stale_ = true;
        break;
    }
  }
  return again;
}

// The common read failed: find out whose fault it is, so that only that thread pays.
template <Layout L, Memory M, Host H>
void Watch<L, M, H>::read_alone(Thread& thread) {
  thread.has_stood = thread.resting = false;
  ranges_.clear();
  thread.reader.prepare(ranges_);
  const auto copied = memory_.read_many(ranges_);
  if (copied && *copied == ranges_.size()) return;
  thread.reader.forget();
  if (!thread.reader.identify(memory_)) {
    thread.pending = false;
    stale_ = true;
  }
}

template <Layout L, Memory M, Host H>
StackId Watch<L, M, H>::with_gc(Thread& thread, const WatchedInterpreter& interpreter) {
  const Chain& chain = thread.reader.chain();
  if (value(interpreter, layout_.interpreter.gc_collecting) == 0) return chain.stack();
  if (!layout_.interpreter.gc_frame.present() ||
      !value(interpreter, layout_.interpreter.gc_frame)) {
    // Nobody says where it began: the collecting thread is the one that may run.
    if (!has(thread.status, Status::has_gil)) return chain.stack();
    thread.status |= Status::in_gc;
    return options_.gc ? maker_.builder().push(chain.stack(), gc_frame_) : chain.stack();
  }
  const Address frame = value(interpreter, layout_.interpreter.gc_frame);
  for (std::size_t i = chain.size(); i-- > 0;) {
    if (chain[i].at != frame) continue;
    thread.status |= Status::in_gc;
    if (!options_.gc) return chain.stack();
    return maker_.restack(chain, i + 1, maker_.builder().push(chain[i].stack, gc_frame_));
  }
  return chain.stack();
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::judge(Thread& thread) {
  const WatchedInterpreter& interpreter = interpreters_[thread.interpreter];
  const ThreadCopy& copy = thread.reader.copy();
  const auto exception =
      has_exception(memory_, layout_, thread.reader.at(), copy, site_.objects.none);
  const Status kernel = thread.status & (Status::on_cpu | Status::unknown);
  thread.status = kernel | status_of(layout_, thread.reader.at(), copy, gil_holder(interpreter),
                                     exception && *exception, thread.main);
  if (waits_for_gil(thread) && !has(thread.status, Status::has_gil)) {
    thread.status |= Status::gil_requested;
  }
  thread.stack = with_gc(thread, interpreter);
  // A collection that runs on top of the call is what the thread does.
  if (options_.c_calls && !has(thread.status, Status::in_gc) &&
      maker_.is_in_c(memory_, thread.reader.chain())) {
    thread.stack = maker_.builder().push(thread.stack, c_frame_);
  }
}

// asyncio says where its members are once it has been imported; until then it is looked for again
// now and then.
template <Layout L, Memory M, Host H>
void Watch<L, M, H>::find_tasks() {
  constexpr std::uint64_t ask_every = 100'000'000;
  if (tasks_) return;
  if (asked_for_table_ != 0 && now_ - asked_for_table_ < ask_every) return;
  asked_for_table_ = now_;
  const Address table = host_.asyncio_table();
  if (!table) return;
  const auto offsets = AsyncioOffsets::read(memory_, table);
  if (!offsets) return;
  tasks_ = std::make_unique<TaskStacks<L, M>>(layout_, memory_, maker_, *offsets, site_.objects);
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::look_at_loops(std::vector<TaskStack>& out) {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    if (!threads_[i].accepted) continue;
    const LoopStack loop = loops_.of(threads_[i].reader.chain(), threads_[i].stack);
    const bool idle = loop.kind == LoopStack::Kind::idle;
    if (loop.kind != LoopStack::Kind::none) out.push_back({i, loop.stack, !idle, idle});
  }
}

template <Layout L, Memory M, Host H>
std::uint64_t Watch<L, M, H>::look_at_tasks(std::vector<TaskStack>& out) {
  out.clear();
  if (!tasks_) {
    if (!layout_.thread.asyncio_tasks_head.present()) look_at_loops(out);
    return 0;
  }
  views_.clear();
  for (const Thread& thread : threads_) {
    views_.push_back({thread.reader.at(), thread.accepted ? &thread.reader.chain() : nullptr,
                      thread.stack, epoch(interpreters_[thread.interpreter])});
  }
  interpreters_at_.clear();
  for (const WatchedInterpreter& each : interpreters_) interpreters_at_.push_back(each.at);
  const std::uint64_t lost = tasks_->lost();
  tasks_->make_stacks(options_.task_choice, views_, interpreters_at_, out);
  return tasks_->lost() - lost;
}

}  // namespace tachyon
