// bench_kernel PID [SECONDS [INTERVAL_US [wall|cpu]]]: collapsed stacks of a program as the kernel
// samples it, with microseconds in place of counts. How it went is on stderr.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/tachyon.hpp>

namespace {

using namespace tachyon;

// What each stack of each thread stands for.
class Weights {
 public:
  static constexpr bool weighs_samples = true;
  void add(const Sample& sample) { weights_[{sample.thread, sample.stack}] += sample.weight; }
  void print(const Tables& tables) const {
    std::vector<FrameId> frames;
    for (const auto& [what, weight] : weights_) {
      std::string line = "tid:" + std::to_string(tables.threads[what.first].id);
      tables.frames.frames_of(what.second, frames);
      for (const FrameId frame : frames) {
        line += ';' + tachyon::detail::collapsed_frame(tables.frames, frame);
      }
      std::printf("%s %lu\n", line.c_str(), static_cast<unsigned long>(weight / 1000));
    }
  }

 private:
  std::map<std::pair<ThreadIndex, StackId>, std::uint64_t> weights_;
};
static_assert(Collector<Weights>);

template <Mode P>
Result<Run> profile_by_kernel(Attached& target, SharedTables& tables, Weights& stacks,
                              const SamplingPlan& plan, const SamplerOptions& options) {
  Run run;
  run.target.process = target.process.pid();
  run.mode = P::kind;
  const auto layout = with_layout_of(target.site, [](const auto& known) -> Result<PublishedLayout> {
    return as_published(known);
  });
  if (!layout) return layout.error();
  LiveHost host{target};
  Unattended control;
  KernelSource<PublishedLayout, LiveProcess, LiveHost, P> source{
      *layout, target.memory, host, target.site, tables, options, plan};
  std::string words;
  const auto program = kernel::make_program(*layout, source.needs(options.opcodes, true));
  if (const auto ok = source.start(program, words); !ok) {
    std::fprintf(stderr, "refused, errno %d\n%s", ok.error().sys, words.c_str());
    return ok.error();
  }
  const Outcome outcome = source.run(stacks, control);
  run.interval = outcome.interval;
  run.duration = outcome.duration;
  run.quality = outcome.quality;
  return run;
}

}  // namespace

int main(int count, char** words) {
  if (count < 2)
    return std::fputs("bench_kernel PID [SECONDS [INTERVAL_US [wall|cpu]]]\n", stderr), 2;
  const auto number = [&](int at, double otherwise) {
    return count > at ? std::atof(words[at]) : otherwise;
  };
  SamplingPlan plan;
  plan.duration = static_cast<std::uint64_t>(number(2, 2) * 1e9);
  plan.interval = static_cast<std::uint64_t>(number(3, 1000) * 1e3);
  auto target = attach(std::atoi(words[1]));
  if (!target) return std::fputs("no Python there\n", stderr), 1;
  SharedTables tables;
  Weights stacks;
  const SamplerOptions options{.all_threads = true};
  const bool cpu = count > 4 && std::string_view{words[4]} == "cpu";
  const auto run = cpu ? profile_by_kernel<mode::Cpu>(*target, tables, stacks, plan, options)
                       : profile_by_kernel<mode::Wall>(*target, tables, stacks, plan, options);
  if (!run) return 1;
  stacks.print(tables.unguarded());
  const ReadQuality& quality = run->quality;
  std::fprintf(
      stderr, "%.3f s, %.3f s of CPU, %lu records, %lu good, %lu missed, %lu distinct\n",
      static_cast<double>(run->duration) * 1e-9, static_cast<double>(quality.profiler_cpu) * 1e-9,
      static_cast<unsigned long>(quality.attempts),
      static_cast<unsigned long>(quality.by_strategy[Strategy::kernel]),
      static_cast<unsigned long>(quality.missed), static_cast<unsigned long>(quality.distinct));
}
