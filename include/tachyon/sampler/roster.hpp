#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/clock.hpp>
#include <tachyon/layout/published.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/shared_tables.hpp>
#include <tachyon/sample/thread_pattern.hpp>
#include <tachyon/sampler/interpreter_copy.hpp>
#include <tachyon/sampler/name_cache.hpp>
#include <tachyon/sampler/options.hpp>
#include <tachyon/sampler/schedule.hpp>
#include <tachyon/sampler/thread_reader.hpp>
#include <tachyon/target/host.hpp>
#include <tachyon/target/runtime.hpp>

// The interpreters and threads of one process that are known at present.
//
// They are listed when the interpreter says that its list changed, and once a second because names
// change without a trace. A thread that is still there keeps what is known about it. Nothing known
// is given up before all lists have been read, so a list that changes under the reader loses none.
//
//   runtime -> interpreter -> thread -> thread     newest first
//                  |             |
//                  |             `- reader, tid, name, clock, when its stack was read
//                  `- its GIL, its counters, who runs
namespace tachyon {

struct KnownInterpreter {
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
struct KnownThread {
  // The GIL's count of switches when the stack was read.
  struct StackAge {
    bool known = false;
    std::uint64_t switches = 0;
  };

  ThreadReader<L> reader;
  std::size_t interpreter;
  ThreadIndex index{};
  std::int32_t tid = 0;  // as we number it
  bool main = false;
  std::unique_ptr<ThreadClock> clock{};
  std::uint64_t first_seen = 0;
  std::uint64_t copied = 0;  // when its state was read
  bool held_gil = false;     // when it was last read
  bool moved = false;        // to a newer list
  bool was_shown = false;    // a stack of it was had
  unsigned failures = 0;     // stacks given up before that
  StackAge stack_age{};
};

// What came of an attempt: who has had no stack at all is counted, once that can be no bad luck.
template <class L>
void note_attempt(KnownThread<L>& thread, bool shown, ReadQuality& quality) noexcept {
  constexpr unsigned many = 10;
  if (thread.was_shown) return;
  if (!shown) {
    if (++thread.failures == many) ++quality.unseen_threads;
  } else {
    if (thread.failures >= many) --quality.unseen_threads;
    thread.was_shown = true;
  }
}

namespace detail {

// Numbers, doubled, plus one for a young thread. (A template, so that it is there only once, and
// only where it is used.)
template <std::unsigned_integral N>
bool some_young_is_twin(std::vector<N>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  return std::adjacent_find(numbers.begin(), numbers.end(), [](N a, N b) {
           return a >> 1 == b >> 1 && ((a | b) & 1) != 0;
         }) != numbers.end();
}

}  // namespace detail

template <Layout L, Memory M, Host H>
class Roster {
 public:
  using Thread = KnownThread<L>;
  using Interpreter = KnownInterpreter;

  // What is cold here is done seldom, and exists once for every layout: better small than fast.
  [[gnu::cold]] Roster(const L& layout, M& memory, H& host, const RuntimeSite& site,
                       SharedTables& tables, const SamplerOptions& options)
      : layout_{layout},
        memory_{memory},
        host_{host},
        site_{site},
        options_{options},
        tables_{tables},
        names_{as_published(layout), memory} {}

  std::vector<Thread>& threads() noexcept { return threads_; }
  std::vector<Interpreter>& interpreters() noexcept { return interpreters_; }
  Interpreter& interpreter_of(const Thread& thread) noexcept {
    return interpreters_[thread.interpreter];
  }

  // Lists interpreters and threads anew where something says that they changed.
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
  // The first time, with patience.
  [[gnu::cold]] Result<void> begin();
  // A thread has ended, or an interpreter's list is another one: keep_up() lists anew.
  void note_change() noexcept { stale_ = true; }
  bool list_changed() const noexcept;
  // Is nothing known to change that has not been listed yet? Names may.
  bool is_settled() const noexcept {
    return !stale_ && !unborn_ && !torn_ && !nameless_ && !threads_.empty();
  }

  // Samples of tasks whose thread has ended belong to thread 0.
  ThreadIndex orphan() {
    tachyon::Thread facts;
    facts.process = host_.pid();
    return tables_.with([&](Tables& tables) { return tables.threads.intern(facts); });
  }

