#pragma once

#include <deque>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include <tachyon/layout/published.hpp>
#include <tachyon/mode/modes.hpp>

#include "sampling.hpp"

// What is instantiated for each layout.
namespace tachyon::tool {

namespace detail {

// One reader and all that it has for itself.
template <Mode P, class R, Layout L>
class Reader final : public AnySampler {
 public:
  Reader(const L& layout, R& reading, Attached& target, SharedTables& tables,
         const SamplerOptions& options)
      : host_{target}, sampler_{layout,      target.memory, reading, host_,
                                target.site, tables,        options} {}

  Result<void> start() override { return sampler_.start(); }
  Result<Tick> tick(SampleSink& sink, std::uint64_t deadline, std::uint64_t origin) override {
    return sampler_.tick(sink, deadline, origin);
  }
  ReadQuality quality() const noexcept override { return sampler_.quality(); }
  std::uint64_t held() const noexcept override { return sampler_.held(); }
  bool adaptive() const noexcept override { return sampler_.adaptive(); }

 private:
  LiveHost host_;
  Sampler<L, LiveProcess, LiveHost, P, R> sampler_;
};

template <Mode P, class R, Layout L>
std::unique_ptr<AnySampler> make_reader(const L& layout, R& reading, Attached& target,
                                        SharedTables& tables, const SamplerOptions& options) {
  return std::make_unique<Reader<P, R, L>>(layout, reading, target, tables, options);
}

template <class R, Layout L>
std::unique_ptr<AnySampler> make_reader_in(ModeKind mode, const L& layout, R& reading,
                                           Attached& target, SharedTables& tables,
                                           const SamplerOptions& options) {
  switch (mode) {
    case ModeKind::cpu:
      return make_reader<mode::Cpu>(layout, reading, target, tables, options);
    case ModeKind::gil:
      return make_reader<mode::Gil>(layout, reading, target, tables, options);
    case ModeKind::exception:
      return make_reader<mode::Exception>(layout, reading, target, tables, options);
    case ModeKind::all:
      return make_reader<mode::All>(layout, reading, target, tables, options);
    case ModeKind::wall:
    case ModeKind::unknown:
      break;
  }
  return make_reader<mode::Wall>(layout, reading, target, tables, options);
}

}  // namespace detail

template <Layout L>
Outcome sample_with(const L& layout, Attached& target, SharedTables& tables,
                    const SamplingRequest& request, SampleSink& sink, Control& control) {
  // Stopping a process takes longer than finding places at run time, so this is compiled once.
  if constexpr (std::is_same_v<L, PublishedLayout>) {
    if (request.reading == StrategyChoice::blocking) {
      auto paused = PausedProcess::attach(target.memory);
      if (!paused) return failed_session(paused.error());
      BlockingStrategy reading{*paused};
      Samplers samplers;
      samplers.push_back(
          detail::make_reader_in(request.mode, layout, reading, target, tables, request.options));
      return sample_erased(samplers, tables, request, sink, control);
    }
  }
  using Choice = AdaptiveStrategy::Choice;
  // Several readers cannot sit on one thread's CPU: they read fast.
  const Choice choice = request.readers > 1 || request.reading == StrategyChoice::fast
                            ? Choice::fast
                        : request.reading == StrategyChoice::exact ? Choice::exact
                                                                   : Choice::automatic;
  std::deque<AdaptiveStrategy> readings;  // they do not move
  Samplers samplers;
  for (unsigned i = 0; i < request.readers; ++i) {
    AdaptiveStrategy& reading = readings.emplace_back(
        choice, AdaptiveStrategy::Budget{request.plan.interval, request.plan.max_overhead,
                                         tolerated_moves(layout)});
    samplers.push_back(
        detail::make_reader_in(request.mode, layout, reading, target, tables, request.options));
  }
  return sample_erased(samplers, tables, request, sink, control);
}

// Dumps are made once, so what they read from and how is erased: one instantiation a layout.
template <Layout L>
Result<Dump> dump_with(const L& layout, AnyMemory& memory, AnyHost& host, AnyStrategy& reading,
                       const RuntimeSite& site, SharedTables& tables, const DumpOptions& options) {
  return take_dump(layout, memory, host, reading, site, tables, options);
}

}  // namespace tachyon::tool
