#include <utility>
#include <vector>
#include <tachyon/layout/published.hpp>
#include <tachyon/sampler/layout_of.hpp>
#include <tachyon/sampler/readers.hpp>

#include "sampling.hpp"

namespace tachyon::tool {

// Defined and instantiated in a few translation units: see sampling_layout.cpp.in.
template <Layout L>
SessionOutcome sample_with(const L& layout, Attached& target, SharedTables& tables,
                           const SamplingRequest& request, SampleSink& sink, Control& control);

template <Layout L>
Result<Snapshot> snapshot_with(const L& layout, AnyMemory& memory, AnyHost& host,
                               AnyReading& reading, const RuntimeSite& site, SharedTables& tables,
                               const SnapshotOptions& options);

namespace {

const PublishedLayout& in_one_form(const PublishedLayout& layout) { return layout; }
template <CompiledLayout L>
PublishedLayout in_one_form(const L& layout) {
  return as_published(layout);
}

// A sampler that brings what it sees to one of several readers.
struct OneOfSeveral {
  AnySampler* sampler;

  template <class C>
  Result<Tick> tick(C& collector, std::uint64_t deadline, std::uint64_t origin) {
    SinkOf<C> sink{collector};
    return sampler->tick(sink, deadline, origin);
  }
  const Trust& trust() const noexcept { return sampler->trust(); }
};

}  // namespace

SessionOutcome failed_session(Error error) {
  SessionOutcome outcome;
  outcome.end = SessionEnd::failed;
  outcome.error = error;
  return outcome;
}

SessionOutcome sample_erased(const Samplers& samplers, SharedTables& tables,
                             const SamplingRequest& request, SampleSink& sink, Control& control) {
  for (const auto& sampler : samplers) {
    if (const auto ok = sampler->start(); !ok) return failed_session(ok.error());
  }
  if (samplers.size() == 1 && !request.collects_apart) {
    return run_session(*samplers.front(), *samplers.front(), sink, request.plan, control);
  }
  std::vector<OneOfSeveral> each;
  for (const auto& sampler : samplers) each.push_back({sampler.get()});
  std::vector<ReaderParts<OneOfSeveral, AnySampler>> parts;
  for (OneOfSeveral& one : each) parts.push_back({&one, one.sampler});
  return run_readers(std::span{std::as_const(parts)}, tables, sink, request.plan, control);
}

SessionOutcome sample_process(Attached& target, SharedTables& tables,
                              const SamplingRequest& request, SampleSink& sink, Control& control) {
  auto outcome = with_layout_of(target.site, [&](const auto& layout) -> Result<SessionOutcome> {
    if (request.reading == Reading::blocking) {
      return sample_with(in_one_form(layout), target, tables, request, sink, control);
    }
    return sample_with(layout, target, tables, request, sink, control);
  });
  return outcome ? *outcome : failed_session(outcome.error());
}

namespace {

template <class M, class H, class R>
Result<Snapshot> snapshot_by(M& memory, H& host, R& reading, const RuntimeSite& site,
                             SharedTables& tables, const SnapshotOptions& options) {
  AnyMemory any_memory{memory};
  AnyHost any_host{host};
  AnyReading any_reading{reading};
  // A single look is not worth a sampler for each layout: this one is compiled once, for the layout
  // whose places are told at run time. It took a sixth off the program's size.
  return with_layout_of(site, [&](const auto& layout) {
    return snapshot_with(in_one_form(layout), any_memory, any_host, any_reading, site, tables,
                         options);
  });
}

}  // namespace

bool knows_tasks(const RuntimeSite& site) { return publishes_tasks(site); }

Result<Snapshot> snapshot_of(Attached& target, SharedTables& tables, const SnapshotOptions& options,
                             bool blocking) {
  LiveHost host{target};
  if (!blocking) {
    FastReading reading;
    return snapshot_by(target.memory, host, reading, target.site, tables, options);
  }
  auto paused = PausedProcess::attach(target.memory);
  if (!paused) return paused.error();
  BlockingReading reading{*paused};
  return snapshot_by(target.memory, host, reading, target.site, tables, options);
}

Result<Snapshot> snapshot_of(CoreFile& core, const RuntimeSite& site, SharedTables& tables,
                             const SnapshotOptions& options) {
  CoreHost host{core, site.asyncio_debug};
  StillReading reading;
  return snapshot_by(core, host, reading, site, tables, options);
}

}  // namespace tachyon::tool