 private:
  [[gnu::cold]] Result<std::vector<Interpreter>> list_interpreters_anew();
  [[gnu::cold]] Result<ThreadList> list_threads_of(Interpreter& interpreter);
  [[gnu::cold]] void track(Address thread, std::size_t interpreter, std::vector<Thread>& old);
  bool is_main(const Interpreter& interpreter, const ThreadReader<L>& reader) const;
  [[gnu::cold]] bool has_unborn() const;
  void name(Thread& thread);
  bool selected(const Thread& thread) const;

  static constexpr std::uint64_t list_every = 1'000'000'000;  // ns
  // A thread names itself some time after it has appeared.
  static constexpr std::uint64_t name_every = 100'000'000;
  static constexpr std::uint64_t names_itself_within = 500'000'000;
  // That a thread has begun shows only in its state, by a kernel id of its own.
  static constexpr std::uint64_t birth_every = 1'000'000;
  static constexpr std::uint64_t begins_within = 500'000'000;
  // A list that broke off while it was read is whole a moment later; a damaged one stays broken.
  static constexpr std::uint64_t torn_every = 10'000'000;

  const L& layout_;
  M& memory_;
  H& host_;
  const RuntimeSite& site_;
  const SamplerOptions& options_;
  SharedTables& tables_;
  NameCache<M> names_;

