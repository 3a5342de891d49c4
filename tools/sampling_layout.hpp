#pragma once

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

template <Mode P, class R, Layout L>
SessionOutcome sample_by(const L& layout, R& reading, Attached& target, SharedTables& tables,
                         const SamplingRequest& request, SampleSink& sink, Control& control) {
  LiveHost host{target};
  Sampler<L, LiveProcess, LiveHost, P, R> sampler{layout,      target.memory, reading,        host,
                                                  target.site, tables,        request.options};
  if (const auto ok = sampler.start(); !ok) {
    SessionOutcome outcome;
    outcome.end = SessionEnd::failed;
    outcome.error = ok.error();
    return outcome;
  }
  ErasedSampler<decltype(sampler), R> erased{sampler, reading};
  return sample_erased(erased, request, sink, control);
}

template <class R, Layout L, class... Rest>
SessionOutcome sample_in_mode(ModeKind mode, const L& layout, R& reading, Rest&... rest) {
  switch (mode) {
    case ModeKind::cpu:
      return sample_by<mode::Cpu>(layout, reading, rest...);
    case ModeKind::gil:
      return sample_by<mode::Gil>(layout, reading, rest...);
    case ModeKind::exception:
      return sample_by<mode::Exception>(layout, reading, rest...);
    case ModeKind::all:
      return sample_by<mode::All>(layout, reading, rest...);
    case ModeKind::wall:
    case ModeKind::unknown:
      break;
  }
  return sample_by<mode::Wall>(layout, reading, rest...);
}

}  // namespace detail

template <Layout L>
SessionOutcome sample_with(const L& layout, Attached& target, SharedTables& tables,
                           const SamplingRequest& request, SampleSink& sink, Control& control) {
  if (request.reading == Reading::blocking) {
    auto paused = PausedProcess::attach(target.memory);
    if (!paused) {
      SessionOutcome outcome;
      outcome.end = SessionEnd::failed;
      outcome.error = paused.error();
      return outcome;
    }
    BlockingReading reading{*paused};
    return detail::sample_in_mode(request.mode, layout, reading, target, tables, request, sink,
                                  control);
  }
  using Choice = AdaptiveReading::Choice;
  AdaptiveReading reading{request.reading == Reading::fast    ? Choice::fast
                          : request.reading == Reading::exact ? Choice::exact
                                                              : Choice::automatic};
  return detail::sample_in_mode(request.mode, layout, reading, target, tables, request, sink,
                                control);
}

// Dumps are made once, so what they read from and how is erased: one instantiation a layout.
template <Layout L>
Result<Snapshot> snapshot_with(const L& layout, AnyMemory& memory, AnyHost& host,
                               AnyReading& reading, const RuntimeSite& site, SharedTables& tables,
                               const SnapshotOptions& options) {
  return take_snapshot(layout, memory, host, reading, site, tables, options);
}

}  // namespace tachyon::tool
