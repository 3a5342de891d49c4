#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <tachyon/sampler/gil_prediction.hpp>
#include <tachyon/sampler/look_report.hpp>
#include <tachyon/sampler/roster.hpp>
#include <tachyon/sampler/stack_finish.hpp>
#include <tachyon/tasks/stacks.hpp>

// Reads threads of one process together.
//
//   each thread that is wanted and not frozen says which ranges it wants
//     -> one vectored read -> each thread makes a stack of its bytes
//     -> a prediction was wrong: it is right now, and the same is done again
//
// Threads fail alone: one whose state cannot be read costs its own sample. Nothing here knows modes
// or strategies; sampler.hpp and dump.hpp put them together.
namespace tachyon {

template <Layout L, Memory M, Host H>
class Watch {
 public:
  using Thread = KnownThread<L>;
  using State = ThreadLook::State;

  // What is cold here is done seldom, and exists once for every layout: better small than fast.
  [[gnu::cold]] Watch(const L& layout, M& memory, H& host, const RuntimeSite& site,
                      SharedTables& tables, const SamplerOptions& options)
      : layout_{layout},
        memory_{memory},
        host_{host},
        site_{site},
        options_{options},
        maker_{layout, tables, {options.native, options.opcodes}},
        roster_{layout_, memory, host, site, tables, options_},
        gil_{layout_},
        finish_{layout_, memory, roster_, maker_, options_, site.objects.none},
        loops_{layout_, maker_, site.objects.coroutine_type} {
    maker_.codes().set_code_type(site.objects.code_type);
  }
  Watch(const Watch&) = delete;  // its parts point at one another
  Watch& operator=(const Watch&) = delete;

  Roster<L, M, H>& roster() noexcept { return roster_; }
  const SamplerOptions& options() const noexcept { return options_; }
  // For stacks that are read otherwise: see kernel_stacks.hpp.
  ChainMaker<L>& maker() noexcept { return maker_; }
  StackFinish<L, M, H>& stack_finish() noexcept { return finish_; }

  // Reads every thread that the report wants and makes stacks: one read, unless a prediction was
  // wrong. False: the process could not be read at all.
  bool read(const Held& held, std::uint64_t now, LookReport& report);
  // Completes the stacks that have just been read.
  void finish(LookReport& report);
  // What has just been read is kept if it was of one moment, and wanted again if not.
  void close(bool good, LookReport& report);

  // Reads the parents that the thread's stack takes from an older look. False: they were wrong.
  bool recheck_parents(Thread& thread) {
    if (thread.reader.recheck_parents(memory_)) return true;
    thread.stack_age.known = false;
    return false;
  }
  // The part of a stack that can be had when no look gives a whole one, and why it ends.
  Error read_partial(Thread& thread, ThreadLook& look) {
    thread.stack_age.known = false;
    const Error why = thread.reader.read_partial(memory_, maker_);
    look.stack = thread.reader.chain().stack();
    return why;
  }
  // No look gave its stack: the next one starts from nothing.
  void give_up(Thread& thread) noexcept {
    thread.stack_age.known = false;
    thread.reader.forget();
  }

  // The task stacks of this look; none while the target has not imported asyncio. Returns how many
  // could not be had because they changed in every read.
  std::uint64_t read_tasks(const LookReport& report, std::vector<TaskStack>& out);
  // ... and their tasks with all that await them.
  [[gnu::cold]] TaskGraph task_graph(std::span<const TaskStack> stacks) {
    return tasks_ ? tasks_->graph(views_, stacks) : TaskGraph{{}, {}};
  }
  // Tasks that do not run can be had only where the interpreter says where they are.
  Result<void> check_tasks() const {
    const bool all = options_.tasks && options_.task_choice != TaskChoice::running;
    if (all && !layout_.thread.asyncio_tasks_head.present() && !site_.asyncio_debug) {
      return Errc::tasks_unpublished;
    }
    return {};
  }

