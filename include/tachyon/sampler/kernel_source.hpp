#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/base/prompt_thread.hpp>
#include <tachyon/kernel/btf.hpp>
#include <tachyon/kernel/cost.hpp>
#include <tachyon/kernel/recorder.hpp>
#include <tachyon/mode/concept.hpp>
#include <tachyon/sampler/drain_bell.hpp>
#include <tachyon/sampler/kernel_stacks.hpp>
#include <tachyon/sampler/kernel_threads.hpp>
#include <tachyon/sampler/pending_samples.hpp>
#include <tachyon/sampler/polled_source.hpp>
#include <tachyon/sampler/source.hpp>
#include <tachyon/sampler/watch.hpp>

// A target whose samples the kernel takes: see kernel/program.hpp for how, and for why. Ten times a
// second what it has recorded is fetched, turned into stacks and given its weight in time.
//
//   threads of the roster -- each: two events --> program --> ring
//        ^                                                      | 10 times a second, and
//        | when they change                                     v at once for new code
//   the target's memory  <-- code objects, once --  stacks, time accounts --> samples, by time
//
// Waits are told at about the interval, like ticks, for outputs that count samples beside their time:
// see WaitClock. Of many threads, which mostly wait, that would be most of the work (a thousand took
// a fifth of a processor), so they are told less often, and each sample has more time. A collector
// that only ever weighs them says so and gets each wait as one sample.
namespace tachyon {

template <class C>
concept WeighsSamples = requires {
  requires C::weighs_samples;
};

// To keep samples within the plan's share of the target's time, the interval is made longer, at most
// six times.
constexpr std::uint64_t most_lowering = 6;
constexpr std::uint64_t interval_within(const SamplingPlan& plan, std::uint64_t cost) noexcept {
  if (plan.max_overhead <= 0) return plan.interval;
  const auto needed = static_cast<double>(cost) / plan.max_overhead;
  const auto asked = static_cast<double>(plan.interval);
  return static_cast<std::uint64_t>(
      std::clamp(needed, asked, asked * static_cast<double>(most_lowering)));
}
// A sample that costs more, in ns, is too much for the plan even then.
constexpr std::uint64_t most_sample_cost(const SamplingPlan& plan) noexcept {
  if (plan.max_overhead <= 0) return ~std::uint64_t{0};
  return static_cast<std::uint64_t>(static_cast<double>(most_lowering * plan.interval) *
                                    plan.max_overhead);
}

template <Layout L, Memory M, Host H, Mode P>
class KernelSource {
 public:
  KernelSource(const L& layout, M& memory, H& host, const RuntimeSite& site, SharedTables& tables,
               const SamplerOptions& options, const SamplingPlan& plan)
      : layout_{layout},
        memory_{memory},
        site_{site},
        plan_{plan},
        interval_{plan.interval},
        watch_{layout_, memory, host, site, tables, options},
        stacks_{layout_, memory, watch_},
        threads_{watch_},
        random_{monotonic_now()} {}

  // Everything that can be refused is refused here. `words` are the verifier's, should the program
  // be what is refused.
  Result<void> start(const kernel::Program& program, std::string& words);
  template <Collector C, RunControl Control>
  Outcome run(C& collector, Control& control);

  // After start(): what a sample costs the target, in ns, as measured on this machine; zero: it
  // could not be told.
  std::uint64_t sample_cost() const noexcept { return cost_; }
  // Threads that could not be watched, and why.
  const kernel::EventLosses& not_watched() const noexcept { return threads_.not_watched(); }

  // What the program has to read for these options; `types`: the kernel describes its own.
  static constexpr kernel::ProgramNeeds needs(bool opcodes, bool types) noexcept {
    return {.opcodes = opcodes, .system_call = types};
  }

 private:
  using Doing = TimeAccount::Doing;
  using Watched = typename KernelThreads<L, M, H>::Watched;

