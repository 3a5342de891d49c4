#pragma once

#include <ctime>
#include <sys/prctl.h>

#include <algorithm>
#include <cstdint>

#include <tachyon/base/clock.hpp>

// When to look. Deadlines are absolute; a profiler that cannot keep up skips them and counts what
// it skipped, it never catches up in a burst (a burst shows one moment many times).
//
// By default the gap between two deadlines is drawn evenly from half to one and a half intervals.
// A fixed grid agrees with programs that have a rhythm of their own: of a function that takes 25 %
// of every millisecond, a 1 kHz grid sees between 8 % and 28 %, depending on where it happens to
// fall. With random gaps the phase wanders and is evenly spread after a dozen samples.
namespace tachyon {

// Small, fast, and good enough to decorrelate from any rhythm (xorshift with a multiplier).
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_{seed | 1} {}

  std::uint64_t next() noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dU;
  }
  // Evenly from [0, bound), to the 53 bits of a double.
  std::uint64_t below(std::uint64_t bound) noexcept {
    const double share = static_cast<double>(next() >> 11) * 0x1p-53;
    return static_cast<std::uint64_t>(share * static_cast<double>(bound));
  }

 private:
  std::uint64_t state_;
};

class Schedule {
 public:
  enum class Kind : std::uint8_t { jittered, fixed };

  Schedule(std::uint64_t interval, Kind kind, std::uint64_t seed) noexcept
      : interval_{std::max<std::uint64_t>(interval, 1)}, kind_{kind}, random_{seed} {}

  void start(std::uint64_t now) noexcept { due_ = now; }
  std::uint64_t due() const noexcept { return due_; }
  std::uint64_t interval() const noexcept { return interval_; }
  void set_interval(std::uint64_t interval) noexcept {
    interval_ = std::max<std::uint64_t>(interval, 1);
  }

  // Moves on after the tick that was due; returns how many whole deadlines had passed meanwhile.
  std::uint32_t advance(std::uint64_t now) noexcept {
    due_ += gap();
    if (now < due_ + interval_) return 0;
    const std::uint64_t missed = (now - due_) / interval_;
    due_ += missed * interval_;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(missed, UINT32_MAX));
  }

 private:
  std::uint64_t gap() noexcept {
    return kind_ == Kind::fixed ? interval_ : interval_ / 2 + random_.below(interval_ + 1);
  }

  std::uint64_t interval_;
  Kind kind_;
  Random random_;
  std::uint64_t due_ = 0;
};

// Sleeps until a moment of the monotonic clock. The kernel may by default let a timer of ours slip
// by 50 us to save wake-ups; asking for 1 ns makes short sleeps honest. Very short waits are spun
// out: falling asleep and waking takes longer than they last.
class Sleeper {
 public:
  Sleeper() noexcept { prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

  // False when a signal ended the sleep early.
  bool until(std::uint64_t deadline) const noexcept {
    const std::uint64_t now = monotonic_now();
    if (deadline <= now) return true;
    if (deadline - now > spin_below) {
      timespec at{};
      at.tv_sec = static_cast<std::time_t>(deadline / 1'000'000'000U);
      at.tv_nsec = static_cast<long>(deadline % 1'000'000'000U);
      return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == 0;
    }
    while (monotonic_now() < deadline) {
    }
    return true;
  }

 private:
  static constexpr std::uint64_t spin_below = 3'000;
};

}  // namespace tachyon