  // Copies of bytecode whose index another thread may have by now are forgotten.
  void forget_released_copies() noexcept {
    if (!layout_.interpreter.tlbc_generation.present()) return;
    const std::uint64_t before = std::exchange(released_, released_indices(roster_.interpreters()));
    if (before != released_) maker_.codes().forget_thread_copies();
  }

  // After a tick: frees what was replaced, notices that lists changed.
  void end_tick() {
    maker_.codes().sweep();
    if (roster_.list_changed()) roster_.note_change();
  }

 private:
  void add_interpreter_ranges();
  void add_thread_ranges(LookReport& report);
  void read_lists_alone();
  void read_alone(std::size_t i, LookReport& report);
  bool guessed_wrong(LookReport& report);
  bool interpret_all(const Held& held, LookReport& report);
  bool cannot_have_moved(const Thread& thread, const Held& held) noexcept;
  bool watches_gil() noexcept { return gil_.works(roster_.threads().size()); }
  void forget_copies() noexcept {
    for (KnownInterpreter& interpreter : roster_.interpreters()) interpreter.copied = 0;
  }
  std::uint64_t epoch(const KnownInterpreter& interpreter) const noexcept;
  void renew_epoch() noexcept;
  void find_tasks();
  void read_loops(const LookReport& report, std::vector<TaskStack>& out);

  // What an interpreter says besides its GIL, and the state of a frozen thread, may be this old,
  // ns. Above 10 kHz a look in a few reads them.
  static constexpr std::uint64_t fresh_for = 50'000;
  // Code objects, ns, where nothing counts their deaths; and for how long none is trusted beyond
  // one look after one was found to have been replaced.
  static constexpr std::uint64_t trusted_for = 10'000'000;
  static constexpr std::uint64_t wary_for = 1'000'000'000;

  L layout_;
  M& memory_;
  H& host_;
  const RuntimeSite& site_;
  SamplerOptions options_;
  ChainMaker<L> maker_;
  Roster<L, M, H> roster_;
  GilPrediction<L> gil_;
  StackFinish<L, M, H> finish_;

  std::vector<Range> ranges_;
  std::uint64_t now_ = 0;
  std::uint64_t epoch_ = 0;  // a new number whenever code objects have to be checked again
  std::uint64_t epoch_began_ = 0;
  std::uint64_t wary_until_ = 0;
  std::uint64_t replaced_ = 0;
  std::uint64_t released_ = 0;  // what released_indices() was

