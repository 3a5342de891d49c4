#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/layout/published.hpp>
#include <tachyon/mode/modes.hpp>
#include <tachyon/sampler/layout_of.hpp>
#include <tachyon/sampler/session.hpp>

// Everything put together: samples of a live process go into a collector, and what is known of the
// run comes back, for the collector to be written with.
//
//   auto target = attach(pid);
//   SharedTables tables;
//   Flamegraph page{tables.unguarded()};
//   auto run = profile(*target, tables, page, {.duration = 10'000'000'000});
//   page.write(sink, *run);
//
// What a program has not chosen is what the command line tool does by default. A sampler is
// compiled once here, for a layout that is told at run time; the tool compiles one for each layout,
// which makes every place in the target's memory a constant and takes ten times as long to compile.
// with_layout_of(), Sampler and run_session() are there for whoever wants that, another Memory or
// another Reading.
namespace tachyon {

// Nobody stops the session before its time, and nobody is told about it.
struct Unattended {
  bool stop() noexcept { return false; }
  void progress(const SessionProgress&) noexcept {}
  int descriptor() const noexcept { return -1; }
};
static_assert(SessionControl<Unattended>);

// What a target says of itself, for a run's outputs.
inline Target describe_target(const Attached& attached) {
  Target out;
  out.process = attached.process.pid();
  out.major = static_cast<std::uint8_t>(attached.site.major());
  out.minor = static_cast<std::uint8_t>(attached.site.minor());
  out.micro = static_cast<std::uint8_t>(attached.site.micro());
  out.free_threaded = attached.site.free_threaded;
  out.executable = attached.process.executable().value_or(std::string{});
  out.working_directory = attached.process.working_directory().value_or(std::string{});
  for (const std::string& word :
       attached.process.command_line().value_or(std::vector<std::string>{})) {
    if (!out.command_line.empty()) out.command_line += ' ';
    out.command_line += word;
  }
  if (const auto stat = attached.process.stat()) {
    out.started = detail::clock_now(CLOCK_REALTIME) - detail::age_of(stat->start_ticks);
  }
  return out;
}

// The one form that every layout has: what is instantiated for it is instantiated once.
inline const PublishedLayout& told_at_run_time(const PublishedLayout& layout) { return layout; }
template <CompiledLayout L>
PublishedLayout told_at_run_time(const L& layout) {
  return as_published(layout);
}

namespace detail {

// A collector need not care about ticks.
template <class C>
struct WithTicks {
  C& collector;
  void add(const Sample& sample) { collector.add(sample); }
  void end_tick(const Tick& tick) {
    if constexpr (requires { collector.end_tick(tick); }) collector.end_tick(tick);
  }
};

}  // namespace detail

// An error only where nothing could be sampled; a target that ends is how most runs end.
template <Mode P = mode::Wall, class C, SessionControl Control>
Result<Run> profile(Attached& target, SharedTables& tables, C& collector, const SessionPlan& plan,
                    const SamplerOptions& options, Control& control) {
  Run run;
  run.target = describe_target(target);
  run.mode = P::kind;
  run.options.all_threads = options.all_threads;
  run.options.native = options.native;
  run.options.c_calls = options.c_calls;
  run.options.gc = options.gc;
  run.options.opcodes = options.opcodes;
  run.options.async_aware = options.tasks;
  run.fixed_clock = plan.fixed_clock;
  LiveHost host{target};
  detail::WithTicks<C> kept{collector};
  auto outcome = with_layout_of(target.site, [&](const auto& known) -> Result<SessionOutcome> {
    const PublishedLayout layout = told_at_run_time(known);
    AdaptiveReading reading{AdaptiveReading::Choice::automatic,
                            {plan.interval, plan.max_overhead, tolerated_moves(layout)}};
    Sampler<PublishedLayout, LiveProcess, LiveHost, P, AdaptiveReading> sampler{
        layout, target.memory, reading, host, target.site, tables, options};
    if (const auto ok = sampler.start(); !ok) return ok.error();
    return run_session(sampler, reading, kept, plan, control);
  });
  if (!outcome) return outcome.error();
  if (outcome->end == SessionEnd::failed) return outcome->error;
  run.interrupted = outcome->end == SessionEnd::stopped;
  run.interval = outcome->interval;
  run.started = outcome->started;
  run.duration = outcome->duration;
  run.trust = outcome->trust;
  return run;
}

template <Mode P = mode::Wall, class C>
Result<Run> profile(Attached& target, SharedTables& tables, C& collector,
                    const SessionPlan& plan = {}, const SamplerOptions& options = {}) {
  Unattended control;
  return profile<P>(target, tables, collector, plan, options, control);
}

}  // namespace tachyon
