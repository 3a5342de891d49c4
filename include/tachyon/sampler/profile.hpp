#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/layout/published.hpp>
#include <tachyon/mode/modes.hpp>
#include <tachyon/sampler/adaptive.hpp>
#include <tachyon/sampler/describe_target.hpp>
#include <tachyon/sampler/layout_of.hpp>
#include <tachyon/sampler/polled_source.hpp>
#include <tachyon/sampler/sampler.hpp>

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
// with_layout_of(), Sampler and PolledSource are there for programs that want that, another Memory
// or another strategy.
namespace tachyon {

// An error only where nothing could be sampled; a target that ends is how most runs end.
template <Mode P = mode::Wall, Collector C, RunControl Control>
Result<Run> profile(Attached& target, SharedTables& tables, C& collector, const SamplingPlan& plan,
                    const SamplerOptions& options, Control& control) {
  Run run;
  describe_target(target, run.target);
  run.mode = P::kind;
  run.options.all_threads = options.all_threads;
  run.options.native = options.native;
  run.options.c_calls = options.c_calls;
  run.options.gc = options.gc;
  run.options.opcodes = options.opcodes;
  run.options.async_aware = options.tasks;
  run.fixed_clock = plan.fixed_clock;
  LiveHost host{target};
  auto outcome = with_layout_of(target.site, [&](const auto& known) -> Result<Outcome> {
    const PublishedLayout layout = as_published(known);
    AdaptiveStrategy strategy{AdaptiveStrategy::Choice::automatic,
                              {plan.interval, plan.max_overhead, tolerated_moves(layout)}};
    Sampler<PublishedLayout, LiveProcess, LiveHost, P, AdaptiveStrategy> sampler{
        layout, target.memory, strategy, host, target.site, tables, options};
    if (const auto ok = sampler.start(); !ok) return ok.error();
    return PolledSource{sampler, plan}.run(collector, control);
  });
  if (!outcome) return outcome.error();
  if (outcome->end == RunEnd::failed) return outcome->error;
  run.interrupted = outcome->end == RunEnd::stopped;
  run.interval = outcome->interval;
  run.started = outcome->started;
  run.duration = outcome->duration;
  run.quality = outcome->quality;
  return run;
}

template <Mode P = mode::Wall, Collector C>
Result<Run> profile(Attached& target, SharedTables& tables, C& collector,
                    const SamplingPlan& plan = {}, const SamplerOptions& options = {}) {
  Unattended control;
  return profile<P>(target, tables, collector, plan, options, control);
}

}  // namespace tachyon
