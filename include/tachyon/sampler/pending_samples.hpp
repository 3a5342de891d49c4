#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <tachyon/sample/collector.hpp>
#include <tachyon/sample/run.hpp>

// Samples that are made in batches, thread by thread, and told one by one in the order of their
// times. Each is a moment of its own, and so a tick.
//
//   thread A   --o----------o---o--->  \                                     run of a collector
//   thread B   ----o--o----------o-->   >  sorted by time: A B B A A B ...  ---------------------->
//
// Times and weights are whole microseconds, as recordings keep them; what is cut off of a weight is
// kept for the thread's next one.
namespace tachyon {

class PendingSamples {
 public:
  // Times count from `origin`, by the monotonic clock.
  void begin(std::uint64_t origin) noexcept { origin_ = origin; }
  void forget() noexcept { samples_.clear(); }

  // `rounding` is what was cut off before.
  void add(Sample sample, std::uint64_t& rounding) {
    sample.weight += rounding;
    rounding = sample.weight % 1000;
    sample.weight -= rounding;
    if (sample.weight == 0) return;
    const std::uint64_t since = sample.time - std::min(sample.time, origin_);
    sample.time = std::max(since / 1000 * 1000, sample.weight);
    samples_.push_back(sample);
  }

  // A wait that ended before the last batch, and was not known then, is moved to its end.
  template <Collector C>
  void deliver(C& collector, ReadQuality& quality) {
    std::stable_sort(samples_.begin(), samples_.end(),
                     [](const Sample& a, const Sample& b) { return a.time < b.time; });
    for (Sample& sample : samples_) {
      told_until_ = sample.time = std::max(sample.time, told_until_);
      note(sample.stack, quality);
      ++quality.ticks;
      collector.add(std::as_const(sample));
      end_tick(collector, Tick{sample.time, sample.weight, TickOutcome::taken, 0});
    }
    samples_.clear();
  }

 private:
  void note(StackId stack, ReadQuality& quality) {
    const auto index = static_cast<std::size_t>(stack);
    if (index >= seen_.size()) seen_.resize(index * 2 + 64);
    if (!seen_[index]) ++quality.distinct;
    seen_[index] = true;
  }

  std::vector<Sample> samples_;
  std::vector<bool> seen_;  // stacks that were told before
  std::uint64_t origin_ = 0;
  std::uint64_t told_until_ = 0;  // the time of the newest sample that was told
};

}  // namespace tachyon
