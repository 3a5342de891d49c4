#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tachyon/sampler/adaptive.hpp>
#include <tachyon/sampler/blocking.hpp>
#include <tachyon/sampler/dump.hpp>
#include <tachyon/sampler/polled_source.hpp>
#include <tachyon/sampler/sampler.hpp>
#include <tachyon/target/attach.hpp>
#include <tachyon/target/core_host.hpp>

#include "erased.hpp"
#include "values.hpp"

// The bridge from options, which are values, to samplers, which are types. One translation unit is
// compiled for some layouts (sampling_layout.cpp.in); in it, mode and way of reading become
// template arguments, and from there on nothing is asked twice. The collector is erased here, and
// only here.
namespace tachyon::tool {

struct SampleSink {
  virtual ~SampleSink() = default;
  virtual void add(const Sample& sample) = 0;
  virtual void end_tick(const Tick& tick) = 0;
};

// Anything that collects, behind that interface.
template <class C>
class SinkOf final : public SampleSink {
 public:
  explicit SinkOf(C& collector) : collector_{collector} {}
  void add(const Sample& sample) override { collector_.add(sample); }
  void end_tick(const Tick& tick) override { tachyon::end_tick(collector_, tick); }

 private:
  C& collector_;
};

struct Control {
  virtual ~Control() = default;
  virtual bool stop() = 0;
  virtual void progress(const Progress& progress) = 0;
  virtual int descriptor() = 0;
};

// A sampler as a source sees it: the source exists once, whatever the layout, mode and strategy are.
// A tick costs one virtual call more.
struct AnySampler {
  virtual ~AnySampler() = default;
  virtual Result<void> start() = 0;
  virtual Result<Tick> tick(SampleSink& sink, std::uint64_t deadline, std::uint64_t origin) = 0;
  virtual ReadQuality quality() const noexcept = 0;
  virtual std::uint64_t held() const noexcept = 0;
  virtual bool adaptive() const noexcept = 0;
};

struct SamplingRequest {
  ModeKind mode = ModeKind::wall;
  StrategyChoice reading = StrategyChoice::automatic;
  SamplerOptions options{};
  SamplingPlan plan{};
  unsigned readers = 1;  // more than one only with fast or automatic reading, and without tasks
  bool readers_wanted = false;  // --readers was given: then the kernel takes no samples
  bool collects_apart = false;  // even one reader leaves the collecting to another thread
};

using Samplers = std::vector<std::unique_ptr<AnySampler>>;
Outcome failed_session(Error error);
// One session of all of them; more than one are readers side by side.
Outcome sample_erased(const Samplers& samplers, SharedTables& tables,
                      const SamplingRequest& request, SampleSink& sink, Control& control);

struct Sampled {
  Outcome outcome{};
  // Why the kernel did not take the samples, though it was asked to, and what to do about that: an
  // error if it had to, a remark if there was another way.
  std::string refusal{};
};

// Samples until the plan, the control or the target ends it.
Sampled sample_process(Attached& target, SharedTables& tables, const SamplingRequest& request,
                       SampleSink& sink, Control& control);
// By the kernel, if the request's strategy is that one or automatic; see sampling_kernel.cpp.
Sampled sample_by_kernel(Attached& target, SharedTables& tables, const SamplingRequest& request,
                         SampleSink& sink, Control& control);

inline TaskChoice tasks_of(AsyncMode mode) {
  return mode == AsyncMode::all       ? TaskChoice::all
         : mode == AsyncMode::waiting ? TaskChoice::waiting
                                      : TaskChoice::running;
}
// Does this interpreter say where its asyncio tasks are?
bool knows_tasks(const RuntimeSite& site);
inline std::string about_unpublished_tasks(std::int64_t pid) {
  return "process " + std::to_string(pid) +
         " does not publish its asyncio tasks (Python 3.14 and later do): a task that runs is "
         "shown "
         "by its coroutine, without its name and who waits for it";
}

// One look at every thread that `options` want, of a live process or of a core file.
Result<Dump> dump_of(Attached& target, SharedTables& tables, const DumpOptions& options,
                     bool blocking);
Result<Dump> dump_of(CoreFile& core, const RuntimeSite& site, SharedTables& tables,
                     const DumpOptions& options);

}  // namespace tachyon::tool
