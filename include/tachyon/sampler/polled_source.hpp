#pragma once

#include <poll.h>

#include <algorithm>
#include <concepts>
#include <cstdint>

#include <tachyon/base/prompt_thread.hpp>
#include <tachyon/sample/sample.hpp>
#include <tachyon/sampler/schedule.hpp>
#include <tachyon/sampler/source.hpp>

// A target that is looked at again and again, until the time is up, the control says stop, or the
// target is gone. A target that execs or exits is not an error of the run: what was sampled is
// there, and the outcome says how it ended.
namespace tachyon {

struct SamplingPlan {
  std::uint64_t interval = 1'000'000;  // ns
  bool fixed_clock = false;
  std::uint64_t duration = 0;  // ns; 0: until the control stops it
  double max_overhead = 0.02;  // share of the target's time that automatic reading may take
  std::uint64_t origin = 0;    // monotonic ns from which times count; 0: the start
  std::uint64_t phase = 0;     // ns from there to the first look
};

// A strategy that holds the target for a greater share of the time than it may (0: it may) is used
// more rarely, not replaced by a worse one; one that no longer does becomes as frequent as it was
// meant to be.
constexpr std::uint64_t affordable_interval(std::uint64_t interval, const SamplingPlan& plan,
                                            double share, double most) noexcept {
  if (most > 0 && share > most) {
    return static_cast<std::uint64_t>(static_cast<double>(interval) * std::min(share / most, 4.0));
  }
  if (interval > plan.interval && share < plan.max_overhead / 4) {
    return std::max(plan.interval, interval / 2);
  }
  return interval;
}

namespace detail {

inline constexpr std::uint64_t check_every = 20'000'000;
inline constexpr std::uint64_t prompt_from = 100'000;

// Sleeps towards `deadline` in a way that a stop can interrupt; stays some way short of it, the
// last stretch is the reading's own.
template <RunControl C>
bool sleep_unless_stopped(C& control, std::uint64_t deadline) {
  const int wakes = control.descriptor();
  const std::uint64_t longest = wakes >= 0 ? 1'000'000'000 : 50'000'000;
  for (;;) {
    if (control.stop()) return false;
    const std::uint64_t now = monotonic_now();
    if (deadline < now + check_every) return true;
    const std::uint64_t wait = std::min<std::uint64_t>(deadline - now - check_every / 2, longest);
    pollfd wake{wakes, POLLIN, 0};
    (void)::poll(&wake, 1, static_cast<int>(std::max<std::uint64_t>(wait / 1'000'000, 1)));
  }
}

}  // namespace detail

// A sampler as the source drives it: it looks once at a time, and knows what its strategy costs.
template <class S>
concept TickSampler = requires(S& sampler, detail::SomeCollector& collector, std::uint64_t time) {
  { sampler.tick(collector, time, time) } -> std::same_as<Result<Tick>>;
  { sampler.quality() } -> std::convertible_to<ReadQuality>;
  // For how many nanoseconds the target was kept from running, all in all.
  { sampler.held() } -> std::same_as<std::uint64_t>;
  // Did the profiler choose the strategy itself, so that it answers for its cost?
  { sampler.adaptive() } -> std::same_as<bool>;
};

// `sampler` has been started, and outlives the source.
template <TickSampler S>
class PolledSource {
 public:
  PolledSource(S& sampler, const SamplingPlan& plan) noexcept : sampler_{sampler}, plan_{plan} {}

  template <Collector C, RunControl Control>
  Outcome run(C& collector, Control& control);

 private:
  // What is counted between the ticks, and how it stands with the strategy's cost.
  struct Counts {
    std::uint64_t origin = 0;
    std::uint64_t cpu_before = 0;
    std::uint64_t late = 0;
    std::uint64_t missed = 0;
    std::uint64_t held = 0;  // when the cost was last looked at ...
    std::uint64_t at = 0;    // ... which was then
  };

  void account(Outcome& out, const Counts& counts, std::uint64_t now) const;
  void adapt_interval(Schedule& schedule, Counts& counts, std::uint64_t now, Outcome& out) const;

  S& sampler_;
  SamplingPlan plan_;
};

template <TickSampler S>
void PolledSource<S>::account(Outcome& out, const Counts& counts, std::uint64_t now) const {
  const std::uint64_t wall = now - counts.origin;
  out.quality = sampler_.quality();
  out.quality.late = counts.late;
  out.quality.missed = counts.missed;
  out.quality.wall = wall;
  out.quality.profiler_cpu = process_cpu_time() - counts.cpu_before;
  out.quality.target_cost =
      wall != 0 ? static_cast<double>(sampler_.held()) / static_cast<double>(wall) : 0;
}

template <TickSampler S>
void PolledSource<S>::adapt_interval(Schedule& schedule, Counts& counts, std::uint64_t now,
                                     Outcome& out) const {
  const std::uint64_t held = sampler_.held();
  const double share =
      static_cast<double>(held - counts.held) / static_cast<double>(now - counts.at);
  const double most = sampler_.adaptive() ? plan_.max_overhead : 0;
  const std::uint64_t next = affordable_interval(schedule.interval(), plan_, share, most);
  out.slowed_down = out.slowed_down || next > schedule.interval();
  if (next != schedule.interval()) schedule.set_interval(next);
  counts.held = held;
  counts.at = now;
}

template <TickSampler S>
template <Collector C, RunControl Control>
Outcome PolledSource<S>::run(C& collector, Control& control) {
  Outcome out;
  // Who polls without a pause has a processor for himself, and no right to the next one.
  const PromptThread prompt{plan_.interval >= detail::prompt_from};
  Schedule schedule{plan_.interval,
                    plan_.fixed_clock ? Schedule::Kind::fixed : Schedule::Kind::jittered,
                    unix_now()};
  out.started = unix_now();
  const std::uint64_t origin = plan_.origin != 0 ? plan_.origin : monotonic_now();
  Counts counts{.origin = origin, .cpu_before = process_cpu_time(), .at = origin};
  std::uint64_t last_check = 0, last_progress = origin;
  schedule.start(origin + plan_.phase);

  for (;;) {
    const std::uint64_t before = monotonic_now();
    if (plan_.duration != 0 && before - origin >= plan_.duration) {
      out.end = RunEnd::duration;
      break;
    }
    const bool idle = schedule.due() > before + detail::check_every;
    if (idle || before - last_check >= detail::check_every) {
      last_check = before;
      if (idle ? !detail::sleep_unless_stopped(control, schedule.due()) : control.stop()) {
        out.end = RunEnd::stopped;
        break;
      }
    }
    if (before - last_progress >= 1'000'000'000U) {
      last_progress = before;
      adapt_interval(schedule, counts, before, out);
      account(out, counts, before);
      control.progress({before - origin, &out.quality, schedule.interval()});
    }
    const std::uint64_t due =
        plan_.duration == 0 ? schedule.due() : std::min(schedule.due(), origin + plan_.duration);
    auto tick = sampler_.tick(collector, due, origin);
    if (!tick) {
      out.error = tick.error();
      out.end = target_has_ended(out.error.code) ? RunEnd::target_ended : RunEnd::failed;
      break;
    }
    if (tick->time + origin > due + schedule.interval() / 2 && tick->time + origin > due + 20'000) {
      ++counts.late;
    }
    tick->missed = schedule.advance(monotonic_now());
    counts.missed += tick->missed;
    end_tick(collector, *tick);
  }
  const std::uint64_t now = monotonic_now();
  account(out, counts, now);
  out.duration = now - origin;
  out.interval = schedule.interval();
  return out;
}

}  // namespace tachyon
