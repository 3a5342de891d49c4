#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <tachyon/mode/modes.hpp>
#include <tachyon/sampler/dump.hpp>
#include <tachyon/sampler/layout_of.hpp>
#include <tachyon/sampler/sampler.hpp>

#include "saved_process.hpp"

// Everything that is ever read of a process, in one go: threads, frames, lines, opcodes, names,
// local variables, tasks; once as a dump does, and some ticks as a sampler does.
namespace saved {

class StillHost {
 public:
  explicit StillHost(const Process& process) : process_{&process} {}
  std::int32_t pid() const { return process_->pid; }
  std::int32_t ours(std::uint64_t inner) const { return static_cast<std::int32_t>(inner); }
  std::string thread_name(std::int32_t) const { return "thread"; }
  tachyon::Address futex_wait(std::int32_t) const { return {}; }
  tachyon::Address asyncio_table() const { return process_->site.asyncio_debug; }
  std::unique_ptr<tachyon::ThreadClock> clock(std::int32_t) const { return nullptr; }

 private:
  const Process* process_;
};
static_assert(tachyon::Host<StillHost>);

struct Counts {
  std::size_t threads = 0, frames = 0, locals = 0, tasks = 0, samples = 0;
  std::uint64_t slowest = 0;  // ns of processor time: one dump, or one look of a sampler
};

template <class Do>
auto timed(Counts& counts, Do&& act) {
  const std::uint64_t began = tachyon::thread_cpu_time();
  auto result = act();
  counts.slowest = std::max(counts.slowest, tachyon::thread_cpu_time() - began);
  return result;
}

struct Counter {
  void add(const tachyon::Sample&) { ++samples; }
  std::size_t samples = 0;
};

template <tachyon::Memory M>
Counts walk_with(const tachyon::PublishedLayout& layout, const Process& process, M& memory) {
  using namespace tachyon;
  Counts counts;
  DumpOptions options;
  options.frames.all_threads = options.frames.native = options.frames.opcodes = true;
  options.locals = true;
  for (const bool tasks : {false, true}) {
    SharedTables tables;
    StillHost host{process};
    StillStrategy reading;
    options.frames.tasks = tasks;
    options.frames.task_choice = TaskChoice::all;
    const auto seen = timed(counts, [&] {
      return take_dump(layout, memory, host, reading, process.site, tables, options);
    });
    if (!seen) continue;
    for (const DumpedThread& thread : seen->threads) {
      ++(tasks ? counts.tasks : counts.threads);
      counts.frames += thread.frames.size();
      for (const DumpedFrame& frame : thread.frames) counts.locals += frame.locals.size();
    }
  }
  for (const bool tasks : {false, true}) {
    SharedTables tables;
    StillHost host{process};
    FastStrategy reading;
    SamplerOptions sampled;
    sampled.all_threads = true;
    sampled.tasks = tasks;
    sampled.task_choice = TaskChoice::running;
    Sampler<PublishedLayout, M, StillHost, mode::Wall, FastStrategy> sampler{
        layout, memory, reading, host, process.site, tables, sampled};
    if (!timed(counts, [&] { return sampler.start(); })) continue;
    Counter counter;
    for (int i = 0; i < 12; ++i) {
      if (!timed(counts, [&] { return sampler.tick(counter, 0, 0); })) break;
    }
    counts.samples += counter.samples;
  }
  return counts;
}

// `memory`: the image's, or one that lies.
template <tachyon::Memory M>
Counts walk(const Process& process, M& memory) {
  const auto counts =
      tachyon::with_layout_of(process.site, [&](const auto& layout) -> tachyon::Result<Counts> {
        return walk_with(tachyon::as_published(layout), process, memory);
      });
  return counts ? *counts : Counts{};
}

}  // namespace saved
