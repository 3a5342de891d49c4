#pragma once

#include <cstdint>

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

}  // namespace tachyon