  std::unique_ptr<TaskStacks<L, M>> tasks_;
  LoopStacks<L> loops_;  // for those who publish no tasks
  std::uint64_t asked_for_table_ = 0;
  std::vector<ThreadView> views_;
  std::vector<Address> interpreters_at_;
};

template <Layout L, Memory M, Host H>
std::uint64_t Watch<L, M, H>::epoch(const KnownInterpreter& interpreter) const noexcept {
  if (layout_.interpreter.code_object_generation.present()) {
    return interpreter.copy.value(layout_, layout_.interpreter.code_object_generation);
  }
  return epoch_;
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::renew_epoch() noexcept {
  if (maker_.codes().replaced() != replaced_) {
    replaced_ = maker_.codes().replaced();
    wary_until_ = now_ + wary_for;
  }
  if (now_ >= wary_until_ && now_ - epoch_began_ < trusted_for) return;
  ++epoch_;
  epoch_began_ = now_;
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::add_interpreter_ranges() {
  for (KnownInterpreter& interpreter : roster_.interpreters()) {
    const auto running = layout_.runtime.gilstate_tstate_current;
    if (watches_gil() || (gil_.needs_gil() && !running.present())) {
      ranges_.push_back(interpreter.gil_copy.range(interpreter.gil, layout_));
    }
    if (running.present()) {
      ranges_.push_back({running.at(site_.runtime), bytes_of(interpreter.running)});
    }
    // A collection is watched closely until it ends: what runs after it is not part of it.
    if (now_ - interpreter.copied < fresh_for &&
        interpreter.copy.value(layout_, layout_.interpreter.gc_collecting) == 0) {
      continue;
    }
    interpreter.copied = now_;
    interpreter.copy.add_ranges(layout_, interpreter.at, ranges_);
  }
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::add_thread_ranges(LookReport& report) {
  std::vector<Thread>& threads = roster_.threads();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (!report.wants(i)) continue;
    Thread& thread = threads[i];
    const bool frozen = watches_gil() && gil_.is_frozen(thread, roster_.interpreter_of(thread));
    report.threads[i].frozen = frozen;
    if (!frozen) {
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

// No thread is to be read, as where all that are known sleep; a thread that begins meanwhile shows
// in the lists only. (Of a program whose main thread waits for one worker after the other,
// --mode cpu saw 0 to 80 % until they were read.)
template <Layout L, Memory M, Host H>
void Watch<L, M, H>::read_lists_alone() {
  if (ranges_.empty()) return;
  const auto copied = memory_.read_many(ranges_);
  if (copied && *copied == ranges_.size()) return;
  forget_copies();
}

// Was a thread taken to be frozen that was not?
template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::guessed_wrong(LookReport& report) {
  bool wrong = false;
  std::vector<Thread>& threads = roster_.threads();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (!report.wants(i) || !report.threads[i].frozen) continue;
    Thread& thread = threads[i];
    const bool frozen = watches_gil() && gil_.is_frozen(thread, roster_.interpreter_of(thread));
    if (frozen && thread.reader.is_still_there()) continue;
    thread.stack_age.known = report.threads[i].frozen = false;
    wrong = true;
  }
  return wrong;
}

template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::read(const Held& held, std::uint64_t now, LookReport& report) {
  constexpr int most_corrections = 8;
  // The looks of one tick are tries of the same: what the first has found out stays found out.
  const bool first = now != now_ || !tasks_;
  now_ = now;
  renew_epoch();
  report.moved = false;
  bool alone = false;
  if (options_.tasks) find_tasks();
  if (tasks_ && first) tasks_->begin_tick(roster_.threads().size(), now);
  for (int correction = 0; correction < most_corrections; ++correction) {
    const bool some = report.wants_any();
    if (!some && correction != 0) return true;
    ranges_.clear();
    add_interpreter_ranges();
    if (!some) {
      read_lists_alone();
      return true;
    }
    add_thread_ranges(report);
    const std::size_t own = ranges_.size();
    if (tasks_) tasks_->add_ranges_after(ranges_);
    const auto copied = memory_.read_many(ranges_);
    if (tasks_) tasks_->set_read(copied && *copied > own ? *copied - own : 0);
    if (copied && *copied >= own) {
      if (!guessed_wrong(report) && !interpret_all(held, report)) return true;
      continue;
    }
    forget_copies();
    if (alone) return false;
    alone = true;
    for (std::size_t i = 0; i < report.threads.size(); ++i) {
      if (report.wants(i)) read_alone(i, report);
    }
  }
  return true;
}

template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::cannot_have_moved(const Thread& thread, const Held& held) noexcept {
  if (held.everybody || thread.reader.at() == held.thread) return true;
  return held.thread && watches_gil() && gil_.is_held_still(roster_.interpreter_of(thread), held);
}

// True: some prediction was wrong, and is right now.
template <Layout L, Memory M, Host H>
bool Watch<L, M, H>::interpret_all(const Held& held, LookReport& report) {
  bool again = false;
  forget_released_copies();
  std::vector<Thread>& threads = roster_.threads();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (!report.wants(i)) continue;
    Thread& thread = threads[i];
    ThreadLook& look = report.threads[i];
    if (look.frozen) {
      look.state = State::read;
      continue;
    }
    const KnownInterpreter& interpreter = roster_.interpreter_of(thread);
    const std::uint64_t true_as_of = epoch(interpreter);
    const bool certain = cannot_have_moved(thread, held);
    switch (thread.reader.interpret(memory_, maker_, true_as_of, certain)) {
      case LookResult::stack:
        if (tasks_ && !tasks_->identify(i, thread.reader.chain(), true_as_of)) {
          again = true;
          break;
        }
        look.state = State::read;
        report.moved = report.moved || thread.reader.moved();
        thread.stack_age.known = false;
        if (watches_gil() && !(tasks_ && tasks_->is_unknown(i))) gil_.note(thread, interpreter);
        break;
      case LookResult::again:
        again = true;
        break;
      case LookResult::torn:
        look.retried = true;
        break;
      case LookResult::gone:
        look.state = State::gone;
        roster_.note_change();
        break;
    }
  }
  return again;
}

// The common read failed: find out which thread's range it was, so that only that thread pays.
template <Layout L, Memory M, Host H>
void Watch<L, M, H>::read_alone(std::size_t i, LookReport& report) {
  Thread& thread = roster_.threads()[i];
  thread.stack_age.known = report.threads[i].frozen = false;
  ranges_.clear();
  thread.reader.prepare(ranges_);
  const auto copied = memory_.read_many(ranges_);
  if (copied && *copied == ranges_.size()) return;
  thread.reader.forget();
  if (!thread.reader.identify(memory_)) {
    report.threads[i].state = State::gone;
    roster_.note_change();
  }
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::finish(LookReport& report) {
  std::vector<Thread>& threads = roster_.threads();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (report.threads[i].state == State::read) finish_(threads[i], report.threads[i]);
  }
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::close(bool good, LookReport& report) {
  for (std::size_t i = 0; i < report.threads.size(); ++i) {
    ThreadLook& look = report.threads[i];
    if (look.state != State::read) continue;
    look.state = good ? State::kept : State::wanted;
    if (good) continue;
    look.retried = true;
    roster_.threads()[i].stack_age.known = false;
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
  tasks_ = std::make_unique<TaskStacks<L, M>>(layout_, memory_, maker_, *offsets, site_.objects,
                                              options_.task_names);
}

template <Layout L, Memory M, Host H>
void Watch<L, M, H>::read_loops(const LookReport& report, std::vector<TaskStack>& out) {
  for (std::size_t i = 0; i < report.threads.size(); ++i) {
    const ThreadLook& look = report.threads[i];
    if (!look.has_stack()) continue;
    const LoopStack loop = loops_.of(memory_, roster_.threads()[i].reader.chain(), look.stack,
                                     has(look.status, Status::has_gil));
    const bool idle = loop.kind == LoopStack::Kind::idle;
    if (loop.kind != LoopStack::Kind::none) out.push_back({i, loop.stack, !idle, idle});
  }
}

template <Layout L, Memory M, Host H>
std::uint64_t Watch<L, M, H>::read_tasks(const LookReport& report, std::vector<TaskStack>& out) {
  out.clear();
  if (!tasks_) {
    read_loops(report, out);
    return 0;
  }
  views_.clear();
  std::vector<Thread>& threads = roster_.threads();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const ThreadLook& look = report.threads[i];
    views_.push_back(
        {threads[i].reader.at(), look.has_stack() ? &threads[i].reader.chain() : nullptr,
         look.stack, epoch(roster_.interpreter_of(threads[i])), has(look.status, Status::has_gil)});
  }
  interpreters_at_.clear();
  for (const KnownInterpreter& each : roster_.interpreters()) interpreters_at_.push_back(each.at);
  const std::uint64_t lost = tasks_->lost();
  tasks_->make_stacks(options_.task_choice, views_, interpreters_at_, out);
  return tasks_->lost() - lost;
}

}  // namespace tachyon
