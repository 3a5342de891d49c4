#include <type_traits>
#include <utility>
#include <vector>
#include <tachyon/layout/published.hpp>
#include <tachyon/sampler/layout_of.hpp>
#include <tachyon/sampler/reader_group.hpp>

#include "sampling.hpp"

namespace tachyon::tool {

// Defined and instantiated in a few translation units: see sampling_layout.cpp.in.
template <Layout L>
Outcome sample_with(const L& layout, Attached& target, SharedTables& tables,
                    const SamplingRequest& request, SampleSink& sink, Control& control);

template <Layout L>
Result<Dump> dump_with(const L& layout, AnyMemory& memory, AnyHost& host, AnyStrategy& reading,
                       const RuntimeSite& site, SharedTables& tables, const DumpOptions& options);

namespace {

// A sampler as a source drives it, whatever collects.
struct ErasedSampler {
  AnySampler* sampler;

  template <Collector C>
  Result<Tick> tick(C& collector, std::uint64_t deadline, std::uint64_t origin) {
    if constexpr (std::is_base_of_v<SampleSink, C>) {
      return sampler->tick(collector, deadline, origin);
    } else {
      SinkOf<C> sink{collector};
      return sampler->tick(sink, deadline, origin);
    }
  }
  ReadQuality quality() const noexcept { return sampler->quality(); }
  std::uint64_t held() const noexcept { return sampler->held(); }
  bool adaptive() const noexcept { return sampler->adaptive(); }
};

}  // namespace

Outcome failed_session(Error error) {
  Outcome outcome;
  outcome.end = RunEnd::failed;
  outcome.error = error;
  return outcome;
}

Outcome sample_erased(const Samplers& samplers, SharedTables& tables,
                      const SamplingRequest& request, SampleSink& sink, Control& control) {
  for (const auto& sampler : samplers) {
    if (const auto ok = sampler->start(); !ok) return failed_session(ok.error());
  }
  std::vector<ErasedSampler> each;
  for (const auto& sampler : samplers) each.push_back({sampler.get()});
  if (each.size() == 1 && !request.collects_apart) {
    return PolledSource{each.front(), request.plan}.run(sink, control);
  }
  std::vector<ErasedSampler*> readers;
  for (ErasedSampler& one : each) readers.push_back(&one);
  return ReaderGroup<ErasedSampler>{readers, tables, request.plan}.run(sink, control);
}

namespace {

Outcome sample_by_polling(Attached& target, SharedTables& tables, const SamplingRequest& request,
                          SampleSink& sink, Control& control) {
  auto outcome = with_layout_of(target.site, [&](const auto& layout) -> Result<Outcome> {
    if (request.reading == StrategyChoice::blocking) {
      return sample_with(as_published(layout), target, tables, request, sink, control);
    }
    return sample_with(layout, target, tables, request, sink, control);
  });
  return outcome ? *outcome : failed_session(outcome.error());
}

// Tasks are read by polling, and so are rates that the kernel's timers do not reach.
bool kernel_can_serve(const SamplingRequest& request) {
  constexpr std::uint64_t shortest = 10'000;  // ns
  return !request.options.tasks && !request.readers_wanted && request.plan.interval >= shortest;
}

}  // namespace

Sampled sample_process(Attached& target, SharedTables& tables, const SamplingRequest& request,
                       SampleSink& sink, Control& control) {
  if (request.reading == StrategyChoice::kernel) {
    return sample_by_kernel(target, tables, request, sink, control);
  }
  std::string refusal;
  if (request.reading == StrategyChoice::automatic && kernel_can_serve(request)) {
    Sampled sampled = sample_by_kernel(target, tables, request, sink, control);
    if (sampled.refusal.empty()) return sampled;
    refusal = std::move(sampled.refusal);
  }
  return {sample_by_polling(target, tables, request, sink, control), std::move(refusal)};
}

namespace {

template <class M, class H, class R>
Result<Dump> dump_by(M& memory, H& host, R& reading, const RuntimeSite& site, SharedTables& tables,
                     const DumpOptions& options) {
  AnyMemory any_memory{memory};
  AnyHost any_host{host};
  AnyStrategy any_reading{reading};
  // A single look is not worth a sampler for each layout: this one is compiled once, for the layout
  // whose places are told at run time. It took a sixth off the program's size.
  return with_layout_of(site, [&](const auto& layout) {
    return dump_with(as_published(layout), any_memory, any_host, any_reading, site, tables,
                     options);
  });
}

}  // namespace

bool knows_tasks(const RuntimeSite& site) { return publishes_tasks(site); }

Result<Dump> dump_of(Attached& target, SharedTables& tables, const DumpOptions& options,
                     bool blocking) {
  LiveHost host{target};
  if (!blocking) {
    FastStrategy reading;
    return dump_by(target.memory, host, reading, target.site, tables, options);
  }
  auto paused = PausedProcess::attach(target.memory);
  if (!paused) return paused.error();
  BlockingStrategy reading{*paused};
  return dump_by(target.memory, host, reading, target.site, tables, options);
}

Result<Dump> dump_of(CoreFile& core, const RuntimeSite& site, SharedTables& tables,
                     const DumpOptions& options) {
  CoreHost host{core, site.asyncio_debug};
  StillStrategy reading;
  return dump_by(core, host, reading, site, tables, options);
}

}  // namespace tachyon::tool
