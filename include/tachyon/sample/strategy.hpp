#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// How a stack was read. A new strategy is a line in each of these tables, and a number for its count
// in recordings (codec/run_block.hpp); files, pages and messages iterate over them.
namespace tachyon {

enum class Strategy : std::uint8_t {
  fast,      // the target ran on
  exact,     // it could not run, because we ran in its place
  blocking,  // it was stopped
  kernel,    // the kernel interrupted it and read it
};
inline constexpr std::array strategies{Strategy::fast, Strategy::exact, Strategy::blocking,
                                       Strategy::kernel};

constexpr std::string_view name_of(Strategy strategy) noexcept {
  constexpr std::array<std::string_view, strategies.size()> names{"fast", "exact", "blocking",
                                                                  "kernel"};
  return names[static_cast<std::size_t>(strategy)];
}

// Stacks by strategy.
class StrategyCounts {
 public:
  constexpr std::uint64_t& operator[](Strategy strategy) noexcept {
    return counts_[static_cast<std::size_t>(strategy)];
  }
  constexpr std::uint64_t operator[](Strategy strategy) const noexcept {
    return counts_[static_cast<std::size_t>(strategy)];
  }
  constexpr std::uint64_t total() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) sum += count;
    return sum;
  }
  constexpr StrategyCounts& operator+=(const StrategyCounts& other) noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    return *this;
  }

 private:
  std::array<std::uint64_t, strategies.size()> counts_{};
};

}  // namespace tachyon
