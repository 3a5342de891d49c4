#pragma once

#include <deque>
#include <memory>
#include <span>
#include <vector>

#include <tachyon/layout/published.hpp>
#include <tachyon/mode/modes.hpp>

#include "sampling.hpp"

// What each layout's translation unit instantiates.
namespace tachyon::tool {

namespace detail {

template <class S, class R>
class ErasedSampler final : public AnySampler {
 public:
  ErasedSampler(S& sampler, R& reading) : sampler_{sampler}, reading_{reading} {}
  Result<Tick> tick(SampleSink& sink, std::uint64_t deadline, std::uint64_t origin) override {
    return sampler_.tick(sink, deadline, origin);
  }
  const Trust& trust() const noexcept override { return sampler_.trust(); }
  std::uint64_t held() const noexcept override { return reading_.held(); }
  bool adaptive() const noexcept override { return reading_.adaptive(); }

 private:
  S& sampler_;
  R& reading_;
};

inline SessionOutcome failed(Error error) {
  SessionOutcome outcome;
  outcome.end = SessionEnd::failed;
  outcome.error = error;
  return outcome;
}

// One reader and all that it has for itself.
template <Mode P, class R, Layout L>
struct Reader {
  Reader(const L& layout, R& way, Attached& target, SharedTables& tables,
         const SamplerOptions& options)
      : host{target},
        sampler{layout, target.memory, way, host, target.site, tables, options},
        erased{sampler, way} {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  LiveHost host;
  Sampler<L, LiveProcess, LiveHost, P, R> sampler;
  ErasedSampler<Sampler<L, LiveProcess, LiveHost, P, R>, R> erased;
};

template <Mode P, class R, Layout L>
SessionOutcome sample_by(const L& layout, std::span<R* const> ways, Attached& target,
                         SharedTables& tables, const SamplingRequest& request, SampleSink& sink,
                         Control& control) {
  std::vector<std::unique_ptr<Reader<P, R, L>>> readers;
  std::vector<AnySampler*> samplers;
  for (R* const way : ways) {
    readers.push_back(
        std::make_unique<Reader<P, R, L>>(layout, *way, target, tables, request.options));
    if (const auto ok = readers.back()->sampler.start(); !ok) return failed(ok.error());
    samplers.push_back(&readers.back()->erased);
  }
  if (samplers.size() == 1 && !request.collects_apart) {
    return sample_erased(*samplers.front(), request, sink, control);
  }
  return sample_erased(samplers, tables, request, sink, control);
}

template <class R, Layout L, class... Rest>
SessionOutcome sample_in_mode(ModeKind mode, const L& layout, std::span<R* const> ways,
                              Rest&... rest) {
  switch (mode) {
    case ModeKind::cpu:
      return sample_by<mode::Cpu>(layout, ways, rest...);
    case ModeKind::gil:
      return sample_by<mode::Gil>(layout, ways, rest...);
    case ModeKind::exception:
      return sample_by<mode::Exception>(layout, ways, rest...);
    case ModeKind::all:
      return sample_by<mode::All>(layout, ways, rest...);
    case ModeKind::wall:
    case ModeKind::unknown:
      break;
  }
  return sample_by<mode::Wall>(layout, ways, rest...);
}

}  // namespace detail

template <Layout L>
SessionOutcome sample_with(const L& layout, Attached& target, SharedTables& tables,
                           const SamplingRequest& request, SampleSink& sink, Control& control) {
  if (request.reading == Reading::blocking) {
    auto paused = PausedProcess::attach(target.memory);
    if (!paused) return detail::failed(paused.error());
    BlockingReading reading{*paused};
    BlockingReading* const only = &reading;
    return detail::sample_in_mode(request.mode, layout, std::span<BlockingReading* const>{&only, 1},
                                  target, tables, request, sink, control);
  }
  using Choice = AdaptiveReading::Choice;
  // Several readers cannot sit on one thread's CPU: they read fast.
  const Choice choice = request.readers > 1 || request.reading == Reading::fast ? Choice::fast
                        : request.reading == Reading::exact                     ? Choice::exact
                                                                                : Choice::automatic;
  std::deque<AdaptiveReading> readings;  // they do not move
  std::vector<AdaptiveReading*> ways;
  for (unsigned i = 0; i < request.readers; ++i) {
    ways.push_back(&readings.emplace_back(
        choice, AdaptiveReading::Budget{request.plan.interval, request.plan.max_overhead}));
  }
  return detail::sample_in_mode(request.mode, layout, std::span<AdaptiveReading* const>{ways},
                                target, tables, request, sink, control);
}

// Dumps are made once, so what they read from and how is erased: one instantiation a layout.
template <Layout L>
Result<Snapshot> snapshot_with(const L& layout, AnyMemory& memory, AnyHost& host,
                               AnyReading& reading, const RuntimeSite& site, SharedTables& tables,
                               const SnapshotOptions& options) {
  return take_snapshot(layout, memory, host, reading, site, tables, options);
}

}  // namespace tachyon::tool
