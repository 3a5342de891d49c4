#pragma once

#include <poll.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tachyon/kernel/btf.hpp>
#include <tachyon/kernel/recorder.hpp>
#include <tachyon/mode/concept.hpp>
#include <tachyon/sampler/kernel_stacks.hpp>
#include <tachyon/sampler/look.hpp>
#include <tachyon/sampler/polled_source.hpp>
#include <tachyon/sampler/source.hpp>
#include <tachyon/sampler/strategy.hpp>
#include <tachyon/sampler/time_account.hpp>
#include <tachyon/sampler/watch.hpp>

// A target whose samples the kernel takes: see kernel/program.hpp for how, and for why. Ten times a
// second what it has recorded is fetched, turned into stacks and given its weight in time.
//
//   threads of the roster -- each: two events --> program --> ring
//        ^                                                      | 10 times a second
//        | when they change                                     v
//   the target's memory  <-- code objects, once --  stacks, time accounts --> samples, by time
//
// A thread that sleeps all along leaves no record. So each is read once from outside when its
// events are switched on, and if it was waiting then, that is what it did until its first record.
//
// Most outputs count samples, so waits are told at about the interval, like ticks: see WaitClock. A
// collector that only ever weighs them says so and gets each wait as one sample, which costs
// nothing however many threads sleep.
//
// Every thread state has events of its own. A kernel thread with states in several interpreters is
// sampled in each, as it is when it is polled.
namespace tachyon {

template <class C>
concept WeighsSamples = requires {
  requires C::weighs_samples;
};

template <Layout L, Memory M, Host H, Mode P>
class KernelSource {
 public:
  KernelSource(const L& layout, M& memory, H& host, const RuntimeSite& site, SharedTables& tables,
               const SamplerOptions& options, const SamplingPlan& plan)
      : layout_{layout},
        memory_{memory},
        site_{site},
        plan_{plan},
        watch_{layout_, memory, host, site, tables, options},
        stacks_{layout_, memory, watch_},
        random_{monotonic_now()} {}

  // Everything that can be refused is refused here. `words` are the verifier's, if it was he.
  Result<void> start(const kernel::Program& program, std::string& words);
  template <Collector C, RunControl Control>
  Outcome run(C& collector, Control& control);

  // Threads that could not be watched, and why.
  const kernel::EventLosses& not_watched() const noexcept { return not_watched_; }

  // What the program has to read for these options.
  static constexpr kernel::ProgramNeeds needs(bool opcodes, bool types) noexcept {
    return {.opcodes = opcodes, .system_call = types};
  }

 private:
  using Doing = TimeAccount::Doing;
  using Stacks = KernelStacks<L, M, H>;

  struct Watched {
    std::uint64_t id = 0;
    std::uint64_t native_id = 0;
    std::size_t place = 0;  // in the roster
    kernel::ThreadEvents events{};
    TimeAccount time{};
    WaitClock waits{};
    typename Stacks::ThreadChain chain{};
    std::uint64_t rounding = 0;
    std::uint64_t last_tick = 0;  // by its processor time
    bool ticked = false;          // since the last drain
    bool listed = true;
  };

  // Time that is only spent running has no use for switches.
  static constexpr bool counts_waits = P::kind != ModeKind::cpu;
  static constexpr std::uint64_t drain_every = 100'000'000;
  static constexpr std::uint64_t drain_idle_every = 200'000'000;
  static constexpr std::uint64_t told_every = 1'000'000'000;
  // Threads rename themselves without a trace. (Of a thousand that sleep, listing them once a second
  // was most of the cost: 9 ms each time.)
  static constexpr std::uint64_t listed_every = 10'000'000'000;
  static constexpr std::uint64_t listed_every_for_each = 20'000'000;

  std::uint64_t draw() noexcept {
    return plan_.fixed_clock ? plan_.interval
                             : plan_.interval / 2 + random_.below(plan_.interval + 1);
  }
  static std::uint32_t ring_size(std::uint64_t interval) noexcept;
  void watch_threads();
  void read_sleepers(const std::vector<std::uint64_t>& fresh);
  Result<void> read_interpreters();
  Result<void> keep_up(std::uint64_t now);
  void drain();
  void take(const kernel::Record& record);
  void tell(Watched& thread, const Doing& what, std::uint64_t time, std::uint64_t weight);
  void tell_wait(Watched& thread, const Doing& what, std::uint64_t time, std::uint64_t weight);
  void tell_open_waits(std::uint64_t now);
  void redraw_periods();
  template <class C>
  void deliver(C& collector);
  void account(Outcome& out, std::uint64_t now, std::uint64_t cpu_before);
  template <class Control>
  static bool sleep(Control& control, std::uint64_t deadline);

