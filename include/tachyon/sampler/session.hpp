#pragma once

#include <poll.h>

#include <algorithm>
#include <concepts>
#include <cstdint>

#include <tachyon/sampler/clock.hpp>
#include <tachyon/sampler/sampler.hpp>

// Look, look, look: until the time is up, somebody says stop, or the target is gone.
//
// The loop owns the schedule and the books; who may end it and what is said meanwhile is the
// control's business. A target that execs or exits is not an error of the run: what was sampled is
// there, and the way it ended is told.
namespace tachyon {

struct SessionPlan {
  std::uint64_t interval = 1'000'000;  // ns
  bool fixed_clock = false;
  std::uint64_t duration = 0;  // ns; 0: until somebody stops it
  double max_overhead = 0.02;  // share of the target's time that automatic reading may take
  std::uint64_t origin = 0;    // monotonic ns from which times count; 0: the start
  std::uint64_t phase = 0;     // ns from there to the first look
};

enum class SessionEnd : std::uint8_t { duration, stopped, target_ended, failed };

struct SessionOutcome {
  SessionEnd end{};
  Error error{};
  std::uint64_t started = 0;   // unix ns
  std::uint64_t duration = 0;  // ns
  std::uint64_t interval = 0;  // in force at the end: longer than planned where it had to be
  bool slowed_down = false;
  Trust trust{};
};

struct SessionProgress {
  std::uint64_t now = 0;  // ns since the session began
  const Trust* trust = nullptr;
  std::uint64_t interval = 0;  // in force from now on
};

// `stop` is asked between ticks, at least once a second; `progress` is told once a second;
// `descriptor` becomes readable when stop should be asked at once (-1: nothing does, so it is asked
// 20 times a second; over a tree of idle processes these wake-ups were most of the cost).
template <class C>
concept SessionControl = requires(C& control, const SessionProgress& progress) {
  { control.stop() } -> std::same_as<bool>;
  { control.progress(progress) } -> std::same_as<void>;
  { control.descriptor() } -> std::same_as<int>;
};

namespace detail {

inline constexpr std::uint64_t check_every = 20'000'000;

// Sleeps towards `deadline` in a way that a stop can interrupt; stays some way short of it, the
// last stretch is the reading's own.
template <SessionControl C>
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

template <class S, class R, class C, SessionControl Control>
SessionOutcome run_session(S& sampler, R& reading, C& collector, const SessionPlan& plan,
                           Control& control) {
  SessionOutcome out;
  Schedule schedule{plan.interval,
                    plan.fixed_clock ? Schedule::Kind::fixed : Schedule::Kind::jittered,
                    unix_now()};
  out.started = unix_now();
  const std::uint64_t origin = plan.origin != 0 ? plan.origin : monotonic_now();
  const std::uint64_t cpu_before = process_cpu_time();
  std::uint64_t late = 0, missed = 0;
  std::uint64_t last_check = 0, last_progress = origin;
  std::uint64_t last_held = 0, last_judged = origin;
  schedule.start(origin + plan.phase);

  const auto account = [&](std::uint64_t now) {
    out.trust = sampler.trust();
    out.trust.late = late;
    out.trust.missed = missed;
    out.trust.wall = now - origin;
    out.trust.profiler_cpu = process_cpu_time() - cpu_before;
    out.trust.target_cost =
        now > origin ? static_cast<double>(reading.held()) / static_cast<double>(now - origin) : 0;
  };

  for (;;) {
    const std::uint64_t before = monotonic_now();
    if (plan.duration != 0 && before - origin >= plan.duration) {
      out.end = SessionEnd::duration;
      break;
    }
    const bool idle = schedule.due() > before + detail::check_every;
    if (idle || before - last_check >= detail::check_every) {
      last_check = before;
      if (idle ? !detail::sleep_unless_stopped(control, schedule.due()) : control.stop()) {
        out.end = SessionEnd::stopped;
        break;
      }
    }
    if (before - last_progress >= 1'000'000'000U) {
      last_progress = before;
      // A reading that holds the target more than it may is made rarer, not worse; one that no
      // longer does becomes as frequent as it was meant to be.
      const double held = static_cast<double>(reading.held() - last_held);
      const double share = held / static_cast<double>(before - last_judged);
      if (reading.adaptive() && plan.max_overhead > 0 && share > plan.max_overhead) {
        schedule.set_interval(static_cast<std::uint64_t>(static_cast<double>(schedule.interval()) *
                                                         std::min(share / plan.max_overhead, 4.0)));
        out.slowed_down = true;
      } else if (schedule.interval() > plan.interval && share < plan.max_overhead / 4) {
        schedule.set_interval(std::max(plan.interval, schedule.interval() / 2));
      }
      last_held = reading.held();
      last_judged = before;
      account(before);
      control.progress({before - origin, &out.trust, schedule.interval()});
    }
    const std::uint64_t due =
        plan.duration == 0 ? schedule.due() : std::min(schedule.due(), origin + plan.duration);
    auto tick = sampler.tick(collector, due, origin);
    if (!tick) {
      out.error = tick.error();
      const bool gone =
          out.error.code == Errc::no_such_process || out.error.code == Errc::is_zombie ||
          out.error.code == Errc::process_changed || out.error.code == Errc::finalizing;
      out.end = gone ? SessionEnd::target_ended : SessionEnd::failed;
      break;
    }
    if (tick->time + origin > due + schedule.interval() / 2 && tick->time + origin > due + 20'000) {
      ++late;
    }
    tick->missed = schedule.advance(monotonic_now());
    missed += tick->missed;
    collector.end_tick(*tick);
  }
  const std::uint64_t now = monotonic_now();
  account(now);
  out.duration = now - origin;
  out.interval = schedule.interval();
  return out;
}

}  // namespace tachyon