  std::vector<Interpreter> interpreters_;
  std::vector<Thread> threads_;
  bool stale_ = false;
  bool torn_ = false;              // a list of threads was not read to its end
  bool unborn_ = false;            // some young thread has no kernel id of its own yet
  bool nameless_ = false;          // some young thread has no name yet
  std::uint64_t listed_ = 0;       // by the clock of the looks
  std::uint64_t listed_at_ = 0;    // when refresh() was last called
  std::uint64_t youngest_ = 0;     // the newest thread's id
  std::uint64_t youngest_at_ = 0;  // ... and when it was first seen
};

template <Layout L, Memory M, Host H>
Result<void> Roster<L, M, H>::refresh() {
  auto interpreters = list_interpreters_anew();
  if (!interpreters) return interpreters.error();
  bool torn = false;
  std::vector<ThreadList> lists;
  for (Interpreter& interpreter : *interpreters) {
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

// Lists that change under the reader are whole a moment later; damaged ones are not.
template <Layout L, Memory M, Host H>
Result<void> Roster<L, M, H>::begin() {
  constexpr std::uint64_t patience = 500'000'000, most_work = 20'000'000, pause = 1'000'000;
  const std::uint64_t began = monotonic_now(), worked = thread_cpu_time();
  for (;;) {
    const auto listed = refresh();
    if (listed || !is_transient(listed.error().code)) return listed;
    const std::uint64_t now = monotonic_now();
    if (now - began > patience || thread_cpu_time() - worked > most_work) return listed;
    Sleeper{}.until(now + pause);
  }
}

// The state of a thread that has not begun holds no kernel id, or its creator's, and would be taken
// to sleep as the creator does. (--mode cpu lost a sixth of a program whose main thread waits for
// one worker after the other.)
template <Layout L, Memory M, Host H>
bool Roster<L, M, H>::has_unborn() const {
  const auto is_young = [&](const Thread& thread) {
    return listed_at_ - thread.first_seen < begins_within;
  };
  if (std::none_of(threads_.begin(), threads_.end(), is_young)) return false;
  std::vector<std::uint64_t> numbers;
  for (const Thread& thread : threads_) {
    if (thread.tid <= 0 && is_young(thread)) return true;
    const auto number =
        std::uint64_t{thread.interpreter} << 32 | static_cast<std::uint32_t>(thread.tid);
    numbers.push_back(number << 1 | (is_young(thread) ? 1 : 0));
  }
  return detail::some_young_is_twin(numbers);
}

template <Layout L, Memory M, Host H>
Result<std::vector<KnownInterpreter>> Roster<L, M, H>::list_interpreters_anew() {
  const auto list = list_interpreters(memory_, layout_, site_.runtime);
  if (!list) return list.error();
  if (list->empty()) return Errc::not_started;
  std::vector<Interpreter> interpreters;
  names_.keep_only(*list);
  for (const Address at : *list) {
    Interpreter interpreter;
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
Result<ThreadList> Roster<L, M, H>::list_threads_of(Interpreter& interpreter) {
  std::vector<Range> ranges;
  interpreter.copy.add_ranges(layout_, interpreter.at, ranges);
  const auto copied = memory_.read_many(ranges);
  if (!copied) return copied.error();
  if (*copied != ranges.size()) return Error{Errc::unreadable, 0, ranges[*copied].at};
  interpreter.threads_head = interpreter.copy.value(layout_, layout_.interpreter.threads_head);
  interpreter.next_thread_id =
      interpreter.copy.value(layout_, layout_.interpreter.threads_next_unique_id);
  ThreadList list = list_threads(memory_, layout_, interpreter.at);
  if (list.threads.empty() && list.ended.code != Errc::ok) return list.ended;
  return list;
}

template <Layout L, Memory M, Host H>
void Roster<L, M, H>::track(Address thread, std::size_t interpreter, std::vector<Thread>& old) {
  ThreadReader<L> reader{layout_, thread, interpreters_[interpreter].at};
  if (!reader.identify(memory_)) return;  // it has ended meanwhile
  for (Thread& known : old) {
    if (known.reader.at() == thread && known.reader.id() == reader.id() &&
        known.reader.native_id() == reader.native_id() && !known.moved) {
      known.interpreter = interpreter;
      threads_.push_back(std::move(known));
      known.moved = true;
      name(threads_.back());
      return;
    }
  }
  const bool main = is_main(interpreters_[interpreter], reader);
  if (!options_.all_threads && !main) return;
  Thread tracked{std::move(reader), interpreter};
  tracked.main = main;
  tracked.tid = host_.ours(tracked.reader.native_id());
  tracked.clock = host_.clock(tracked.tid);
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
bool Roster<L, M, H>::is_main(const Interpreter& interpreter, const ThreadReader<L>& reader) const {
  if (layout_.interpreter.threads_main.present()) {
    const auto main =
        read_value<Address>(memory_, interpreter.at + layout_.interpreter.threads_main.offset);
    if (main && *main) return *main == reader.at();
  }
  if (!interpreter.main) return false;
  if (layout_.runtime.main_thread.present()) {
    const auto main =
        read_value<std::uint64_t>(memory_, site_.runtime + layout_.runtime.main_thread.offset);
    if (main && *main != 0) return *main == reader.copy()[layout_.thread.thread_id];
  }
  return host_.ours(reader.native_id()) == host_.pid();
}

// Known threads are named again while they are young, and later as often as everything is listed.
template <Layout L, Memory M, Host H>
void Roster<L, M, H>::name(Thread& thread) {
  const Interpreter& interpreter = interpreters_[thread.interpreter];
  const bool fresh = thread.first_seen == listed_at_;
  const bool young = listed_at_ - thread.first_seen < names_itself_within;
  tachyon::Thread facts;
  facts.process = host_.pid();
  facts.id = static_cast<std::uint64_t>(thread.tid);
  facts.interpreter = interpreter.id;
  facts.main = thread.main;
  if (fresh || (young && layout_.traits.thread_names_are_os_names)) {
    facts.name = host_.thread_name(thread.tid);
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
    if (!fresh) facts.name = host_.thread_name(thread.tid);
    return tables.threads.intern(facts);
  });
}

template <Layout L, Memory M, Host H>
bool Roster<L, M, H>::selected(const Thread& thread) const {
  if (options_.threads.empty()) return true;
  return tables_.with([&](Tables& tables) {
    return thread_matches(options_.threads, tables.threads[thread.index]);
  });
}

template <Layout L, Memory M, Host H>
bool Roster<L, M, H>::list_changed() const noexcept {
  return std::any_of(interpreters_.begin(), interpreters_.end(), [&](const Interpreter& i) {
    return i.copy.value(layout_, layout_.interpreter.threads_head) != i.threads_head ||
           i.copy.value(layout_, layout_.interpreter.threads_next_unique_id) != i.next_thread_id;
  });
}

}  // namespace tachyon