  L layout_;
  std::vector<Range> ranges_;
  M& memory_;
  const RuntimeSite& site_;
  SamplingPlan plan_;
  Watch<L, M, H> watch_;
  Stacks stacks_;
  Random random_;
  std::unique_ptr<kernel::Recorder> recorder_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Watched>> watched_;  // by thread state
  kernel::EventLosses not_watched_;
  std::vector<Sample> samples_;  // of this drain
  std::uint64_t origin_ = 0;
  std::uint64_t told_until_ = 0;  // the time of the newest sample that was delivered
  std::uint64_t ring_full_ = 0;
  std::uint64_t listed_ = 0;
  bool whole_waits_ = false;
  std::vector<bool> seen_;
  ReadQuality quality_;
};

// Room for what two drains bring, and for a thousand switches a second beside the ticks; of a
// record of a dozen frames.
template <Layout L, Memory M, Host H, Mode P>
std::uint32_t KernelSource<L, M, H, P>::ring_size(std::uint64_t interval) noexcept {
  constexpr std::uint64_t record = 1024, least = 1 << 20, most = 1 << 25;
  const auto processors = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  const std::uint64_t ticks = 2 * drain_every / std::max<std::uint64_t>(interval, 10'000);
  return static_cast<std::uint32_t>(
      std::bit_ceil(std::clamp((ticks + 200) * processors * record, least, most)));
}

template <Layout L, Memory M, Host H, Mode P>
Result<void> KernelSource<L, M, H, P>::start(const kernel::Program& program, std::string& words) {
  if (watch_.options().tasks) return Errc::unsupported;
  auto recorder = kernel::Recorder::create(
      program, {site_.runtime, site_.objects.none, kernel::find_task_state().value_or(0)},
      ring_size(plan_.interval), words);
  if (!recorder) return recorder.error();
  recorder_ = std::make_unique<kernel::Recorder>(std::move(*recorder));
  if (const auto ok = watch_.roster().refresh(); !ok) return ok;
  watch_threads();
  // None could be watched though there are some: that is no run.
  if (watched_.empty() && not_watched_.refused != 0) return not_watched_.why;
  return {};
}

// Events for threads that have come; those that have gone take theirs with them.
template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::watch_threads() {
  for (auto& [at, watched] : watched_) watched->listed = false;
  std::vector<std::uint64_t> fresh;
  auto& threads = watch_.roster().threads();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const auto& reader = threads[i].reader;
    std::unique_ptr<Watched>& slot = watched_[reader.at().value];
    if (slot && slot->id == reader.id() && slot->native_id == reader.native_id()) {
      slot->listed = true;
      slot->place = i;
      continue;
    }
    slot.reset();
    if (threads[i].tid <= 0) continue;  // it has not begun
    auto events = kernel::ThreadEvents::open(threads[i].tid, reader.at().value,
                                             {plan_.interval, true, counts_waits},
                                             recorder_->program(), not_watched_);
    if (!events) continue;
    slot = std::make_unique<Watched>();
    slot->id = reader.id();
    slot->native_id = reader.native_id();
    slot->place = i;
    slot->events = std::move(*events);
    slot->time.begin(monotonic_now(), nullptr);
    fresh.push_back(reader.at().value);
  }
  std::erase_if(watched_, [](const auto& entry) { return !entry.second || !entry.second->listed; });
  if (counts_waits && !fresh.empty()) read_sleepers(fresh);
}

// One look from outside. What it shows of a thread that runs is of no use, and is not used: such a
// thread has no open wait.
template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::read_sleepers(const std::vector<std::uint64_t>& fresh) {
  FastStrategy strategy;
  LookReport report;
  auto& threads = watch_.roster().threads();
  report.begin(threads.size());
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const bool wanted =
        std::find(fresh.begin(), fresh.end(), threads[i].reader.at().value) != fresh.end();
    if (wanted) report.threads[i].state = ThreadLook::State::wanted;
  }
  const std::uint64_t now = monotonic_now();
  for (unsigned attempt = 0; attempt < watch_.options().tries && report.wants_any(); ++attempt) {
    if (!look(watch_, strategy, Address{}, now + attempt, report, NothingWhileHeld{})) return;
  }
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const ThreadLook& seen = report.threads[i];
    if (seen.state != ThreadLook::State::kept) continue;
    const Doing waits{seen.stack, seen.status};
    watched_[threads[i].reader.at().value]->time.begin(now, &waits);
    ++quality_.attempts;
    ++quality_.valid;
    ++quality_.by_strategy[Strategy::fast];
  }
}

