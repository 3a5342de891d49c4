#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include <tachyon/base/result.hpp>
#include <tachyon/sample/frame_table.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/strategy.hpp>
#include <tachyon/sampler/schedule.hpp>
#include <tachyon/target/thread_clock.hpp>

// How a running target is read: one concept. A look calls begin(), reads, calls end(); what differs
// is what happens to the target in between.
//
//   fast      nothing. The reader takes what one copy shows (thread_reader.hpp).
//   exact     it cannot run, because we run in its place (exact.hpp).
//   blocking  it is stopped with ptrace (blocking.hpp).
//   adaptive  fast where that is good enough, exact where it is not (adaptive.hpp).
//
// Exact and blocking agree within noise in what they show (0.02-0.03 between any two runs of 4,000
// samples); fast is 0.05-0.21 away on a program made of functions that last 30 ns, and as good as
// the others on most.
//
// What they cost the target, in the virtual machine they were measured in, a look: exact 43 us, of
// which our waking up and going to sleep again are 29; blocking half as much again; fast 0.4 us,
// for cache lines that are fetched from under the thread.
namespace tachyon {

template <class R>
concept ReadStrategy = requires(R& strategy, std::uint64_t deadline, bool moved, ThreadClock* clock,
                                std::int32_t tid) {
  // Who must not run while we read, where one thread can be chosen.
  { strategy.follow(clock) } -> std::same_as<void>;
  // Waits for the deadline, wherever this strategy wants to wait. False: a signal came first.
  { strategy.wait(deadline) } -> std::same_as<bool>;
  { strategy.begin() } -> std::same_as<Result<void>>;
  // Was the target of one moment from begin() to here? Meaningless when not certain().
  { strategy.end() } -> std::same_as<bool>;
  // Does a good end() prove that the current frame was the current frame? Asked after begin().
  { strategy.certain() } -> std::same_as<bool>;
  // Is this thread runnable only because it was stopped? Asked between begin() and end().
  { strategy.was_asleep(tid) } -> std::same_as<bool>;
  // For how many nanoseconds the target was kept from running, all in all.
  { strategy.held() } -> std::same_as<std::uint64_t>;
  // How the last look read.
  { strategy.kind() } -> std::same_as<Strategy>;
  // Did the profiler choose this strategy itself, so that it answers for its cost?
  { strategy.adaptive() } -> std::same_as<bool>;
  // The outcome of a fast look, for those who learn from it.
  { strategy.learn(moved) } -> std::same_as<void>;
};

// One that takes some looks another way than most, and compares what they show.
template <class R>
concept ComparingStrategy = requires(R& strategy, StackId stack) {
  // The stack of the thread that is followed, as the look that has just ended showed it.
  { strategy.compare(stack) } -> std::same_as<void>;
  { strategy.distance() } -> std::same_as<std::optional<Distance>>;
};

class FastStrategy {
 public:
  static constexpr bool holds_everybody = false;
  void follow(ThreadClock*) noexcept {}
  bool wait(std::uint64_t deadline) noexcept { return sleeper_.until(deadline); }
  Result<void> begin() noexcept { return {}; }
  bool end() noexcept { return true; }
  static constexpr bool certain() noexcept { return false; }
  static constexpr bool was_asleep(std::int32_t) noexcept { return false; }
  void learn(bool) noexcept {}
  std::uint64_t held() const noexcept { return 0; }
  static constexpr Strategy kind() noexcept { return Strategy::fast; }
  static constexpr bool adaptive() noexcept { return false; }

 private:
  Sleeper sleeper_;
};

// A target that cannot move at all: a core file, an image.
class StillStrategy {
 public:
  static constexpr bool holds_everybody = true;
  void follow(ThreadClock*) noexcept {}
  bool wait(std::uint64_t) noexcept { return true; }
  Result<void> begin() noexcept { return {}; }
  bool end() noexcept { return true; }
  static constexpr bool certain() noexcept { return true; }
  static constexpr bool was_asleep(std::int32_t) noexcept { return false; }
  void learn(bool) noexcept {}
  std::uint64_t held() const noexcept { return 0; }
  static constexpr Strategy kind() noexcept { return Strategy::exact; }
  static constexpr bool adaptive() noexcept { return false; }
};

}  // namespace tachyon