  // Time that is only spent running has no use for switches.
  static constexpr bool counts_waits = P::kind != ModeKind::cpu;
  static constexpr std::uint64_t told_every = 1'000'000'000;
  // Threads rename themselves without a trace. (Of a thousand that sleep, listing them once a second
  // was most of the cost: 9 ms each time.)
  static constexpr std::uint64_t listed_every = 1'000'000'000;
  static constexpr std::uint64_t listed_every_for_each = 20'000'000;

  std::uint64_t draw() noexcept {
    return plan_.fixed_clock ? interval_ : interval_ / 2 + random_.below(interval_ + 1);
  }
  // Until the next sample of a thread's waiting time.
  std::uint64_t draw_wait() noexcept {
    constexpr std::size_t few = 16;
    constexpr std::uint64_t a_second_in_all = 2'000;
    const std::uint64_t each = threads_.size() * (1'000'000'000 / a_second_in_all);
    if (threads_.size() <= few || each <= interval_) return draw();
    return plan_.fixed_clock ? each : each / 2 + random_.below(each + 1);
  }
  kernel::EventPlan event_plan() const noexcept {
    return {interval_, true, counts_waits, watch_.options().all_threads};
  }
  static std::uint32_t ring_size(std::uint64_t interval, std::uint64_t threads) noexcept;
  Result<void> read_interpreters();
  Result<void> keep_up(std::uint64_t now);
  void drain();
  void take(const kernel::Record& record);
  void tell(Watched& thread, const Doing& what, std::uint64_t time, std::uint64_t weight);
  void tell_wait(Watched& thread, const Doing& what, std::uint64_t time, std::uint64_t weight);
  void tell_open_waits(std::uint64_t now);
  void tell_first_looks(std::uint64_t now);
  void redraw_periods();
  void account(Outcome& out, std::uint64_t now, std::uint64_t cpu_before);

  L layout_;
  std::vector<Range> ranges_;
  M& memory_;
  const RuntimeSite& site_;
  SamplingPlan plan_;
  std::uint64_t interval_;
  std::uint64_t cost_ = 0;
  Watch<L, M, H> watch_;
  KernelStacks<L, M, H> stacks_;
  std::unique_ptr<kernel::Recorder> recorder_;
  std::optional<DrainBell> bell_;
  KernelThreads<L, M, H> threads_;  // gone before what their events lead to
  Random random_;
  PendingSamples pending_;
  std::uint64_t origin_ = 0;
  std::uint64_t ring_full_ = 0;
  std::uint64_t listed_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t ticks_ = 0;    // ... of them, of a thread's clock
  std::uint64_t running_ = 0;  // ns that they stand for
  bool whole_waits_ = false;
  ReadQuality quality_;
};

// Room for what two drains bring, and for a thousand switches a second beside the ticks; of a
// record of a dozen frames. `threads` is how many may run at once.
template <Layout L, Memory M, Host H, Mode P>
std::uint32_t KernelSource<L, M, H, P>::ring_size(std::uint64_t interval,
                                                  std::uint64_t threads) noexcept {
  constexpr std::uint64_t record = 1024, least = 1 << 20, most = 1 << 25;
  const auto processors = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  const std::uint64_t ticks = 2 * DrainBell::usual / std::max<std::uint64_t>(interval, 10'000);
  const std::uint64_t bytes = (ticks + 200) * std::min(processors, threads) * record;
  return static_cast<std::uint32_t>(std::bit_ceil(std::clamp(bytes, least, most)));
}

template <Layout L, Memory M, Host H, Mode P>
Result<void> KernelSource<L, M, H, P>::start(const kernel::Program& program, std::string& words) {
  if (watch_.options().tasks) return Errc::unsupported;
  if (const auto ok = watch_.roster().begin(); !ok) return ok;
  auto recorder = kernel::Recorder::create(
      program, {site_.runtime, site_.objects.none, kernel::find_task_state().value_or(0)},
      ring_size(plan_.interval, watch_.roster().threads().size() + 1), words);
  if (!recorder) return recorder.error();
  recorder_ = std::make_unique<kernel::Recorder>(std::move(*recorder));
  cost_ = kernel::sample_cost(*recorder_);
  bell_.emplace(recorder_->news());
  stacks_.tell(&recorder_->seen_code());
  interval_ = interval_within(plan_, cost_);
  threads_.keep_up(event_plan(), recorder_->program(), *bell_, quality_);
  // Some could not be watched though they are there: another strategy can.
  const kernel::EventLosses& losses = threads_.not_watched();
  if (losses.no_descriptors != 0) return Error{Errc::limit, EMFILE, {}};
  if (threads_.size() == 0 && losses.refused != 0) return losses.why;
  return {};
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
  const auto died = layout_.interpreter.code_object_generation;
  if (died.present()) {
    recorder_->seen_code().set_died(
        watch_.roster().interpreters().front().copy.value(layout_, died));
  }
  return {};
}

// Lists the threads anew where something says that they changed.
template <Layout L, Memory M, Host H, Mode P>
Result<void> KernelSource<L, M, H, P>::keep_up(std::uint64_t now) {
  const std::uint64_t every = listed_every + threads_.size() * listed_every_for_each;
  if (watch_.roster().is_settled() && now - listed_ < every) return {};
  listed_ = now;
  if (const auto ok = watch_.roster().keep_up(now); !ok) return ok;
  threads_.keep_up(event_plan(), recorder_->program(), *bell_, quality_);
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
  Watched* const found = threads_.find(header.thread);
  if (found == nullptr) return;  // it ended meanwhile
  Watched& thread = *found;
  auto& listed = watch_.roster().threads()[thread.place];
  ++records_;
  ++quality_.attempts;
  const auto made = stacks_.make(record, listed, thread.chain);
  if (!made) {
    // Its time is told with the next record.
    ++quality_.given_up;
    if (made.error().code == Errc::no_such_thread) {
      watch_.roster().note_change();
    } else {
      note_attempt(listed, false, quality_);
    }
    return;
  }
  ++quality_.valid;
  note_attempt(listed, true, quality_);
  ++quality_.by_strategy[Strategy::kernel];
  if (made->unnamed) ++quality_.unnamed;
  Doing what{made->stack, made->status};
  const auto waits = [&](const Doing& done, std::uint64_t time, std::uint64_t weight) {
    tell_wait(thread, done, time, weight);
  };
  if (!record.has(kernel::RecordFlag::switched)) {
    what.status |= Status::on_cpu;
    const std::uint64_t gap = header.cpu_time - std::min(header.cpu_time, thread.last_tick);
    if (gap > 3 * interval_) quality_.missed += gap / interval_ - 1;
    thread.last_tick = header.cpu_time;
    thread.ticked = true;
    const std::uint64_t weight = thread.time.tick(header.time, header.cpu_time, waits);
    ++ticks_;
    running_ += weight;
    tell(thread, what, header.time, weight);
    return;
  }
  // One that could run on and may not is not waiting for anything.
  if (!record.has(kernel::RecordFlag::state_known)) {
    what.status |= Status::unknown;
  } else if (header.task_state == 0) {
    what.status |= Status::runnable;
  }
  thread.time.stop_running(header.time, header.cpu_time, what, waits);
}

template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::tell(Watched& thread, const Doing& what, std::uint64_t time,
                                    std::uint64_t weight) {
  if (!P::accepts(what.status)) return;
  const ThreadIndex index = watch_.roster().threads()[thread.place].index;
  pending_.add({index, what.stack, what.status, time, weight}, thread.rounding);
}

template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::tell_wait(Watched& thread, const Doing& what, std::uint64_t time,
                                         std::uint64_t weight) {
  if (whole_waits_) return tell(thread, what, time, weight);
  thread.waits.pass(
      time, weight, [&] { return draw_wait(); },
      [&](std::uint64_t at, std::uint64_t each) { tell(thread, what, at, each); });
}

template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::tell_open_waits(std::uint64_t now) {
  threads_.for_each([&](Watched& thread) {
    thread.time.tell_open_wait(now,
                               [&](const Doing& what, std::uint64_t time, std::uint64_t weight) {
                                 tell_wait(thread, what, time, weight);
                               });
  });
}

// A run that was over before anything was recorded has what each thread did when it was listed.
template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::tell_first_looks(std::uint64_t now) {
  threads_.for_each([&](Watched& thread) {
    if (thread.first) tell(thread, *thread.first, now, interval_);
  });
}

// See perf_event.hpp. Only of threads that run: each is a call. Periods that are evenly drawn from
// 0.5 to 1.5 tick ln 3 times as often as one of 1, so they are that much longer.
template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::redraw_periods() {
  threads_.for_each([&](Watched& thread) {
    if (!std::exchange(thread.ticked, false) || plan_.fixed_clock) return;
    thread.events.set_period(draw() * 10'986 / 10'000);
  });
}

template <Layout L, Memory M, Host H, Mode P>
void KernelSource<L, M, H, P>::account(Outcome& out, std::uint64_t now, std::uint64_t cpu_before) {
  out.quality = quality_;
  out.quality.wall = now - origin_;
  out.quality.profiler_cpu = process_cpu_time() - cpu_before;
  const std::uint64_t time =
      std::max(out.quality.wall, running_);  // more of it on several processors
  out.quality.target_cost =
      time != 0 ? static_cast<double>(ticks_ * cost_) / static_cast<double>(time) : 0;
}

template <Layout L, Memory M, Host H, Mode P>
template <Collector C, RunControl Control>
Outcome KernelSource<L, M, H, P>::run(C& collector, Control& control) {
  Outcome out;
  const PromptThread prompt{true};  // code is read before it is freed
  const std::uint64_t cpu_before = process_cpu_time();
  out.started = unix_now();
  origin_ = plan_.origin != 0 ? plan_.origin : monotonic_now();
  out.slowed_down = interval_ > plan_.interval;
  std::uint64_t last_told = origin_;
  whole_waits_ = WeighsSamples<C>;
  pending_.begin(origin_);
  // What has happened since the start is no part of the run.
  (void)read_interpreters();
  drain();
  tell_open_waits(monotonic_now());
  pending_.forget();
  for (bool over = false; !over;) {
    const std::uint64_t end = plan_.duration != 0 ? origin_ + plan_.duration : ~std::uint64_t{0};
    const std::uint64_t records = records_, told = stacks_.told();
    const DrainBell::Woken woken = bell_->wait(control, end);
    if (woken == DrainBell::Woken::by_stop) {
      out.end = RunEnd::stopped;
      over = true;
    }
    const std::uint64_t now = monotonic_now();
    if (!over && now >= end) {
      out.end = RunEnd::duration;
      over = true;
    }
    const auto alive = read_interpreters();
    if (!alive && target_has_ended(alive.error().code))
      watch_.maker().codes().note_memory_is_gone();
    drain();
    if (over || !whole_waits_ || now - last_told >= told_every) tell_open_waits(std::min(now, end));
    pending_.deliver(collector, quality_);
    watch_.end_tick();
    if (over) break;
    if (woken == DrainBell::Woken::by_thread) watch_.roster().note_change();
    const auto listed = alive ? keep_up(now) : alive;
    if (!listed && !is_transient(listed.error().code)) {
      out.error = listed.error();
      out.end = target_has_ended(out.error.code) ? RunEnd::target_ended : RunEnd::failed;
      tell_open_waits(now);
      pending_.deliver(collector, quality_);
      break;
    }
    redraw_periods();
    bell_->learn(woken,
                 {stacks_.told() != told, records_ != records, watch_.roster().is_settled()});
    if (now - last_told >= told_every) {
      last_told = now;
      account(out, now, cpu_before);
      control.progress({now - origin_, &out.quality, interval_});
    }
  }
  const std::uint64_t now = monotonic_now();
  if (quality_.ticks == 0) {
    tell_first_looks(now);
    pending_.deliver(collector, quality_);
  }
  account(out, now, cpu_before);
  out.duration = now - origin_;
  out.interval = interval_;
  return out;
}

}  // namespace tachyon
