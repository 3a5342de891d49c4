#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/base/clock.hpp>
#include <tachyon/kernel/perf_event.hpp>
#include <tachyon/kernel/recorder.hpp>

// What a sample costs the thread that it is taken of, in nanoseconds: measured on the machine at
// hand, because an interrupt took 4 us in one virtual machine, and 23 in another.
//
// We let ourselves be sampled, and do nothing but look at the clock. Where two looks lie further
// apart than usual, the kernel had the processor:
//
//   | | | | | | |=============| | | | | | |      '|' a look at the clock
//               ^ an interrupt, and the program
//
// The median is not disturbed by the few times that another thread had it. A thread without frames
// stands in for a real one; each frame that is followed took 0.04 us more.
namespace tachyon::kernel {

namespace detail {

// The gaps between looks at the clock that are no usual ones; `least` is the shortest.
struct Gaps {
  std::vector<std::uint64_t> long_ones{};
  std::uint64_t least = ~std::uint64_t{0};
};

inline Gaps watch_clock(std::size_t wanted, std::uint64_t most) {
  constexpr unsigned unusual = 8, first_looks = 256;
  Gaps out;
  out.long_ones.reserve(wanted);
  const std::uint64_t begun = monotonic_now();
  std::uint64_t last = begun;
  for (std::uint64_t i = 0; out.long_ones.size() < wanted && last - begun < most; ++i) {
    const std::uint64_t now = monotonic_now();
    const std::uint64_t gap = now - last;
    if (i < first_looks) {
      out.least = std::min(out.least, std::max<std::uint64_t>(gap, 1));
    } else if (gap > unusual * out.least) {
      out.long_ones.push_back(gap);
    }
    last = now;
  }
  return out;
}

}  // namespace detail

// Zero: it cannot be told. Takes 3 ms, at most 15. What is recorded meanwhile is dropped.
inline std::uint64_t measure_cost(Recorder& recorder) {
  constexpr std::uint64_t period = 50'000, most = 15'000'000;
  constexpr std::size_t wanted = 64, least_samples = 8;
  const ThreadWords& words = recorder.thread_words();
  const std::vector<std::uint64_t> no_thread((words.first + words.size) / 8 + 1);
  EventLosses losses;
  std::size_t samples = 0;
  detail::Gaps gaps;
  {
    constexpr std::int32_t ourselves = 0;
    const auto events =
        ThreadEvents::open(ourselves, reinterpret_cast<std::uintptr_t>(no_thread.data()),
                           {.period = period, .switches = false}, recorder.program(), losses);
    if (!events) return 0;
    gaps = detail::watch_clock(wanted, most);
  }
  recorder.drain([&](const Record&) { ++samples; });
  if (samples < least_samples || gaps.long_ones.size() < least_samples) return 0;
  // Of the longest ones, as many as there were samples: the rest is noise.
  const std::size_t rank = std::min(samples, gaps.long_ones.size()) / 2;
  const auto middle = gaps.long_ones.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(gaps.long_ones.begin(), middle, gaps.long_ones.end(),
                   [](std::uint64_t a, std::uint64_t b) { return a > b; });
  return *middle - gaps.least;
}

// The same for every program that we load: measured once.
inline std::uint64_t sample_cost(Recorder& recorder) {
  static std::atomic<std::uint64_t> known{0};
  std::uint64_t cost = known.load(std::memory_order_relaxed);
  if (cost == 0) known.store(cost = measure_cost(recorder), std::memory_order_relaxed);
  return cost;
}

}  // namespace tachyon::kernel
