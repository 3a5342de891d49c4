#pragma once

#include <cstdint>

#include <tachyon/sample/run.hpp>

namespace tachyon {

// How often something was seen and how much elapsed time (nanoseconds) those samples stand for.
struct Totals {
  std::uint64_t samples = 0;
  std::uint64_t weight = 0;

  constexpr Totals& operator+=(const Totals& other) noexcept {
    samples += other.samples;
    weight += other.weight;
    return *this;
  }
  friend constexpr bool operator==(const Totals&, const Totals&) noexcept = default;
};

// What shares are shares of, and what is ordered by: time. A recording that CPython's own profiler has
// made is shown by samples, as that profiler shows it.
using Measure = std::uint64_t Totals::*;
constexpr Measure measure_of(const Run& run) noexcept {
  return run.counts_samples ? &Totals::samples : &Totals::weight;
}

}  // namespace tachyon