// What the interpreters say of their lists, and how many code objects have died.
template <Layout L, Memory M, Host H, Mode P>
Result<void> KernelSource<L, M, H, P>::read_interpreters() {
  stacks_.begin_drain();
  ranges_.clear();
  for (KnownInterpreter& interpreter : watch_.roster().interpreters()) {
    interpreter.copy.add_ranges(layout_, interpreter.at, ranges_);
  }
  const auto copied = memory_.read_many(ranges_);
  if (!copied) return copied.error();
  if (*copied != ranges_.size()) return Error{Errc::unreadable, 0, ranges_[*copied].at};
  watch_.forget_released_copies();
  return {};
}

// Lists the threads anew where something says that they changed.
template <Layout L, Memory M, Host H, Mode P>
Result<void> KernelSource<L, M, H, P>::keep_up(std::uint64_t now) {
  const std::uint64_t every = listed_every + watched_.size() * listed_every_for_each;
  if (watch_.roster().is_settled() && now - listed_ < every) return {};
  listed_ = now;
  if (const auto ok = watch_.roster().keep_up(now); !ok) return ok;
  watch_threads();
  return {};
}

template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::drain() {
  recorder_->drain([&](const kernel::Record& record) { take(record); });
  const std::uint64_t full = recorder_->losses()[kernel::Loss::ring_full];
  quality_.attempts += full - ring_full_;
  quality_.given_up += full - ring_full_;
  ring_full_ = full;
}

template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::take(const kernel::Record& record) {
  const kernel::RecordHeader& header = record.header();
  const auto found = watched_.find(header.thread);
  if (found == watched_.end()) return;  // it ended meanwhile
  Watched& thread = *found->second;
  auto& listed = watch_.roster().threads()[thread.place];
  ++quality_.ticks;
  ++quality_.attempts;
  const auto made = stacks_.make(record, listed, thread.chain);
  if (!made) {
    // Its time is told with the next record.
    ++quality_.given_up;
    if (made.error().code == Errc::no_such_thread) watch_.roster().note_change();
    return;
  }
  ++quality_.valid;
  ++quality_.by_strategy[Strategy::kernel];
  Doing what{made->stack, made->status};
  const auto waits = [&](const Doing& done, std::uint64_t time, std::uint64_t weight) {
    tell_wait(thread, done, time, weight);
  };
  if (!record.has(kernel::RecordFlag::switched)) {
    what.status |= Status::on_cpu;
    const std::uint64_t gap = header.cpu_time - std::min(header.cpu_time, thread.last_tick);
    if (gap > 3 * plan_.interval) quality_.missed += gap / plan_.interval - 1;
    thread.last_tick = header.cpu_time;
    thread.ticked = true;
    tell(thread, what, header.time, thread.time.tick(header.time, header.cpu_time, waits));
    return;
  }
  // One that could run on and may not is not waiting for anything.
  if (!record.has(kernel::RecordFlag::state_known)) what.status |= Status::unknown;
  if (record.has(kernel::RecordFlag::state_known) && header.task_state == 0) {
    what.status |= Status::on_cpu;
  }
  thread.time.stop_running(header.time, header.cpu_time, what, waits);
}

// Times and weights are whole microseconds, as recordings keep them; what is cut off is not lost.
template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::tell(Watched& thread, const Doing& what, std::uint64_t time,
                                    std::uint64_t weight) {
  if (!P::accepts(what.status)) return;
  weight += thread.rounding;
  thread.rounding = weight % 1000;
  weight -= thread.rounding;
  if (weight == 0) return;
  const std::uint64_t since = time - std::min(time, origin_);
  samples_.push_back({watch_.roster().threads()[thread.place].index, what.stack, what.status,
                      std::max(since / 1000 * 1000, weight), weight});
}

template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::tell_wait(Watched& thread, const Doing& what, std::uint64_t time,
                                         std::uint64_t weight) {
  if (whole_waits_) return tell(thread, what, time, weight);
  thread.waits.pass(
      time, weight, [&] { return draw(); },
      [&](std::uint64_t at, std::uint64_t each) { tell(thread, what, at, each); });
}

template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::tell_open_waits(std::uint64_t now) {
  for (const auto& entry : watched_) {
    Watched& thread = *entry.second;
    thread.time.tell_open_wait(now,
                               [&](const Doing& what, std::uint64_t time, std::uint64_t weight) {
                                 tell_wait(thread, what, time, weight);
                               });
  }
}

