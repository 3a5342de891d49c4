#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

// The one place of shares, time units and rounding: two outputs that show the same thing show the
// same digits. No locale takes part, so a profile made anywhere reads the same everywhere.
namespace tachyon {

constexpr double ratio_of(double part, double whole) noexcept {
  return whole == 0 ? 0 : part / whole;
}
constexpr double ratio_of(std::uint64_t part, std::uint64_t whole) noexcept {
  return ratio_of(static_cast<double>(part), static_cast<double>(whole));
}
constexpr double percent_of(std::uint64_t part, std::uint64_t whole) noexcept {
  return 100 * ratio_of(part, whole);
}

constexpr double seconds_of(std::uint64_t nanoseconds) noexcept {
  return static_cast<double>(nanoseconds) / 1e9;
}
constexpr double milliseconds_of(std::uint64_t nanoseconds) noexcept {
  return static_cast<double>(nanoseconds) / 1e6;
}

struct TimeUnit {
  double nanoseconds = 1e9;
  std::string_view name = "s";

  constexpr double of(std::uint64_t time) const noexcept {
    return static_cast<double>(time) / nanoseconds;
  }
};

// The unit for a column whose largest value this is.
constexpr TimeUnit unit_for(std::uint64_t largest) noexcept {
  if (largest >= 1'000'000'000) return {1e9, "s"};
  if (largest >= 1'000'000) return {1e6, "ms"};
  return {1e3, "\u03bcs"};
}

inline void append_fixed(std::string& out, double value, int decimals) {
  char digits[352];  // the largest double has 309 digits before the point
  const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed,
                                 decimals < 32 ? decimals : 32);
  out.append(digits, end.ptr);
}

inline void append_number(std::string& out, std::uint64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end.ptr);
}

}  // namespace tachyon