// See perf_event.hpp. Only of threads that run: each is a call. Periods that are evenly drawn from
// 0.5 to 1.5 tick ln 3 times as often as one of 1, so they are that much longer.
template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::redraw_periods() {
  for (auto& [at, thread] : watched_) {
    if (!std::exchange(thread->ticked, false) || plan_.fixed_clock) continue;
    thread->events.set_period(draw() * 10'986 / 10'000);
  }
}

// Each sample is a moment of its own. They are told in the order of their times; a wait that ended
// before the last drain and was not known then is moved to it.
template <Layout L, Memory M, Host H, Mode P>
template <class C>
void KernelSource<L, M, H, P>::deliver(C& collector) {
  std::stable_sort(samples_.begin(), samples_.end(),
                   [](const Sample& a, const Sample& b) { return a.time < b.time; });
  for (Sample& sample : samples_) {
    told_until_ = sample.time = std::max(sample.time, told_until_);
    const auto stack = static_cast<std::size_t>(sample.stack);
    if (stack >= seen_.size()) seen_.resize(stack * 2 + 64);
    if (!seen_[stack]) ++quality_.distinct;
    seen_[stack] = true;
    collector.add(std::as_const(sample));
    end_tick(collector, Tick{sample.time, sample.weight, TickOutcome::taken, 0});
  }
  samples_.clear();
}

template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::account(Outcome& out, std::uint64_t now, std::uint64_t cpu_before) {
  out.quality = quality_;
  out.quality.wall = now - origin_;
  out.quality.profiler_cpu = process_cpu_time() - cpu_before;
}

// Until the deadline, or until the control says stop; false then.
template <Layout L, Memory M, Host H, Mode P>
template <class Control>
bool KernelSource<L, M, H, P>::sleep(Control& control, std::uint64_t deadline) {
  constexpr std::uint64_t longest = 50'000'000;
  for (;;) {
    if (control.stop()) return false;
    const std::uint64_t now = monotonic_now();
    if (now >= deadline) return true;
    std::uint64_t wait = deadline - now;
    if (control.descriptor() < 0) wait = std::min(wait, longest);
    pollfd wake{control.descriptor(), POLLIN, 0};
    (void)::poll(&wake, 1, static_cast<int>(wait / 1'000'000 + 1));
  }
}

template <Layout L, Memory M, Host H, Mode P>
template <Collector C, RunControl Control>
Outcome KernelSource<L, M, H, P>::run(C& collector, Control& control) {
  Outcome out;
  const std::uint64_t cpu_before = process_cpu_time();
  out.started = unix_now();
  origin_ = plan_.origin != 0 ? plan_.origin : monotonic_now();
  std::uint64_t last_told = origin_;
  whole_waits_ = WeighsSamples<C>;
  // What has happened since the start is no part of the run.
  (void)read_interpreters();
  drain();
  tell_open_waits(monotonic_now());
  samples_.clear();
  bool idle = false;
  for (bool over = false; !over;) {
    const std::uint64_t before = monotonic_now();
    const std::uint64_t end = plan_.duration != 0 ? origin_ + plan_.duration : ~std::uint64_t{0};
    const std::uint64_t records = quality_.ticks;
    if (!sleep(control, std::min(before + (idle ? drain_idle_every : drain_every), end))) {
      out.end = RunEnd::stopped;
      over = true;
    }
    const std::uint64_t now = monotonic_now();
    if (!over && now >= end) {
      out.end = RunEnd::duration;
      over = true;
    }
    const auto alive = read_interpreters();
    drain();
    idle = quality_.ticks == records;
    if (over || !whole_waits_ || now - last_told >= told_every) tell_open_waits(std::min(now, end));
    deliver(collector);
    watch_.end_tick();
    if (over) break;
    const auto listed = alive ? keep_up(now) : alive;
    if (!listed && !is_transient(listed.error().code)) {
      out.error = listed.error();
      out.end = target_has_ended(out.error.code) ? RunEnd::target_ended : RunEnd::failed;
      tell_open_waits(now);
      deliver(collector);
      break;
    }
    redraw_periods();
    if (now - last_told >= told_every) {
      last_told = now;
      account(out, now, cpu_before);
      control.progress({now - origin_, &out.quality, plan_.interval});
    }
  }
  const std::uint64_t now = monotonic_now();
  account(out, now, cpu_before);
  out.duration = now - origin_;
  out.interval = plan_.interval;
  return out;
}

}  // namespace tachyon
